-- The outbox: effects are claimed with a lease, carried out, and settled in batches.

-- name: copy_effects
-- copy: effect (key, shop_id, flow_id, run_id, step, action, subject, config, status, is_awaited, attempts, priority, due_at, connection, created_at, finished_at, result, error, message)

-- name: claim_effects
-- By class, each in the order of its time; `reserved` places come first to those who do not go first. Nothing of what
-- is switched off: a channel names the actions it stops, a shop those it does not.
-- dialect: sqlite
UPDATE effect SET status = 'running', worker = :worker, lease_until = :lease_until, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM (
        SELECT id, priority, due_at, row_number() OVER (PARTITION BY priority ORDER BY due_at, id) AS place FROM (
            SELECT * FROM (SELECT id, priority, due_at FROM effect
                WHERE status = 'pending' AND priority = 0 AND due_at <= :now AND NOT id {in:mine:bigint}
                    AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
                    AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
                        (switch.kind = 'connection' AND switch.name = effect.connection)
                        OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                            = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
                ORDER BY due_at, id LIMIT :limit)
            UNION ALL SELECT * FROM (SELECT id, priority, due_at FROM effect
                WHERE status = 'pending' AND priority = 1 AND due_at <= :now AND NOT id {in:mine:bigint}
                    AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
                    AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
                        (switch.kind = 'connection' AND switch.name = effect.connection)
                        OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                            = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
                ORDER BY due_at, id LIMIT :limit)
            UNION ALL SELECT * FROM (SELECT id, priority, due_at FROM effect
                WHERE status = 'pending' AND priority = 2 AND due_at <= :now AND NOT id {in:mine:bigint}
                    AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
                    AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
                        (switch.kind = 'connection' AND switch.name = effect.connection)
                        OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                            = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
                ORDER BY due_at, id LIMIT :limit)
        )
    )
    ORDER BY CASE WHEN priority > 0 AND place <= :reserved THEN -1 ELSE priority END, due_at, id LIMIT :limit
)
RETURNING id, key, shop_id, flow_id, run_id, step, action, subject, config, is_awaited, attempts, connection, priority,
    due_at, counted_at, created_at
-- dialect: postgresql
UPDATE effect SET status = 'running', worker = :worker, lease_until = :lease_until, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM (
        SELECT id, priority, due_at, row_number() OVER (PARTITION BY priority ORDER BY due_at, id) AS place
        FROM (VALUES (0), (1), (2)) AS class(number), LATERAL (
            SELECT effect.id, effect.priority, effect.due_at FROM effect
            WHERE effect.status = 'pending' AND effect.priority = class.number AND effect.due_at <= :now
                AND NOT effect.id {in:mine:bigint}
                AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
                AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
                    (switch.kind = 'connection' AND switch.name = effect.connection)
                    OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                        = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
            ORDER BY effect.due_at, effect.id LIMIT :limit FOR UPDATE OF effect SKIP LOCKED
        ) AS due
    ) AS placed
    ORDER BY CASE WHEN priority > 0 AND place <= :reserved THEN -1 ELSE priority END, due_at, id LIMIT :limit
)
RETURNING id, key, shop_id, flow_id, run_id, step, action, subject, config, is_awaited, attempts, connection, priority,
    due_at, counted_at, created_at

-- name: postpone_effects
-- rows: id bigint, due_at bigint
-- dialect: sqlite
UPDATE effect SET status = 'pending', worker = NULL, lease_until = NULL, attempts = attempts - 1, due_at = :due_at
WHERE id = :id
-- dialect: postgresql
UPDATE effect SET status = 'pending', worker = NULL, lease_until = NULL, attempts = attempts - 1, due_at = r.due_at
FROM {table} WHERE effect.id = r.id

-- name: settle_effects
-- rows: id bigint, claim integer, worker text, status text, due_at bigint, attempts integer, finished_at bigint, result text, error text, message text
-- dialect: sqlite
UPDATE effect SET
    status = CASE WHEN :status = 'pending' AND recalled_at IS NOT NULL THEN 'cancelled' ELSE :status END,
    finished_at = CASE WHEN :status = 'pending' THEN recalled_at ELSE :finished_at END,
    due_at = :due_at, attempts = :attempts, result = :result, error = :error, message = :message, worker = NULL,
    lease_until = NULL
WHERE id = :id AND worker = :worker AND status = 'running' AND attempts = :claim RETURNING id, status
-- dialect: postgresql
UPDATE effect SET
    status = CASE WHEN r.status = 'pending' AND effect.recalled_at IS NOT NULL THEN 'cancelled' ELSE r.status END,
    finished_at = CASE WHEN r.status = 'pending' THEN effect.recalled_at ELSE r.finished_at END,
    due_at = r.due_at, attempts = r.attempts, result = r.result, error = r.error, message = r.message, worker = NULL,
    lease_until = NULL
