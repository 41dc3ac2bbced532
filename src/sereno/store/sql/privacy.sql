-- Requests of people about their data: who waits, who is at work on it; and what is found and erased by index.

-- name: insert_privacy_request
INSERT INTO privacy_request (shop_id, uid, kind, status, source, "by", digest, about, work, stage, created_at, start_at,
    due_at, report)
VALUES (:shop, :uid, :kind, :status, :source, :by, :digest, :about, '', '', :now, :start_at, :due_at, :report)
ON CONFLICT (shop_id, uid) DO NOTHING RETURNING id

-- name: privacy_settings
SELECT settings FROM shop WHERE id = :shop

-- name: privacy_due
SELECT EXISTS (SELECT 1 FROM privacy_request WHERE status IN ('planned', 'running') AND start_at <= :now
        AND (lease_until IS NULL OR lease_until < :now OR worker = :worker)),
    EXISTS (SELECT 1 FROM privacy_request WHERE file IS NOT NULL AND file_until < :now)

-- name: claim_privacy_request
-- dialect: sqlite
UPDATE privacy_request SET status = 'running', worker = :worker, lease_until = :until WHERE id = (
    SELECT id FROM privacy_request WHERE status IN ('planned', 'running') AND start_at <= :now
        AND (lease_until IS NULL OR lease_until < :now OR worker = :worker) AND (:only IS NULL OR id = :only)
    ORDER BY start_at, id LIMIT 1)
