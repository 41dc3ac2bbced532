-- What the pages count: each in one look, at the ends of indexes.

-- name: attention_counts
-- Past a thousand it does not matter how many. Then the workers seen since `alive`; last, what is switched off, and
-- what flows ask about their limits.
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM effect WHERE shop_id = :shop AND status = 'failed' LIMIT 1000) AS failed),
    (SELECT count(*) FROM (
        SELECT 1 FROM delivery WHERE status = 'failed'
            AND connection_id IN (SELECT id FROM connection WHERE shop_id = :shop) LIMIT 1000) AS unread),
    (SELECT count(*) FROM (
        SELECT 1 FROM approval WHERE shop_id = :shop AND status = 'open' LIMIT 1000) AS open),
    (SELECT count(*) FROM flow WHERE shop_id = :shop AND status = 'paused'),
    (SELECT count(*) FROM worker WHERE seen_at >= :alive),
    (SELECT count(*) FROM switch WHERE shop_id = :shop),
    (SELECT count(*) FROM limit_question WHERE shop_id = :shop AND status = 'open')

-- name: first_event_since
-- Rows are written in order of time: the first id of a day is found by halving, twenty looks in a million.
WITH RECURSIVE search(low, high) AS (
    SELECT CAST(1 AS bigint), (SELECT coalesce(max(id), 0) + 1 FROM event)
    UNION ALL
    SELECT
        CASE WHEN (SELECT received_at FROM event WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) < :since
            THEN (SELECT id FROM event WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) + 1 ELSE low END,
        CASE WHEN (SELECT received_at FROM event WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) < :since
            THEN high ELSE (low + high) / 2 END
    FROM search WHERE low < high
)
SELECT max(low) FROM search

-- name: overview_counts
-- Events since `first`; runs under way and waiting; runs finished since `hour`; effects to be done, and failed;
-- deliveries failed.
SELECT
    (SELECT count(*) FROM event WHERE shop_id = :shop AND id >= :first
        AND connection_id IN (SELECT id FROM connection WHERE shop_id = :shop))
    + (SELECT count(*) FROM event WHERE shop_id = :shop AND id >= :first AND connection_id IS NULL),
    (SELECT count(*) FROM run WHERE status IN ('running', 'parked') AND flow_id {in:flows:bigint}),
    (SELECT count(*) FROM run WHERE status = 'waiting' AND flow_id {in:flows:bigint}),
    (SELECT coalesce(sum(count), 0) FROM step_tally
        WHERE hour >= :hour AND place = '=finished' AND (flow_id + 0) {in:flows:bigint}),
    (SELECT count(*) FROM effect WHERE status IN ('pending', 'running')
        AND flow_id IN (SELECT id FROM flow WHERE shop_id = :shop)),
    (SELECT count(*) FROM effect WHERE shop_id = :shop AND status = 'failed'),
    (SELECT count(*) FROM delivery WHERE status = 'failed'
        AND connection_id IN (SELECT id FROM connection WHERE shop_id = :shop)),
    (SELECT count(*) FROM (SELECT 1 FROM event_queue LIMIT 10000) AS queued)

-- name: flow_numbers
-- By flow: runs begun on each day since 1970, in UTC; and how many are alive (day -1).
SELECT flow_id, started_at / 86400000000, count(*) FROM run
WHERE flow_id {in:flows:bigint} AND started_at >= :since GROUP BY 1, 2
UNION ALL
SELECT flow_id, -1, count(*) FROM run
WHERE flow_id {in:flows:bigint} AND status IN ('running', 'waiting', 'parked') GROUP BY 1
