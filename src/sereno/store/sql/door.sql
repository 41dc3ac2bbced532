-- The door: which connections there are, and deliveries as they come in.

-- name: connections_by_name
SELECT id, name, kind, secrets, settings FROM connection WHERE is_active AND name {in:names:text}

-- name: store_deliveries
-- rows: connection_id bigint, dedupe_key text, topic text, headers text, body bytea, received_at bigint
-- dialect: sqlite
INSERT INTO delivery (connection_id, dedupe_key, topic, headers, body, received_at, status)
VALUES (:connection_id, :dedupe_key, :topic, :headers, :body, :received_at, 'pending') ON CONFLICT DO NOTHING
-- dialect: postgresql
INSERT INTO delivery (connection_id, dedupe_key, topic, headers, body, received_at, status)
SELECT r.connection_id, r.dedupe_key, r.topic, r.headers, r.body, r.received_at, 'pending' FROM {table}
ON CONFLICT DO NOTHING

-- name: live_key
SELECT id FROM api_key WHERE digest = :digest AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)

-- name: worker_seen
SELECT max(seen_at) FROM worker

-- name: door_state
SELECT (SELECT count(*) FROM delivery WHERE status = 'pending'),
    (SELECT count(*) FROM event_queue),
    (SELECT count(*) FROM effect WHERE status = 'pending'),
    (SELECT count(*) FROM effect WHERE status = 'running'),
    (SELECT count(*) FROM effect WHERE status = 'failed'),
    (SELECT count(*) FROM run WHERE status IN ('running', 'waiting', 'parked')),
    (SELECT max(seen_at) FROM worker),
    (SELECT received_at FROM delivery WHERE status = 'pending' ORDER BY id LIMIT 1),
    (SELECT count(*) FROM alert WHERE NOT (status = 'settled') AND severity = 'critical'),
    (SELECT count(*) FROM alert WHERE NOT (status = 'settled') AND severity <> 'critical')

-- name: newest_delivery
SELECT max(id) FROM delivery

-- name: delivery_outcomes
SELECT delivery.status, count(*) FROM delivery JOIN connection ON connection.id = delivery.connection_id
WHERE delivery.id > :after AND connection.name = :name GROUP BY delivery.status