RETURNING id, shop_id, kind, source, "by", about, work, stage, created_at, report
-- dialect: postgresql
UPDATE privacy_request SET status = 'running', worker = :worker, lease_until = :until WHERE id = (
    SELECT id FROM privacy_request WHERE status IN ('planned', 'running') AND start_at <= :now
        AND (lease_until IS NULL OR lease_until < :now OR worker = :worker) AND (:only::bigint IS NULL OR id = :only::bigint)
    ORDER BY start_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, shop_id, kind, source, "by", about, work, stage, created_at, report

-- name: keep_privacy_work
UPDATE privacy_request SET stage = :stage, work = :work, report = :report, lease_until = :until
WHERE id = :id AND worker = :worker AND status = 'running' RETURNING id

-- name: end_privacy_request
UPDATE privacy_request SET status = :status, stage = '', about = '', work = '', worker = NULL, lease_until = NULL,
    finished_at = :now, report = :report, file = :file, file_until = :file_until, problem = :problem
WHERE id = :id AND worker = :worker AND status = 'running' RETURNING id

-- name: postpone_privacy_request
UPDATE privacy_request SET start_at = :start_at, worker = NULL, lease_until = NULL, problem = :problem
WHERE id = :id AND worker = :worker

-- name: fail_privacy_request
UPDATE privacy_request SET status = 'failed', worker = NULL, lease_until = NULL, problem = :problem
WHERE id = :id AND worker = :worker

-- name: set_privacy_request
UPDATE privacy_request SET status = CAST(:status AS text), start_at = :start_at, finished_at = :finished_at, problem = NULL,
    about = CASE WHEN CAST(:status AS text) = 'cancelled' THEN '' ELSE about END, worker = NULL, lease_until = NULL
WHERE id = :id AND shop_id = :shop AND status {in:from:text} RETURNING id

-- name: drop_privacy_files
UPDATE privacy_request SET file = NULL WHERE file IS NOT NULL AND file_until < :now

-- name: any_erased
SELECT 1 FROM erased LIMIT 1

-- name: erased_of
SELECT shop_id, digest, at FROM erased WHERE shop_id {in:shops:bigint} AND digest {in:digests:text}

-- name: remember_erased
-- rows: shop_id bigint, digest text, at bigint
INSERT INTO erased (shop_id, digest, at) {rows} ON CONFLICT (shop_id, digest) DO UPDATE SET at = excluded.at

-- name: events_linked_with
SELECT DISTINCT event_id FROM event_link WHERE shop_id = :shop AND link {in:links:text}

-- name: events_to_erase
SELECT id, delivery_id, source, uid, type, subject, data, refs, error FROM event WHERE id {in:ids:bigint} ORDER BY id

-- name: refs_of_events
SELECT id, type, subject, refs FROM event WHERE id {in:ids:bigint}

-- name: redact_events
-- rows: id bigint, uid text, subject text, data text, refs text
-- dialect: sqlite
UPDATE event SET uid = :uid, subject = :subject, data = :data, refs = :refs, error = NULL WHERE id = :id
-- dialect: postgresql
UPDATE event SET uid = r.uid, subject = r.subject, data = r.data, refs = r.refs, error = NULL
FROM {table} WHERE event.id = r.id

-- name: links_of_events
SELECT id, shop_id, link, event_id, type, occurred_at FROM event_link
WHERE shop_id = :shop AND link {in:links:text} AND event_id {in:events:bigint}

-- name: delete_event_links
DELETE FROM event_link WHERE shop_id = :shop AND link {in:links:text} AND event_id {in:events:bigint}

-- name: empty_deliveries
UPDATE delivery SET body = :nothing, headers = '{}', reason = 'privacy.erased',
    status = CASE WHEN status = 'done' THEN 'done' ELSE 'ignored' END
WHERE id {in:ids:bigint}

-- name: runs_of_person
SELECT id FROM run WHERE shop_id = :shop AND subject {in:subjects:text} AND id > :after
UNION
SELECT id FROM run WHERE shop_id = :shop AND subject {in:others:text} AND event_id {in:events:bigint} AND id > :after

-- name: live_runs_of
SELECT id, flow_id FROM run WHERE id {in:ids:bigint} AND status IN ('running', 'waiting', 'parked')

-- name: force_end_runs
UPDATE run SET status = 'exited', reason = 'privacy.erased', due_at = NULL, updated_at = :now
WHERE id {in:ids:bigint} AND status IN ('running', 'waiting', 'parked')

-- name: runs_to_erase
-- dialect: sqlite
SELECT id, uid, flow_id, subject, key, reason, state, status FROM run WHERE id {in:ids:bigint} ORDER BY id
-- dialect: postgresql
SELECT id, uid, flow_id, subject, key, reason, state, status FROM run WHERE id {in:ids:bigint} ORDER BY id FOR UPDATE

-- name: runs_to_see
SELECT id, subject, key, reason, state FROM run WHERE id {in:ids:bigint}

-- name: redact_runs
-- rows: id bigint, subject text, key text, reason text, state text
-- dialect: sqlite
UPDATE run SET subject = :subject, key = :key, reason = :reason, state = :state WHERE id = :id
-- dialect: postgresql
UPDATE run SET subject = r.subject, key = r.key, reason = r.reason, state = r.state FROM {table} WHERE run.id = r.id

-- name: delete_traces
DELETE FROM run_trace WHERE run_id {in:runs:bigint}

-- name: reveal_entries
-- rows: id bigint, key text
-- dialect: sqlite
UPDATE flow_entry SET key = :key WHERE id = :id
-- dialect: postgresql
UPDATE flow_entry SET key = r.key FROM {table} WHERE flow_entry.id = r.id

-- name: entries_of_keys
SELECT id, flow_id, key, lane FROM flow_entry WHERE flow_id {in:flows:bigint} AND key {in:keys:text}

-- name: rename_entry
-- rows: id bigint, flow_id bigint, key text, lane bigint
-- dialect: sqlite
UPDATE flow_entry SET key = :key WHERE id = :id AND NOT EXISTS (
    SELECT 1 FROM flow_entry AS other WHERE other.flow_id = :flow_id AND other.key = :key AND other.lane = :lane)
-- dialect: postgresql
UPDATE flow_entry SET key = r.key FROM {table} WHERE flow_entry.id = r.id AND NOT EXISTS (
    SELECT 1 FROM flow_entry AS other WHERE other.flow_id = r.flow_id AND other.key = r.key AND other.lane = r.lane)

-- name: drop_entries
DELETE FROM flow_entry WHERE flow_id {in:flows:bigint} AND key {in:keys:text}

-- name: effects_to_erase
SELECT id, subject, config, status, result, error FROM effect WHERE run_id {in:runs:bigint} ORDER BY id

-- name: redact_effects
-- rows: id bigint, subject text, config text, status text, result text
-- dialect: sqlite
UPDATE effect SET subject = :subject, config = :config, status = :status, result = :result, message = NULL
WHERE id = :id
-- dialect: postgresql
UPDATE effect SET subject = r.subject, config = r.config, status = r.status, result = r.result, message = NULL
FROM {table} WHERE effect.id = r.id

-- name: running_effects_of
SELECT count(*) FROM effect WHERE run_id {in:runs:bigint} AND status = 'running'

-- name: redact_approvals
UPDATE approval SET text = '', note = '', status = CASE WHEN status = 'open' THEN 'expired' ELSE status END
WHERE run_id {in:runs:bigint}

-- name: skips_of_person
SELECT id FROM skip WHERE shop_id = :shop AND subject {in:subjects:text}
UNION
SELECT id FROM skip WHERE shop_id = :shop AND subject {in:others:text} AND event {in:events:bigint}

-- name: consents_to_hide
SELECT id, address, proof, source, uid FROM consent WHERE shop_id = :shop AND address {in:addresses:text}

-- name: consent_channels
SELECT DISTINCT address, channel FROM consent WHERE shop_id = :shop AND address {in:addresses:text}

-- name: hide_consents
-- rows: id bigint, address text, proof text, source text
-- dialect: sqlite
UPDATE consent SET address = :address, proof = :proof, source = :source WHERE id = :id
-- dialect: postgresql
UPDATE consent SET address = r.address, proof = r.proof, source = r.source FROM {table} WHERE consent.id = r.id

-- name: suppressions_of
SELECT id, address, channel, reason, at FROM suppression WHERE shop_id = :shop AND address {in:addresses:text}

-- name: drop_suppressions
DELETE FROM suppression WHERE shop_id = :shop AND address {in:addresses:text}

-- name: audit_of_targets
SELECT id, target, details FROM audit WHERE shop_id = :shop AND target {in:targets:text}

-- name: webhook_runs
SELECT run FROM webhook WHERE shop_id = :shop

-- name: connection_deliveries
SELECT id FROM delivery WHERE connection_id = :connection AND id > :after ORDER BY id LIMIT :limit

-- name: delivery_names
SELECT id, dedupe_key FROM delivery WHERE id {in:ids:bigint}

-- name: rename_deliveries
-- rows: id bigint, dedupe_key text
-- dialect: sqlite
UPDATE delivery SET dedupe_key = :dedupe_key WHERE id = :id
-- dialect: postgresql
UPDATE delivery SET dedupe_key = r.dedupe_key FROM {table} WHERE delivery.id = r.id

-- name: events_of_connection
SELECT id FROM event WHERE shop_id = :shop AND connection_id = :connection AND id > :after ORDER BY id LIMIT :limit

-- name: runs_of_events
SELECT id FROM run WHERE shop_id = :shop AND subject {in:subjects:text} AND event_id {in:events:bigint}

-- name: delete_runs
DELETE FROM run WHERE id {in:ids:bigint}

-- name: delete_run_effects
DELETE FROM effect WHERE run_id {in:runs:bigint}

-- name: delete_run_approvals
DELETE FROM approval WHERE run_id {in:runs:bigint}

-- name: delete_events
DELETE FROM event WHERE id {in:ids:bigint}

-- name: delete_links_of_events
DELETE FROM event_link WHERE shop_id = :shop AND link {in:links:text} AND event_id {in:ids:bigint}

-- name: delete_deliveries
DELETE FROM delivery WHERE id {in:ids:bigint}

-- name: delete_skips_of_events
DELETE FROM skip WHERE shop_id = :shop AND subject {in:subjects:text} AND event {in:events:bigint}

-- name: delete_consents_of
DELETE FROM consent WHERE shop_id = :shop AND address {in:addresses:text}

-- name: tags_of_records
SELECT id, key, tag FROM tag WHERE shop_id = :shop AND kind = :kind AND key {in:keys:text}

-- name: delete_records
DELETE FROM tag WHERE shop_id = :shop AND kind = :kind AND key {in:keys:text}

-- name: shut_connection
UPDATE connection SET is_active = FALSE, secrets = '' WHERE id = :id AND shop_id = :shop

-- name: consents_of_person
SELECT address, channel, purpose, granted, at, source, proof FROM consent
WHERE shop_id = :shop AND address {in:addresses:text} ORDER BY at, id

-- name: connection_named
SELECT id FROM connection WHERE shop_id = :shop AND name = :name

-- name: privacy_requests_about
-- By the index of digests; SQLite would rather walk through all of a shop's from the newest on, were it not for the plus.
SELECT id FROM privacy_request WHERE shop_id = :shop AND digest {in:digests:text} ORDER BY +id DESC LIMIT 50

-- name: set_shop_settings
UPDATE shop SET settings = :settings WHERE id = :shop

-- name: shops_with_retention
SELECT id, settings FROM shop WHERE settings LIKE '%"retention"%' ORDER BY id

-- name: old_deliveries
SELECT count(*) FROM (SELECT 1 FROM delivery
    WHERE connection_id IN (SELECT id FROM connection WHERE shop_id = :shop) AND received_at < :before
        AND status IN ('done', 'ignored') LIMIT :limit) AS old

-- name: forget_deliveries
-- The oldest are at the front; what failed stays until somebody has looked at it.
SELECT id FROM delivery WHERE connection_id IN (SELECT id FROM connection WHERE shop_id = :shop)
    AND received_at < :before AND status IN ('done', 'ignored') ORDER BY id LIMIT :limit

-- name: loosen_events
UPDATE event SET delivery_id = NULL WHERE delivery_id {in:deliveries:bigint}

-- name: old_skips
SELECT count(*) FROM (SELECT 1 FROM skip
    WHERE flow_id IN (SELECT id FROM flow WHERE shop_id = :shop) AND at < :before LIMIT :limit) AS old

-- name: forget_skips
SELECT id FROM skip WHERE flow_id IN (SELECT id FROM flow WHERE shop_id = :shop) AND at < :before LIMIT :limit

-- name: delete_skips
DELETE FROM skip WHERE id {in:ids:bigint}

-- name: old_runs
SELECT count(*) FROM (SELECT 1 FROM run
    WHERE flow_id IN (SELECT id FROM flow WHERE shop_id = :shop)
        AND status IN ('finished', 'exited', 'stopped', 'failed') AND started_at < :before LIMIT :limit) AS old

-- name: forget_runs
-- A webhook's messages hang on a run that is never over for them; nor is one whose effects are still to be done.
SELECT run.id FROM run
WHERE run.flow_id IN (SELECT id FROM flow WHERE shop_id = :shop) AND run.started_at < :before
    AND run.status IN ('finished', 'exited', 'stopped', 'failed')
    AND NOT EXISTS (SELECT 1 FROM webhook WHERE webhook.run = run.id)
    AND NOT EXISTS (SELECT 1 FROM effect WHERE effect.run_id = run.id AND effect.status IN ('pending', 'running'))
LIMIT :limit

-- name: old_events
SELECT count(*) FROM (SELECT 1 FROM event WHERE shop_id = :shop AND received_at < :before LIMIT :limit) AS old

-- name: forget_events
-- In the order they came; of the oldest, those no run began with and that no flow has still to see.
SELECT event.id FROM (SELECT id, subject, shop_id, received_at FROM event ORDER BY id LIMIT 5000) AS event
WHERE event.shop_id = :shop AND event.received_at < :before
    AND NOT EXISTS (SELECT 1 FROM event_queue WHERE event_queue.event_id = event.id)
    AND NOT EXISTS (SELECT 1 FROM run
        WHERE run.shop_id = event.shop_id AND run.subject = event.subject AND run.event_id = event.id)
LIMIT :limit

-- name: links_to_forget
SELECT subject, refs FROM event WHERE id {in:ids:bigint}
