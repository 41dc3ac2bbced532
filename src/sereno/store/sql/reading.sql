-- What is read back from shops' own platforms.

-- name: readable_connections
SELECT id, shop_id, name, kind, created_at FROM connection WHERE is_active AND access <> '' ORDER BY id

-- name: readings_of
SELECT connection_id FROM reading WHERE connection_id {in:connections:bigint}

-- name: insert_readings
-- rows: connection_id bigint, shop_id bigint, is_on boolean, is_poll boolean, every integer, begin_at bigint, through_at bigint, next_at bigint, place integer, cursor text, counts text, last_counts text, failures integer, keeps_subscriptions boolean, subscriptions text
INSERT INTO reading (connection_id, shop_id, is_on, is_poll, every, begin_at, through_at, next_at, place, cursor,
    counts, last_counts, failures, keeps_subscriptions, subscriptions)
{rows} ON CONFLICT (connection_id) DO NOTHING

-- name: due_readings
SELECT reading.connection_id FROM reading JOIN connection ON connection.id = reading.connection_id
WHERE reading.is_on AND reading.next_at <= :now AND coalesce(reading.lease_until, 0) < :now
    AND connection.is_active AND connection.access <> '' ORDER BY reading.next_at LIMIT 20

-- name: reading_state
SELECT next_at FROM reading WHERE connection_id = :connection

-- name: claim_reading
UPDATE reading SET worker = :worker, lease_until = :until
WHERE connection_id = :connection AND coalesce(lease_until, 0) < :now AND is_on
RETURNING connection_id, shop_id, is_poll, every, begin_at, through_at, pass_since, pass_until, place, cursor, counts,
    failures, keeps_subscriptions, subscriptions, looked_at

-- name: begin_pass
UPDATE reading SET pass_since = :since, pass_until = :until, place = 0, cursor = '', counts = '{}',
    last_started_at = :now
WHERE connection_id = :connection AND worker = :worker AND pass_until IS NULL RETURNING connection_id

-- name: keep_pass
-- The next page, in the transaction that keeps this one's facts. No row: somebody else reads it by now.
UPDATE reading SET place = :place, cursor = :cursor, counts = :counts, lease_until = :until, failures = 0, error = NULL,
    message = NULL
WHERE connection_id = :connection AND worker = :worker AND pass_until = :pass_until AND place = :old_place
    AND cursor = :old_cursor RETURNING connection_id

-- name: end_pass
UPDATE reading SET through_at = pass_until, pass_since = NULL, pass_until = NULL, place = 0, cursor = '',
    last_counts = counts, last_at = :now, next_at = :next, worker = NULL, lease_until = NULL
WHERE connection_id = :connection AND worker = :worker AND pass_until = :pass_until RETURNING connection_id

-- name: postpone_reading
-- A cursor the platform refuses is no good any more: the pass begins anew.
UPDATE reading SET next_at = :next, failures = :failures, error = :error, message = :message, worker = NULL,
    lease_until = NULL, cursor = CASE WHEN :is_refused THEN '' ELSE cursor END
WHERE connection_id = :connection AND worker = :worker

-- name: release_reading
UPDATE reading SET worker = NULL, lease_until = NULL WHERE connection_id = :connection AND worker = :worker

-- name: reading_now
-- Somebody does not want to wait: at once, and from then on, if that is earlier.
UPDATE reading SET next_at = :now, is_on = TRUE, failures = 0, error = NULL, message = NULL,
    through_at = CASE WHEN CAST(:since AS bigint) < through_at THEN :since ELSE through_at END,
    pass_since = CASE WHEN CAST(:since AS bigint) < pass_since THEN NULL ELSE pass_since END,
    pass_until = CASE WHEN CAST(:since AS bigint) < pass_since THEN NULL ELSE pass_until END
WHERE connection_id = :connection RETURNING connection_id

-- name: change_reading
UPDATE reading SET is_on = coalesce(:is_on, is_on), every = coalesce(CAST(:every AS integer), every),
    next_at = CASE WHEN next_at > :soonest THEN :soonest ELSE next_at END,
    keeps_subscriptions = coalesce(:keeps, keeps_subscriptions)
WHERE connection_id = :connection RETURNING is_on, every, keeps_subscriptions

-- name: keep_subscriptions
UPDATE reading SET subscriptions = :subscriptions, looked_at = :now WHERE connection_id = :connection

-- name: reading_connection
SELECT connection.id, connection.shop_id, connection.name, connection.kind, connection.settings, connection.access,
    connection.secrets, shop.slug
FROM connection JOIN shop ON shop.id = connection.shop_id WHERE connection.id = :connection

