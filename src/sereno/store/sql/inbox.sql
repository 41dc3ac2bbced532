-- What came in: deliveries to map, events to offer to the flows.

-- name: pending_deliveries
-- dialect: sqlite
SELECT delivery.id, delivery.connection_id, connection.shop_id, connection.kind, connection.settings, delivery.topic,
    delivery.headers, delivery.body, delivery.received_at, connection.name
FROM delivery JOIN connection ON connection.id = delivery.connection_id
WHERE delivery.status = 'pending' ORDER BY delivery.id LIMIT :limit
-- dialect: postgresql
SELECT delivery.id, delivery.connection_id, connection.shop_id, connection.kind, connection.settings, delivery.topic,
    delivery.headers, delivery.body, delivery.received_at, connection.name
FROM delivery JOIN connection ON connection.id = delivery.connection_id
WHERE delivery.status = 'pending' AND delivery.connection_id = ANY(:connections::bigint[])
ORDER BY delivery.id LIMIT :limit

-- name: lock_connections
-- dialect: postgresql
SELECT connection.id FROM connection
WHERE EXISTS (SELECT 1 FROM delivery WHERE delivery.connection_id = connection.id AND delivery.status = 'pending')
    AND pg_try_advisory_xact_lock(71, connection.id::integer)

-- name: pending_delivery
SELECT delivery.id, delivery.connection_id, connection.shop_id, connection.kind, connection.settings, delivery.topic,
    delivery.headers, delivery.body, delivery.received_at, connection.name
FROM delivery JOIN connection ON connection.id = delivery.connection_id
WHERE delivery.status = 'pending' AND delivery.id = :id

-- name: lock_connection_of_delivery
-- dialect: postgresql
SELECT pg_advisory_xact_lock(71, connection_id::integer) FROM delivery WHERE id = :id

-- name: settle_deliveries
-- rows: id bigint, status text, reason text
-- dialect: sqlite
UPDATE delivery SET status = :status, reason = :reason WHERE id = :id
-- dialect: postgresql
UPDATE delivery SET status = r.status, reason = r.reason FROM {table} WHERE delivery.id = r.id

-- name: requeue_deliveries
UPDATE delivery SET status = 'pending', reason = NULL WHERE id {in:ids:bigint} AND status <> 'pending'
RETURNING id, (SELECT shop_id FROM connection WHERE connection.id = delivery.connection_id)

-- name: insert_events
-- rows: id bigint, shop_id bigint, connection_id bigint, delivery_id bigint, source text, uid text, type text, subject text, occurred_at bigint, received_at bigint, data text, refs text, lane smallint
INSERT INTO event (id, shop_id, connection_id, delivery_id, source, uid, type, subject, occurred_at, received_at, data,
    refs, lane)
{rows} ON CONFLICT (shop_id, source, uid) DO NOTHING RETURNING id

-- name: copy_events
-- copy: event (id, shop_id, connection_id, delivery_id, source, uid, type, subject, occurred_at, received_at, data, refs, lane)

-- name: known_events
-- dialect: sqlite
SELECT shop_id, source, uid FROM event
WHERE shop_id {in:shops:bigint} AND source {in:sources:text} AND uid {in:uids:text}
-- dialect: postgresql
-- One look at the index for each: a planner that goes by the statistics of a table that has just been filled would
-- read all of the shop instead.
SELECT known.shop_id, known.source, known.uid
FROM unnest(:shops::bigint[], :sources::text[], :uids::text[]) AS asked(shop_id, source, uid)
CROSS JOIN LATERAL (
    SELECT shop_id, source, uid FROM event
    WHERE shop_id = asked.shop_id AND source = asked.source AND uid = asked.uid OFFSET 0
) known

-- name: copy_event_links
-- copy: event_link (shop_id, link, event_id, type, occurred_at)

-- name: copy_event_queue
-- copy: event_queue (event_id, lane)

-- name: queue_events
-- rows: event_id bigint, lane smallint
INSERT INTO event_queue (event_id, lane) {rows} ON CONFLICT (event_id) DO NOTHING

-- name: claim_events
-- dialect: sqlite
SELECT event.id, event.shop_id, event.source, event.uid, event.type, event.subject, event.occurred_at,
    event.received_at, event.data, event.refs
FROM event_queue JOIN event ON event.id = event_queue.event_id
ORDER BY event_queue.event_id LIMIT :limit
-- dialect: postgresql
SELECT event.id, event.shop_id, event.source, event.uid, event.type, event.subject, event.occurred_at,
    event.received_at, event.data, event.refs
FROM (
    SELECT queued.event_id FROM unnest(:lanes::smallint[]) AS held(lane), LATERAL (
        SELECT event_id FROM event_queue WHERE event_queue.lane = held.lane ORDER BY event_id LIMIT :per_lane
    ) AS queued ORDER BY queued.event_id LIMIT :limit
) AS claimed JOIN event ON event.id = claimed.event_id ORDER BY event.id

-- name: claim_these_events
SELECT event.id, event.shop_id, event.source, event.uid, event.type, event.subject, event.occurred_at,
    event.received_at, event.data, event.refs
FROM event_queue JOIN event ON event.id = event_queue.event_id
WHERE event_queue.event_id {in:ids:bigint} ORDER BY event_queue.event_id

-- name: lock_lanes
-- dialect: postgresql
WITH queued AS MATERIALIZED (
    SELECT lane FROM generate_series(0, 15) AS lane
    WHERE :most = 16 OR EXISTS (SELECT 1 FROM event_queue WHERE event_queue.lane = lane.lane)
    ORDER BY (lane + :turn) % 16
)
SELECT lane FROM queued WHERE pg_try_advisory_xact_lock(72, lane) LIMIT :most

-- name: lock_lanes_of_events
-- dialect: postgresql
SELECT pg_advisory_xact_lock(72, lane) FROM (
    SELECT DISTINCT lane FROM event WHERE id = ANY(:ids::bigint[]) ORDER BY lane
) AS lanes

-- name: unqueue_events
DELETE FROM event_queue WHERE event_id {in:ids:bigint}

-- name: fail_events
-- rows: id bigint, error text
-- dialect: sqlite
UPDATE event SET error = :error WHERE id = :id
-- dialect: postgresql
UPDATE event SET error = r.error FROM {table} WHERE event.id = r.id

-- name: failed_events_of
SELECT id, lane FROM event WHERE error IS NOT NULL AND (delivery_id {in:deliveries:bigint} OR id {in:ids:bigint})

-- name: clear_event_errors
UPDATE event SET error = NULL WHERE id {in:ids:bigint}

-- name: linked_events
SELECT event_link.shop_id, event_link.link, event_link.event_id, event_link.type, event_link.occurred_at
FROM event_link
WHERE event_link.shop_id {in:shops:bigint} AND event_link.link {in:links:text}
    AND event_link.occurred_at >= :since AND event_link.type {in:types:text}
ORDER BY event_link.occurred_at, event_link.event_id

-- name: events_by_id
SELECT id, shop_id, source, uid, type, subject, occurred_at, received_at, data, refs
FROM event WHERE id {in:ids:bigint}

-- name: events_in_queue
SELECT event_id FROM event_queue WHERE event_id {in:ids:bigint}

-- name: notify
-- dialect: postgresql
SELECT pg_notify('sereno', '')

-- name: queue_length
SELECT (SELECT count(*) FROM event_queue), (SELECT count(*) FROM delivery WHERE status = 'pending')
