-- Shops, flows, their versions, and who has entered.

-- name: flows_changed
-- The sum tells of a change that took its time before the newest and was committed after it.
SELECT count(*), coalesce(max(updated_at), 0), coalesce(CAST(sum(updated_at % 1000000007) AS bigint), 0) FROM flow

-- name: all_flows
SELECT flow.id, flow.shop_id, flow.name, flow.status, flow.version, flow.is_derived, flow_version.document
FROM flow JOIN flow_version ON flow_version.flow_id = flow.id AND flow_version.number = flow.version
WHERE flow.status IN ('live', 'shadow', 'paused') ORDER BY flow.id

-- name: all_stages
SELECT flow.id, flow.shop_id, flow.name, flow.status, flow_stage.version, flow.is_derived, flow_version.document,
    flow.version, flow_stage.id, flow_stage.mode, flow_stage.share, flow_stage.step, flow_stage.started_at, flow_stage.step_at
FROM flow_stage JOIN flow ON flow.id = flow_stage.flow_id
JOIN flow_version ON flow_version.flow_id = flow.id AND flow_version.number = flow_stage.version
WHERE flow_stage.ended_at IS NULL AND flow.status IN ('live', 'shadow', 'paused') ORDER BY flow.id

-- name: all_listens
SELECT flow_version.flow_id, flow.shop_id, flow_version.listens
FROM flow_version JOIN flow ON flow.id = flow_version.flow_id

-- name: flow_version_document
SELECT flow.shop_id, flow.name, flow.status, flow_version.document, flow.is_derived
FROM flow JOIN flow_version ON flow_version.flow_id = flow.id
WHERE flow.id = :flow AND flow_version.number = :version

-- name: all_shops
SELECT id, slug, name, currency, timezone, locale, settings FROM shop

-- name: entries
SELECT flow_id, key, lane, run_uid, is_live, entered_at, id FROM flow_entry
WHERE flow_id {in:flows:bigint} AND key {in:keys:text}

-- name: insert_entries
-- rows: flow_id bigint, key text, lane bigint, entered_at bigint, run_uid text, is_live boolean
INSERT INTO flow_entry (flow_id, key, lane, entered_at, run_uid, is_live) {rows}
ON CONFLICT (flow_id, key, lane) DO NOTHING

-- name: update_entries
-- rows: id bigint, expected text, entered_at bigint, run_uid text, is_live boolean
-- dialect: sqlite
UPDATE flow_entry SET entered_at = :entered_at, run_uid = :run_uid, is_live = :is_live
WHERE id = :id AND run_uid = :expected
-- dialect: postgresql
UPDATE flow_entry SET entered_at = r.entered_at, run_uid = r.run_uid, is_live = r.is_live FROM {table}
WHERE flow_entry.id = r.id AND flow_entry.run_uid = r.expected

-- name: end_entries
-- rows: flow_id bigint, key text, run_uid text
-- dialect: sqlite
UPDATE flow_entry SET is_live = FALSE WHERE flow_id = :flow_id AND key = :key AND run_uid = :run_uid
-- dialect: postgresql
UPDATE flow_entry SET is_live = FALSE FROM {table}
WHERE flow_entry.flow_id = r.flow_id AND flow_entry.key = r.key AND flow_entry.run_uid = r.run_uid

-- name: copy_skips
-- copy: skip (shop_id, flow_id, version, subject, event, at, reason, details)
