-- Versions let out step by step.

-- name: count_stages
-- rows: stage_id bigint, is_candidate boolean, step integer, what text, shard smallint, count bigint
INSERT INTO flow_stage_tally (stage_id, is_candidate, step, what, shard, count) {rows}
ON CONFLICT (stage_id, is_candidate, step, what, shard) DO UPDATE SET count = flow_stage_tally.count + excluded.count

-- name: versions_of_runs
SELECT id, version FROM run WHERE id {in:runs:bigint}

-- name: stages_of_runs
-- By the runs' names: a shop has very many runs.
SELECT run.uid, flow_stage.id, flow_stage.step, run.version = flow_stage.version
FROM run JOIN flow_stage ON flow_stage.flow_id = run.flow_id AND flow_stage.ended_at IS NULL
WHERE run.uid {in:uids:text} AND run.shop_id + 0 = :shop
    AND run.version IN (flow_stage.version, flow_stage.live_version)

-- name: stage_counts
SELECT stage_id, is_candidate, step, what, sum(count) FROM flow_stage_tally
WHERE stage_id {in:stages:bigint} GROUP BY stage_id, is_candidate, step, what

-- name: open_stages
SELECT flow_stage.id, flow_stage.shop_id, flow_stage.flow_id, flow.name, flow_stage.version, flow_stage.live_version,
    flow_stage.mode, flow_stage.share, flow_stage.step, flow_stage.ladder, flow_stage.limits, flow_stage.advance,
    flow_stage.inflight, flow_stage.settle, flow_stage.started_at, flow_stage.step_at, flow_stage.ended_at,
    flow_stage.outcome, flow_stage.reason, flow_stage."by"
FROM flow_stage JOIN flow ON flow.id = flow_stage.flow_id
WHERE flow_stage.ended_at IS NULL AND flow.status IN ('live', 'shadow') ORDER BY flow_stage.flow_id

-- name: newest_stage
SELECT flow_stage.id, flow_stage.shop_id, flow_stage.flow_id, flow.name, flow_stage.version, flow_stage.live_version,
    flow_stage.mode, flow_stage.share, flow_stage.step, flow_stage.ladder, flow_stage.limits, flow_stage.advance,
    flow_stage.inflight, flow_stage.settle, flow_stage.started_at, flow_stage.step_at, flow_stage.ended_at,
    flow_stage.outcome, flow_stage.reason, flow_stage."by"
FROM flow_stage JOIN flow ON flow.id = flow_stage.flow_id
WHERE flow_stage.flow_id = :flow ORDER BY flow_stage.id DESC LIMIT 1

-- name: lock_stage
-- dialect: sqlite
SELECT id FROM flow_stage WHERE flow_id = :flow AND ended_at IS NULL
-- dialect: postgresql
SELECT id FROM flow_stage WHERE flow_id = :flow AND ended_at IS NULL FOR UPDATE

-- name: insert_stage
INSERT INTO flow_stage (shop_id, flow_id, version, live_version, mode, share, step, ladder, limits, advance, inflight,
    started_at, step_at, reason, "by")
VALUES (:shop, :flow, :version, :live, :mode, :share, :step, :ladder, :limits, :advance, :inflight, :now, :now, '{}', :by)
RETURNING id

-- name: step_stage
UPDATE flow_stage SET mode = 'share', share = :share, step = step + 1, step_at = :now WHERE id = :id

-- name: set_stage_terms
UPDATE flow_stage SET ladder = :ladder, limits = :limits, advance = :advance, inflight = :inflight WHERE id = :id

-- name: end_stage
UPDATE flow_stage SET ended_at = :now, outcome = :outcome, reason = :reason, settle = :settle
WHERE id = :id AND ended_at IS NULL

-- name: add_stage_step
INSERT INTO flow_stage_step (stage_id, at, "by", what, mode, share, details)
VALUES (:stage, :now, :by, :what, :mode, :share, :details)

-- name: stage_history
SELECT at, "by", what, mode, share, details FROM flow_stage_step WHERE stage_id = :stage ORDER BY id DESC LIMIT 100

-- name: stages_before
SELECT id, version, live_version, started_at, ended_at, outcome, reason FROM flow_stage
WHERE flow_id = :flow AND id < :before ORDER BY id DESC LIMIT 10

-- name: stages_to_settle
SELECT id FROM flow_stage WHERE settle IS NOT NULL AND ended_at < :before ORDER BY id LIMIT 10

-- name: stage_settled
UPDATE flow_stage SET settle = NULL WHERE id = :id

-- name: stage_by_id
SELECT flow_stage.id, flow_stage.shop_id, flow_stage.flow_id, flow.name, flow_stage.version, flow_stage.live_version,
    flow_stage.mode, flow_stage.share, flow_stage.step, flow_stage.ladder, flow_stage.limits, flow_stage.advance,
    flow_stage.inflight, flow_stage.settle, flow_stage.started_at, flow_stage.step_at, flow_stage.ended_at,
    flow_stage.outcome, flow_stage.reason, flow_stage."by"
FROM flow_stage JOIN flow ON flow.id = flow_stage.flow_id WHERE flow_stage.id = :id

-- name: live_run_ids_of
SELECT id FROM run
WHERE flow_id = :flow AND version = :version AND status IN ('running', 'waiting', 'parked', 'failed')
    AND status <> 'failed' AND id > :after
ORDER BY id LIMIT :limit

-- name: runs_beside
SELECT run_uid FROM flow_entry WHERE flow_id = :flow AND key {in:keys:text} AND lane <> 0

-- name: replace_stage
-- Another version was published: whatever was on its way in stays where it is.
UPDATE flow_stage SET ended_at = :now, outcome = 'replaced', reason = '{}' WHERE flow_id = :flow AND ended_at IS NULL

-- name: touch_flow
UPDATE flow SET updated_at = :now WHERE id = :flow

-- name: standing_of_version
SELECT count(*) FROM run
WHERE flow_id = :flow AND version = :version AND status IN ('running', 'waiting', 'parked', 'failed') AND status <> 'failed'

-- name: runs_side_by_side
SELECT id, uid, event_id, version, is_shadow, status, reason, key, subject, started_at FROM run
WHERE flow_id = :flow AND started_at >= :since AND started_at <= :until
ORDER BY started_at DESC, id DESC LIMIT :limit

-- name: effects_side_by_side
SELECT run_id, id, step, action, config, status, created_at, result, error FROM effect WHERE run_id {in:runs:bigint} ORDER BY id

-- name: skips_side_by_side
-- By what they are about, not by the flow, which may have very many.
SELECT event, version, reason FROM skip
WHERE shop_id = :shop AND subject {in:subjects:text} AND flow_id + 0 = :flow AND event {in:events:bigint}