-- name: pending_of_connection
SELECT 1 FROM delivery WHERE connection_id = :connection AND status = 'pending' LIMIT 1

-- name: lock_this_connection
-- dialect: sqlite
SELECT id FROM connection WHERE id = :connection
-- dialect: postgresql
SELECT pg_advisory_xact_lock(71, CAST(:connection AS integer))

-- name: queued_about
-- What was stored of these subjects and not yet projected.
SELECT DISTINCT event_link.link FROM event_link
WHERE event_link.shop_id = :shop AND event_link.link {in:links:text}
    AND EXISTS (SELECT 1 FROM event_queue WHERE event_queue.event_id = event_link.event_id)

-- name: insert_read_delivery
-- rows: connection_id bigint, dedupe_key text, topic text, headers text, body bytea, received_at bigint, status text, reason text
INSERT INTO delivery (connection_id, dedupe_key, topic, headers, body, received_at, status, reason)
{rows} ON CONFLICT (connection_id, dedupe_key) DO NOTHING RETURNING id, dedupe_key

-- name: copy_reading_gaps
-- copy: reading_gap (shop_id, connection_id, delivery, kind, facts, found_at, behind)

-- name: insert_backfill
INSERT INTO backfill (shop_id, connection_id, kinds, since, until, status, place, cursor, counts, by, created_at,
    failures)
VALUES (:shop, :connection, :kinds, :since, :until, 'waiting', 0, '', '{}', :by, :now, 0)
ON CONFLICT DO NOTHING RETURNING id

-- name: due_backfills
SELECT backfill.id FROM backfill JOIN connection ON connection.id = backfill.connection_id
WHERE backfill.status IN ('waiting', 'running') AND coalesce(backfill.retry_at, 0) <= :now
    AND coalesce(backfill.lease_until, 0) < :now AND connection.is_active ORDER BY backfill.id LIMIT 20

-- name: backfill_state
SELECT status, retry_at FROM backfill WHERE id = :id

-- name: claim_backfill
UPDATE backfill SET status = 'running', worker = :worker, lease_until = :until, started_at = coalesce(started_at, :now)
WHERE id = :id AND status IN ('waiting', 'running') AND coalesce(lease_until, 0) < :now
RETURNING id, shop_id, connection_id, kinds, since, until, place, cursor, counts, failures

-- name: keep_backfill
UPDATE backfill SET place = :place, cursor = :cursor, counts = :counts, lease_until = :until, failures = 0,
    retry_at = NULL, error = NULL, message = NULL
WHERE id = :id AND worker = :worker AND status = 'running' AND place = :old_place AND cursor = :old_cursor
RETURNING id

-- name: commit_without_waiting
-- dialect: postgresql
-- The place in the job and what the page brought are lost together or not at all, and are read again; waiting for the
-- disk at each page costs a tenth of the time. That a job is done is waited for.
SET LOCAL synchronous_commit = off

-- name: end_backfill
UPDATE backfill SET status = :status, error = :error, message = :message, finished_at = :now, worker = NULL,
    lease_until = NULL
WHERE id = :id AND worker = :worker AND status = 'running' RETURNING id

-- name: postpone_backfill
UPDATE backfill SET retry_at = :next, failures = :failures, error = :error, message = :message, worker = NULL,
    lease_until = NULL
WHERE id = :id AND worker = :worker AND status = 'running'

-- name: release_backfill
UPDATE backfill SET worker = NULL, lease_until = NULL WHERE id = :id AND worker = :worker AND status = 'running'

-- name: pause_backfill
UPDATE backfill SET status = 'paused', worker = NULL, lease_until = NULL
WHERE id = :id AND shop_id = :shop AND status IN ('waiting', 'running') RETURNING id

-- name: resume_backfill
-- A cursor the platform refused is no good any more: its kind is read from the first page.
UPDATE backfill SET status = 'waiting', retry_at = NULL, failures = 0, error = NULL, message = NULL, finished_at = NULL,
    cursor = CASE WHEN status = 'failed' AND error = 'store.refused' THEN '' ELSE cursor END
WHERE id = :id AND shop_id = :shop AND (status IN ('paused', 'failed') OR (status IN ('waiting', 'running')
    AND retry_at IS NOT NULL)) RETURNING id

-- name: cancel_backfill
UPDATE backfill SET status = 'cancelled', finished_at = :now, worker = NULL, lease_until = NULL
WHERE id = :id AND shop_id = :shop AND status IN ('waiting', 'running', 'paused', 'failed') RETURNING id

-- name: backfill_of_shop
SELECT connection.name, backfill.status FROM backfill JOIN connection ON connection.id = backfill.connection_id
WHERE backfill.id = :id AND backfill.shop_id = :shop
