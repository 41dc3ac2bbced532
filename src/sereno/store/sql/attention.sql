-- What waits for a person, grouped by cause. The newest failed ones are looked at, to a limit, along their own index.

-- name: failed_causes
SELECT action, cause, via, count(*), min(id), max(id), min(at), max(at), sum(paused) FROM (
    SELECT id, action, coalesce(error, '') AS cause, coalesce(connection, '') AS via,
        coalesce(finished_at, created_at) AS at,
        CASE WHEN flow_id IN (SELECT id FROM flow WHERE shop_id = :shop AND status = 'paused') THEN 1 ELSE 0 END AS paused
    FROM effect WHERE shop_id = :shop AND status = 'failed' ORDER BY id DESC LIMIT :most
) AS failed GROUP BY action, cause, via ORDER BY max(id) DESC LIMIT 50

-- name: failed_of_cause
SELECT id FROM effect
WHERE shop_id = :shop AND status = 'failed' AND action = :action AND coalesce(error, '') = :cause
    AND coalesce(connection, '') = :via AND id > :after
ORDER BY id LIMIT 1000

-- name: effects_held_back
-- How many of these wait for nothing but their paused flow.
SELECT count(*) FROM effect WHERE id {in:ids:bigint} AND status = 'pending'
    AND flow_id IN (SELECT id FROM flow WHERE status = 'paused')

-- name: skip_effects
UPDATE effect SET status = 'cancelled', finished_at = :now
WHERE id {in:ids:bigint} AND shop_id = :shop AND status = 'failed' RETURNING id

-- name: unskip_effects
UPDATE effect SET status = 'failed'
WHERE id > :after AND id <= :upto AND shop_id = :shop AND status = 'cancelled' AND finished_at = :at
    AND error IS NOT NULL

-- name: unread_causes
SELECT connection_id, cause, count(*), min(id), max(id), max(received_at) FROM (
    SELECT id, connection_id, coalesce(substr(reason, 1, 120), '') AS cause, received_at
    FROM delivery WHERE status = 'failed' AND connection_id {in:connections:bigint} ORDER BY id DESC LIMIT :most
) AS unread GROUP BY connection_id, cause ORDER BY max(id) DESC LIMIT 20

-- name: unread_of_cause
SELECT id FROM delivery
WHERE connection_id = :connection AND status = 'failed' AND coalesce(substr(reason, 1, 120), '') = :cause
    AND id > :after
ORDER BY id LIMIT 1000
