-- Thin notices: what they only name is fetched before it is told.

-- name: fetching_connections
SELECT connection.id, connection.shop_id, connection.name, connection.kind, reading.begin_at
FROM reading JOIN connection ON connection.id = reading.connection_id
WHERE reading.is_on AND connection.is_active AND connection.access <> '' ORDER BY connection.id

-- name: waiting_notices
SELECT id, topic, headers, body, received_at FROM delivery
WHERE connection_id = :connection AND id > :after AND status = 'done' AND reason = 'thin.waits'
ORDER BY id LIMIT :limit

-- name: claim_notices
UPDATE delivery SET reason = 'thin.asked' WHERE id {in:ids:bigint} AND status = 'done' AND reason = 'thin.waits'
RETURNING id
