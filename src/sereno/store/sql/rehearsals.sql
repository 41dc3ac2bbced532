-- Back-tests as jobs: asked for, carried out under a lease, kept, forgotten.

-- name: insert_backtest
INSERT INTO backtest (shop_id, flow, text, digest, version, base_version, origin, begin, until, seed, status, by,
    created_at, attempts, done, total, facts)
VALUES (:shop, :flow, :text, :digest, :version, :base, :origin, :begin, :until, :seed, 'waiting', :by, :now, 0, 0,
    :total, '{}')
RETURNING id

-- name: insert_backtest_upload
INSERT INTO backtest_upload (backtest_id, body) VALUES (:backtest, :body)

-- name: backtest_upload
SELECT body FROM backtest_upload WHERE backtest_id = :backtest

-- name: forget_backtest_uploads
DELETE FROM backtest_upload WHERE backtest_id {in:ids:bigint}

-- name: forget_backtest_upload_of_over
DELETE FROM backtest_upload WHERE backtest_id = :backtest
    AND EXISTS (SELECT 1 FROM backtest WHERE id = :backtest AND status <> 'running')

-- name: open_backtests
SELECT id, status, cancel_at, lease_until FROM backtest WHERE status IN ('waiting', 'running', 'forgotten')

-- name: claim_backtest
-- dialect: sqlite
UPDATE backtest SET status = 'running', worker = :worker, lease_until = :until, attempts = attempts + 1, done = 0,
    started_at = coalesce(started_at, :now), at = NULL
WHERE id = (SELECT id FROM backtest AS wanted
    WHERE (status = 'waiting' OR (status = 'running' AND lease_until < :now)) AND attempts < :most
        AND NOT EXISTS (SELECT 1 FROM backtest AS other
            WHERE other.status = 'running' AND other.shop_id = wanted.shop_id AND other.id <> wanted.id)
    ORDER BY id LIMIT 1)
RETURNING id
-- dialect: postgresql
UPDATE backtest SET status = 'running', worker = :worker, lease_until = :until, attempts = attempts + 1, done = 0,
    started_at = coalesce(started_at, :now), at = NULL
WHERE id = (SELECT id FROM backtest AS wanted
    WHERE (status = 'waiting' OR (status = 'running' AND lease_until < :now)) AND attempts < :most
        AND NOT EXISTS (SELECT 1 FROM backtest AS other
            WHERE other.status = 'running' AND other.shop_id = wanted.shop_id AND other.id <> wanted.id)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id

-- name: keep_backtest
-- Renews the lease; no row when it is somebody else's by now.
UPDATE backtest SET lease_until = :until, done = :done, total = :total, at = :at
WHERE id = :id AND worker = :worker AND status = 'running' RETURNING cancel_at

-- name: end_backtest
UPDATE backtest SET status = :status, error = :error, message = :message, summary = :summary, facts = :facts,
    finished_at = :now, done = :done, total = :total, worker = NULL, lease_until = NULL
WHERE id = :id AND worker = :worker AND status = 'running'

-- name: release_backtest
-- Whoever is next begins it again, at once.
UPDATE backtest SET lease_until = 0 WHERE id = :id AND worker = :worker AND status = 'running'

-- name: give_up_backtests
-- Those that were cancelled while nobody carried them out, and those that killed whoever tried.
UPDATE backtest SET status = CASE WHEN cancel_at IS NULL THEN 'failed' ELSE 'cancelled' END,
    error = CASE WHEN cancel_at IS NULL THEN 'backtest.crashed' END, finished_at = :now, worker = NULL,
    lease_until = NULL
WHERE status = 'running' AND lease_until < :now AND (attempts >= :most OR cancel_at IS NOT NULL) RETURNING id

-- name: job_of_backtest
SELECT id, shop_id, flow, text, version, base_version, origin, begin, until, seed, total
FROM backtest WHERE id = :id AND worker = :worker AND status = 'running'

-- name: cancel_backtest
UPDATE backtest SET cancel_at = :now, status = CASE WHEN status = 'waiting' THEN 'cancelled' ELSE status END,
    finished_at = CASE WHEN status = 'waiting' THEN :now ELSE finished_at END
WHERE id = :id AND shop_id = :shop AND status IN ('waiting', 'running') AND cancel_at IS NULL

-- name: backtest_of_shop
SELECT flow, status FROM backtest WHERE id = :id AND shop_id = :shop AND status <> 'forgotten'

-- name: forget_backtest
UPDATE backtest SET status = 'forgotten', worker = NULL, lease_until = NULL
WHERE id = :id AND shop_id = :shop AND status NOT IN ('waiting', 'running')

-- name: forget_old_backtests
UPDATE backtest SET status = 'forgotten' WHERE id IN (SELECT id FROM backtest
    WHERE shop_id = :shop AND flow = :flow AND status IN ('done', 'failed', 'cancelled')
    ORDER BY id DESC LIMIT 1000 OFFSET :kept)

-- name: backtests_waiting
SELECT count(*) FROM backtest WHERE shop_id = :shop AND status IN ('waiting', 'running')

-- name: same_backtest
SELECT id FROM backtest WHERE shop_id = :shop AND flow = :flow AND status IN ('waiting', 'running')
    AND digest = :digest AND coalesce(begin, 0) = coalesce(CAST(:begin AS bigint), 0)
    AND coalesce(until, 0) = coalesce(CAST(:until AS bigint), 0) AND seed = :seed AND origin = :origin
ORDER BY id DESC LIMIT 1

-- name: count_past_events
SELECT count(*) FROM (SELECT 1 FROM event WHERE shop_id = :shop AND occurred_at >= :begin AND occurred_at < :until
    LIMIT :most) AS counted

-- name: past_events
SELECT uid, source, type, subject, occurred_at, data, refs, id FROM event
WHERE shop_id = :shop AND (occurred_at, id) > (:at, :after) AND occurred_at < :until AND source <> 'sereno'
ORDER BY occurred_at, id LIMIT :limit

-- name: budgets_of_shop
SELECT connection, per_second, burst FROM connection_budget WHERE shop_id = :shop AND per_second IS NOT NULL
ORDER BY connection

-- name: copy_backtest_runs
-- copy: backtest_run (id, backtest_id, shop_id, is_live_version, uid, subject, customer, address, key, event, event_type, started_at, ended_at, status, step, reason, effects, messages, way, change, pair, story)

-- name: copy_backtest_effects
-- copy: backtest_effect (backtest_id, run_id, is_live_version, kind, at)

-- name: copy_backtest_skips
-- copy: backtest_skip (backtest_id, shop_id, subject, customer, address, event, at, reason, details)

-- name: pair_backtest_runs
-- rows: id bigint, change text, pair bigint
-- dialect: sqlite
UPDATE backtest_run SET change = :change, pair = :pair WHERE id = :id
-- dialect: postgresql
UPDATE backtest_run SET change = r.change, pair = r.pair FROM {table} WHERE backtest_run.id = r.id

-- name: some_backtest_runs
SELECT id FROM backtest_run WHERE backtest_id = :backtest LIMIT :limit

-- name: delete_backtest_runs
DELETE FROM backtest_run WHERE id {in:ids:bigint}

-- name: delete_backtest_effects
DELETE FROM backtest_effect WHERE run_id {in:ids:bigint}

-- name: delete_backtest_skips
DELETE FROM backtest_skip WHERE id IN (SELECT id FROM backtest_skip WHERE backtest_id = :backtest LIMIT :limit)

-- name: delete_backtest
DELETE FROM backtest WHERE id = :id AND status = 'forgotten'
