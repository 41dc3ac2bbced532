-- Runs: claimed in batches, changed by whoever holds the row.

-- name: known_runs
SELECT uid FROM run WHERE uid {in:uids:text}

-- name: copy_runs
-- copy: run (id, uid, shop_id, flow_id, version, subject, key, event_id, status, step, reason, is_shadow, due_at, started_at, updated_at, state)

-- name: update_runs
-- rows: id bigint, version integer, status text, step text, reason text, due_at bigint, updated_at bigint, state text
-- dialect: sqlite
UPDATE run SET version = :version, status = :status, step = :step, reason = :reason, due_at = :due_at,
    updated_at = :updated_at, state = :state
WHERE id = :id
-- dialect: postgresql
UPDATE run SET version = r.version, status = r.status, step = r.step, reason = r.reason, due_at = r.due_at,
    updated_at = r.updated_at, state = r.state
FROM {table} WHERE run.id = r.id

-- name: copy_run_links
-- copy: run_link (shop_id, link, run_id, flow_id)

-- name: delete_run_links
DELETE FROM run_link WHERE run_id {in:runs:bigint}

-- name: linked_runs
SELECT shop_id, link, run_id FROM run_link
WHERE shop_id {in:shops:bigint} AND link {in:links:text} AND flow_id {in:flows:bigint}

-- name: copy_traces
-- copy: run_trace (run_id, entries)

-- name: claim_runs
-- dialect: sqlite
SELECT run.id, run.shop_id, run.flow_id, run.version, run.is_shadow, run.event_id, run.due_at, run.state,
    event.source, event.uid, event.type, event.subject, event.occurred_at, event.received_at, event.data, event.refs
FROM run LEFT JOIN event ON event.id = run.event_id
WHERE run.id IN (SELECT value FROM {list:ids:bigint} UNION SELECT id FROM run WHERE uid {in:uids:text})
ORDER BY run.id
-- dialect: postgresql
SELECT run.id, run.shop_id, run.flow_id, run.version, run.is_shadow, run.event_id, run.due_at, run.state,
    event.source, event.uid, event.type, event.subject, event.occurred_at, event.received_at, event.data, event.refs
FROM run LEFT JOIN event ON event.id = run.event_id
WHERE run.id IN (SELECT value FROM {list:ids:bigint} UNION SELECT id FROM run WHERE uid {in:uids:text})
ORDER BY run.id FOR UPDATE OF run

-- name: claim_due_runs
-- dialect: sqlite
SELECT run.id, run.shop_id, run.flow_id, run.version, run.is_shadow, run.event_id, run.due_at, run.state,
    event.source, event.uid, event.type, event.subject, event.occurred_at, event.received_at, event.data, event.refs
FROM run LEFT JOIN event ON event.id = run.event_id
WHERE run.due_at <= :now ORDER BY run.due_at, run.id LIMIT :limit
-- dialect: postgresql
SELECT run.id, run.shop_id, run.flow_id, run.version, run.is_shadow, run.event_id, run.due_at, run.state,
    event.source, event.uid, event.type, event.subject, event.occurred_at, event.received_at, event.data, event.refs
FROM run LEFT JOIN event ON event.id = run.event_id
WHERE run.due_at <= :now ORDER BY run.due_at LIMIT :limit FOR UPDATE OF run SKIP LOCKED

-- name: next_due_run
SELECT min(due_at) FROM run WHERE due_at IS NOT NULL

-- name: hold_runs
UPDATE run SET due_at = NULL WHERE id {in:ids:bigint}

-- name: flow_statuses
SELECT id, status FROM flow WHERE id {in:flows:bigint}

-- name: begin_waking
INSERT INTO flow_waking (flow_id, after) VALUES (:flow, 0) ON CONFLICT (flow_id) DO UPDATE SET after = 0

-- name: flow_to_wake
-- dialect: sqlite
SELECT flow_waking.flow_id, flow_waking.after, flow.status FROM flow_waking
JOIN flow ON flow.id = flow_waking.flow_id ORDER BY flow_waking.flow_id LIMIT 1
-- dialect: postgresql
SELECT flow_waking.flow_id, flow_waking.after, flow.status FROM flow_waking
JOIN flow ON flow.id = flow_waking.flow_id ORDER BY flow_waking.flow_id LIMIT 1 FOR UPDATE OF flow_waking SKIP LOCKED

-- name: wake_waiting_runs
-- dialect: sqlite
UPDATE run SET due_at = :now WHERE id IN (
    SELECT id FROM run WHERE flow_id = :flow AND status = 'waiting' AND id > :after ORDER BY id LIMIT :limit)
RETURNING id
-- dialect: postgresql
UPDATE run SET due_at = :now WHERE id IN (
    SELECT id FROM run WHERE flow_id = :flow AND status = 'waiting' AND id > :after ORDER BY id LIMIT :limit FOR UPDATE)
RETURNING id

-- name: go_on_waking
UPDATE flow_waking SET after = :after WHERE flow_id = :flow

-- name: end_waking
DELETE FROM flow_waking WHERE flow_id = :flow

-- name: set_due
-- rows: id bigint, due_at bigint
-- dialect: sqlite
UPDATE run SET due_at = :due_at WHERE id = :id
-- dialect: postgresql
UPDATE run SET due_at = r.due_at FROM {table} WHERE run.id = r.id

-- name: live_run_ids
SELECT id FROM run
WHERE flow_id = :flow AND status IN ('waiting', 'parked', 'running') AND id > :after ORDER BY id LIMIT :limit

-- name: run_by_uid
SELECT id FROM run WHERE uid = :uid

-- name: copy_approvals
-- copy: approval (key, shop_id, run_id, step, by, text, status, created_at, expires_at, note, part, not_by)

-- name: close_approvals
UPDATE approval SET status = 'expired', decided_at = :now WHERE run_id {in:runs:bigint} AND status = 'open'

-- name: close_other_approvals
UPDATE approval SET status = 'closed', decided_at = :now WHERE run_id {in:runs:bigint} AND status = 'open'

-- name: open_approval
SELECT run_id, step, part FROM approval WHERE id = :id

-- name: decide_approval
UPDATE approval SET status = :status, decided_at = :now, decided_by = :by, note = :note
WHERE id = :id AND status = 'open'

-- name: run_state
-- dialect: sqlite
SELECT run.state, run.shop_id, run.uid, run.subject, flow.name, run.flow_id, run.version FROM run JOIN flow ON flow.id = run.flow_id
WHERE run.id = :id
-- dialect: postgresql
SELECT run.state, run.shop_id, run.uid, run.subject, flow.name, run.flow_id, run.version FROM run JOIN flow ON flow.id = run.flow_id
WHERE run.id = :id FOR UPDATE OF run

-- name: flows_of_runs
SELECT run.id, flow.name, run.uid FROM run JOIN flow ON flow.id = run.flow_id WHERE run.id {in:runs:bigint}

-- name: fail_run
UPDATE run SET status = 'failed', reason = :reason, due_at = NULL, updated_at = :now, state = :state WHERE id = :id

-- name: end_entry_of_run
UPDATE flow_entry SET is_live = FALSE WHERE run_uid = (SELECT uid FROM run WHERE id = :id)
    AND flow_id = (SELECT flow_id FROM run WHERE id = :id) AND key = (SELECT key FROM run WHERE id = :id)
