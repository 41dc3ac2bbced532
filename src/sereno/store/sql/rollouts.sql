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

-- name: tried_event
SELECT id, shop_id, source, uid, type, subject, occurred_at, received_at, data, refs FROM event
WHERE id = :id AND shop_id = :shop

-- name: history_before
SELECT id, shop_id, source, uid, type, subject, occurred_at, received_at, data, refs FROM event
WHERE id IN (
    SELECT event_id FROM event_link WHERE shop_id = :shop AND link {in:links:text} AND occurred_at <= :at
    ORDER BY occurred_at DESC LIMIT :limit
) ORDER BY occurred_at, id

-- name: history_after
SELECT id, shop_id, source, uid, type, subject, occurred_at, received_at, data, refs FROM event
WHERE id IN (
    SELECT event_id FROM event_link WHERE shop_id = :shop AND link {in:links:text} AND occurred_at > :at
    ORDER BY occurred_at LIMIT :limit
) ORDER BY occurred_at, id

-- name: tags_until
SELECT shop_id, kind, key, tag, added_at FROM tag
WHERE shop_id = :shop AND kind {in:kinds:text} AND key {in:keys:text} AND added_at <= :at ORDER BY id

-- name: consents_until
SELECT shop_id, address, channel, purpose, granted, at, source, proof, uid FROM consent
WHERE shop_id = :shop AND address {in:addresses:text} AND at <= :at ORDER BY id

-- name: suppressed_until
SELECT shop_id, address, channel, reason, at FROM suppression
WHERE shop_id = :shop AND address {in:addresses:text} AND at <= :at

-- name: tried_run
SELECT run.id, run.uid, run.status, run.step, run.reason, run.due_at FROM run
WHERE run.event_id = (SELECT id FROM event WHERE source = :source AND uid = :uid) ORDER BY run.id LIMIT 1

-- name: tried_skip
SELECT reason, details FROM skip
WHERE event = (SELECT id FROM event WHERE source = :source AND uid = :uid) ORDER BY id LIMIT 1

-- name: open_questions
SELECT id, run_id, step, part, by FROM approval WHERE status = 'open' ORDER BY id

-- name: keep_draft_text
UPDATE flow SET draft = :draft WHERE id = :id

-- name: runs_started
SELECT version, sum(count) FROM step_tally
WHERE flow_id = :flow AND hour = 0 AND place = '=started' GROUP BY version
