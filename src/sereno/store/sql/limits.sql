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

-- name: make_uses
-- rows: flow_id bigint, span text, used text, at bigint
INSERT INTO flow_use (flow_id, span, used, at) {rows}
ON CONFLICT (flow_id, span) DO NOTHING

-- name: lock_uses
-- dialect: sqlite
SELECT flow_id, span, used, raised_to FROM flow_use
WHERE flow_id {in:flows:bigint} AND span {in:spans:text} ORDER BY flow_id, span
-- dialect: postgresql
SELECT flow_id, span, used, raised_to FROM flow_use
WHERE flow_id {in:flows:bigint} AND span {in:spans:text} ORDER BY flow_id, span FOR UPDATE

-- name: set_uses
-- rows: flow_id bigint, span text, used text
-- dialect: sqlite
UPDATE flow_use SET used = :used WHERE flow_id = :flow_id AND span = :span
-- dialect: postgresql
UPDATE flow_use SET used = r.used FROM {table} WHERE flow_use.flow_id = r.flow_id AND flow_use.span = r.span

-- name: mark_counted
-- rows: id bigint, counted_at bigint
-- dialect: sqlite
UPDATE effect SET counted_at = :counted_at WHERE id = :id
-- dialect: postgresql
UPDATE effect SET counted_at = r.counted_at FROM {table} WHERE effect.id = r.id

-- name: forget_uses
DELETE FROM flow_use WHERE at < :before

-- name: raise_use
INSERT INTO flow_use (flow_id, span, at, used, raised_to) VALUES (:flow, :span, :now, '0', :allowed)
ON CONFLICT (flow_id, span) DO UPDATE SET raised_to = excluded.raised_to

-- name: flow_for_pause
-- dialect: sqlite
SELECT flow.name, flow.title, flow.status, flow.shop_id FROM flow WHERE flow.id = :flow
-- dialect: postgresql
SELECT flow.name, flow.title, flow.status, flow.shop_id FROM flow WHERE flow.id = :flow FOR UPDATE

-- name: use_of
SELECT used, raised_to FROM flow_use WHERE flow_id = :flow AND span = :span

-- name: ask_limit
INSERT INTO limit_question (shop_id, flow_id, run_id, kind, span, currency, "limit", wanted, status, note, created_at)
VALUES (:shop, :flow, :run, :kind, :span, :currency, :limit, :wanted, 'open', '', :now)
ON CONFLICT (flow_id) WHERE status = 'open' DO NOTHING RETURNING id

-- name: limit_question
-- dialect: sqlite
SELECT limit_question.id, limit_question.shop_id, limit_question.flow_id, flow.name, flow.title, limit_question.kind,
    limit_question.span, limit_question.currency, limit_question."limit", limit_question.wanted,
    limit_question.status, limit_question.created_at
FROM limit_question JOIN flow ON flow.id = limit_question.flow_id WHERE limit_question.id = :id
    AND limit_question.shop_id = :shop
-- dialect: postgresql
SELECT limit_question.id, limit_question.shop_id, limit_question.flow_id, flow.name, flow.title, limit_question.kind,
    limit_question.span, limit_question.currency, limit_question."limit", limit_question.wanted,
    limit_question.status, limit_question.created_at
FROM limit_question JOIN flow ON flow.id = limit_question.flow_id WHERE limit_question.id = :id
    AND limit_question.shop_id = :shop
FOR UPDATE OF limit_question

-- name: answer_limit
UPDATE limit_question SET status = :status, allowed = :allowed, note = :note, decided_by = :by, decided_at = :now
WHERE id = :id AND status = 'open'

-- name: settle_limit_questions
UPDATE limit_question SET status = 'settled', decided_by = :by, decided_at = :now
WHERE flow_id = :flow AND status = 'open'

-- name: deputies_of
SELECT shop_id, person, deputy FROM deputy
WHERE shop_id {in:shops:bigint} AND since_at <= :now AND until_at > :now

-- name: standing_for
SELECT membership.role, deputy.person FROM deputy
JOIN auth_user ON lower(auth_user.username) = deputy.person OR lower(auth_user.email) = deputy.person
JOIN membership ON membership.user_id = auth_user.id AND membership.shop_id = deputy.shop_id
WHERE deputy.shop_id = :shop AND deputy.deputy = :deputy AND deputy.since_at <= :now AND deputy.until_at > :now
    AND auth_user.is_active

-- name: put_deputy
INSERT INTO deputy (shop_id, person, deputy, since_at, until_at) VALUES (:shop, :person, :deputy, :since, :until)
ON CONFLICT (shop_id, person) DO UPDATE SET deputy = excluded.deputy, since_at = excluded.since_at,
    until_at = excluded.until_at

-- name: remove_deputy
DELETE FROM deputy WHERE shop_id = :shop AND person = :person RETURNING deputy

-- name: open_limit_question
SELECT flow.title, limit_question.kind, limit_question."limit", limit_question.wanted, limit_question.currency
FROM limit_question JOIN flow ON flow.id = limit_question.flow_id
WHERE limit_question.id = :id AND limit_question.shop_id = :shop AND limit_question.status = 'open'

-- name: published_flows
SELECT id, name, title FROM flow
WHERE shop_id = :shop AND NOT is_derived AND status IN ('live', 'shadow', 'paused') ORDER BY title, id

-- name: uses_since
SELECT flow_id, span, used, raised_to FROM flow_use WHERE flow_id {in:flows:bigint} AND at >= :since

-- name: lock_shop_settings
-- dialect: sqlite
SELECT settings FROM shop WHERE id = :shop
-- dialect: postgresql
SELECT settings FROM shop WHERE id = :shop FOR UPDATE

-- name: keep_shop_settings
UPDATE shop SET settings = :settings WHERE id = :shop
