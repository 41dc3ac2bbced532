-- What versions and the live view ask and keep.

-- name: count_steps
-- rows: flow_id bigint, version integer, hour integer, place text, shard smallint, count bigint
INSERT INTO step_tally (flow_id, version, hour, place, shard, count) {rows}
ON CONFLICT (flow_id, version, hour, place, shard) DO UPDATE SET count = step_tally.count + excluded.count

-- name: forget_tallies
DELETE FROM step_tally WHERE hour > 0 AND hour < :before

-- name: tallies
SELECT place, sum(CASE WHEN hour = 0 THEN count ELSE 0 END), sum(CASE WHEN hour >= :day THEN count ELSE 0 END),
    sum(CASE WHEN hour >= :week THEN count ELSE 0 END)
FROM step_tally WHERE flow_id = :flow AND version = :version AND (hour = 0 OR hour >= :week) GROUP BY place

-- name: standing
SELECT version, step, status, count(*) FROM run
WHERE flow_id = :flow AND status IN ('running', 'waiting', 'parked', 'failed') GROUP BY version, step, status

-- name: failed_effects
SELECT effect.step, count(*), sum(CASE WHEN effect.created_at >= :day THEN 1 ELSE 0 END),
    sum(CASE WHEN effect.created_at >= :week THEN 1 ELSE 0 END)
FROM effect JOIN run ON run.id = effect.run_id
WHERE effect.flow_id = :flow AND effect.status = 'failed' AND run.version = :version GROUP BY effect.step
