-- Switches, budgets used up, and the questions they lead to.

-- name: what_is_off
SELECT shop_id, kind, name, actions FROM switch
UNION ALL SELECT shop_id, 'flow', CAST(id AS text), '' FROM flow WHERE status = 'paused'

-- name: switches_of
SELECT kind, name, actions, reason, "by", at FROM switch WHERE shop_id = :shop ORDER BY at DESC, id DESC

-- name: put_switch
INSERT INTO switch (shop_id, kind, name, actions, reason, "by", at)
VALUES (:shop, :kind, :name, :actions, :reason, :by, :now) ON CONFLICT (shop_id, kind, name) DO NOTHING RETURNING id

-- name: take_switch
DELETE FROM switch WHERE shop_id = :shop AND kind = :kind AND name = :name RETURNING actions, reason, at

-- name: waiting_effects
-- What waits in a shop, by flow, action and connection; looked at to a limit, along the index of what waits.
SELECT flow_id, action, coalesce(connection, ''), count(*), min(created_at) FROM (
    SELECT flow_id, action, connection, created_at FROM effect
    WHERE status = 'pending' AND priority IN (0, 1, 2) AND shop_id = :shop LIMIT :most
) AS waits GROUP BY flow_id, action, coalesce(connection, '')

-- name: cancel_old_effects
-- A page of what waits behind a switch since before `before`; flow 0, no connection and no actions mean any.
UPDATE effect SET status = 'cancelled', finished_at = :now, error = 'switch.too_old'
WHERE status = 'pending' AND id IN (
    SELECT id FROM effect
    WHERE status = 'pending' AND priority IN (0, 1, 2) AND shop_id = :shop AND created_at < :before
        AND (:flow = 0 OR flow_id = :flow) AND (:connection = '' OR connection = :connection)
        AND (:is_any OR action {in:actions:text})
    ORDER BY id LIMIT 500
)
RETURNING id, run_id, step, action, key, is_awaited

-- name: paused_flows
SELECT name, paused_reason, (SELECT audit."by" FROM audit WHERE audit.shop_id = flow.shop_id
        AND audit.target = flow.name AND audit.action = 'flow.paused' ORDER BY audit.id DESC LIMIT 1),
    (SELECT audit.at FROM audit WHERE audit.shop_id = flow.shop_id
        AND audit.target = flow.name AND audit.action = 'flow.paused' ORDER BY audit.id DESC LIMIT 1)
FROM flow WHERE shop_id = :shop AND status = 'paused' ORDER BY name

-- name: last_pause
SELECT details FROM audit WHERE shop_id = :shop AND target = :name AND action = 'flow.paused' ORDER BY id DESC LIMIT 1