FROM {table}
WHERE effect.id = r.id AND effect.worker = r.worker AND effect.status = 'running' AND effect.attempts = r.claim
RETURNING effect.id, effect.status

-- name: reclaim_effects
-- What was called back is not begun again: nobody knows how far it had got.
UPDATE effect SET status = CASE WHEN recalled_at IS NULL THEN 'pending' ELSE 'cancelled' END,
    finished_at = recalled_at, worker = NULL, lease_until = NULL
WHERE status = 'running' AND lease_until < :now
    AND (worker = :worker OR worker NOT IN (SELECT name FROM worker WHERE seen_at > :dead))
RETURNING status, run_id, step, action

-- name: release_effects
UPDATE effect SET status = CASE WHEN recalled_at IS NULL THEN 'pending' ELSE 'cancelled' END,
    finished_at = recalled_at, worker = NULL, lease_until = NULL, attempts = attempts - 1
WHERE status = 'running' AND worker = :worker AND id {in:ids:bigint}
RETURNING status, run_id, step, action

-- name: extend_leases
UPDATE effect SET lease_until = :lease_until WHERE status = 'running' AND worker = :worker AND id {in:ids:bigint}

-- name: cancel_effects
-- What is under way is only marked: it may still come to its end, but is not tried again. A tag that is on here is
-- carried over to the store all the same.
UPDATE effect SET status = CASE WHEN status = 'pending' THEN 'cancelled' ELSE status END,
    finished_at = CASE WHEN status = 'pending' THEN :now ELSE finished_at END, recalled_at = :now
WHERE status IN ('pending', 'running') AND run_id {in:runs:bigint} AND action <> 'stores.tag'
RETURNING status, run_id, step, action

-- name: effect_runs
SELECT run.id, run.shop_id, run.flow_id, run.version, run.is_shadow, run.event_id, run.updated_at, run.state,
    event.source, event.uid, event.type, event.subject, event.occurred_at, event.received_at, event.data, event.refs
FROM run LEFT JOIN event ON event.id = run.event_id
WHERE run.id {in:ids:bigint}

-- name: replay_effects
-- What may have happened by an attempt before is looked for first: that is what a second attempt does. Where nobody can
-- look but a person, trying it again is their word that it did not happen.
UPDATE effect SET status = 'pending', due_at = :now, error = NULL, message = NULL, finished_at = NULL,
    recalled_at = NULL, attempts = CASE
        WHEN error IN ('channel.unclear', 'points.unclear') OR attempts = 0 THEN 0
        WHEN attempts > 1 OR status = 'cancelled' OR error = 'action.crashed' THEN 1 ELSE 0 END
WHERE id {in:ids:bigint} AND status IN ('failed', 'cancelled') RETURNING id, shop_id

-- name: budgets
SELECT shop_id, connection, per_second, burst, tokens, updated_at, paused_until FROM connection_budget
WHERE shop_id {in:shops:bigint} AND connection {in:connections:text}

-- name: lock_budgets
-- dialect: sqlite
SELECT id, shop_id, connection, per_second, burst, tokens, updated_at, paused_until FROM connection_budget
WHERE shop_id {in:shops:bigint} AND connection {in:connections:text} ORDER BY id
-- dialect: postgresql
SELECT id, shop_id, connection, per_second, burst, tokens, updated_at, paused_until FROM connection_budget
WHERE shop_id {in:shops:bigint} AND connection {in:connections:text} ORDER BY id FOR UPDATE

-- name: spend_budgets
-- rows: id bigint, tokens float8, updated_at bigint
-- dialect: sqlite
UPDATE connection_budget SET tokens = :tokens, updated_at = :updated_at WHERE id = :id
-- dialect: postgresql
UPDATE connection_budget SET tokens = r.tokens, updated_at = r.updated_at FROM {table} WHERE connection_budget.id = r.id

-- name: pause_connections
-- rows: shop_id bigint, connection text, tokens float8, updated_at bigint, paused_until bigint
INSERT INTO connection_budget (shop_id, connection, tokens, updated_at, paused_until) {rows}
ON CONFLICT (shop_id, connection) DO UPDATE SET paused_until = CASE
    WHEN connection_budget.paused_until IS NULL OR connection_budget.paused_until < excluded.paused_until
    THEN excluded.paused_until ELSE connection_budget.paused_until END
