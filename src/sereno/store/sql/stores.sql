-- Stores that may be written to.

-- name: writable_stores
SELECT id, name, kind, settings, access FROM connection
WHERE shop_id = :shop AND is_active AND access <> '' ORDER BY id

-- name: connection_access
SELECT id, shop_id, name, kind, access, settings, is_active FROM connection WHERE name = :name

-- name: set_access
UPDATE connection SET access = :access, settings = :settings WHERE id = :id

-- name: set_store_facts
UPDATE connection SET settings = :settings WHERE id = :id

-- name: store_paces
SELECT connection FROM connection_budget WHERE shop_id = :shop
    AND (connection = 'store' OR connection LIKE 'store:%' OR connection LIKE 'tool:%') AND per_second IS NOT NULL

-- name: set_pace
-- dialect: sqlite
INSERT INTO connection_budget (shop_id, connection, per_second, burst, tokens, updated_at)
VALUES (:shop, :connection, :rate, :burst, coalesce(:burst, 0), :now)
ON CONFLICT (shop_id, connection) DO UPDATE SET per_second = excluded.per_second, burst = excluded.burst
-- dialect: postgresql
INSERT INTO connection_budget (shop_id, connection, per_second, burst, tokens, updated_at)
VALUES (:shop, :connection, CAST(:rate AS float8), CAST(:burst AS float8), coalesce(CAST(:burst AS float8), 0), :now)
ON CONFLICT (shop_id, connection) DO UPDATE SET per_second = excluded.per_second, burst = excluded.burst

-- name: expect_echo
INSERT INTO store_echo (shop_id, flow_id, effect_key, ability, link, nouns, marks, record_version, begun_at)
SELECT CAST(:shop AS bigint), effect.flow_id, effect.key, CAST(:ability AS text), CAST(:link AS text),
    CAST(:nouns AS text), CAST(:marks AS text), CAST(:record_version AS bigint), CAST(:now AS bigint)
FROM effect WHERE effect.key = :effect
ON CONFLICT (effect_key, ability, link) DO NOTHING

-- name: settle_echo
UPDATE store_echo SET settled_at = :now, version = :version
WHERE effect_key = :effect AND ability = :ability AND link = :link

-- name: withdraw_echo
DELETE FROM store_echo WHERE effect_key = :effect AND ability = :ability AND link = :link

-- name: forget_echoes
DELETE FROM store_echo WHERE id IN (SELECT id FROM store_echo WHERE begun_at < :before ORDER BY begun_at LIMIT 100)

-- name: echoes_of
SELECT flow_id, link, effect_key, ability, nouns, marks, record_version, begun_at, settled_at, version FROM store_echo
WHERE shop_id {in:shops:bigint} AND link {in:links:text} AND flow_id {in:flows:bigint} ORDER BY id

-- name: writable_kinds
SELECT DISTINCT kind FROM connection WHERE shop_id = :shop AND is_active AND access <> ''

-- name: writable_by_shop
SELECT shop_id, kind, settings FROM connection WHERE shop_id {in:shops:bigint} AND is_active AND access <> '' ORDER BY id

-- name: carry_over
-- rows: parent text, key text, config text, now bigint
-- dialect: sqlite
INSERT INTO effect (key, shop_id, flow_id, run_id, step, action, subject, config, status, is_awaited, attempts, priority,
    due_at, connection, created_at)
SELECT :key, shop_id, flow_id, run_id, step, 'stores.tag', subject, :config, 'pending', FALSE, 0, 1, :now, 'store', :now
FROM effect WHERE key = :parent
ON CONFLICT (key) DO NOTHING
-- dialect: postgresql
INSERT INTO effect (key, shop_id, flow_id, run_id, step, action, subject, config, status, is_awaited, attempts, priority,
    due_at, connection, created_at)
SELECT r.key, parent.shop_id, parent.flow_id, parent.run_id, parent.step, 'stores.tag', parent.subject, r.config,
    'pending', FALSE, 0, 1, r.now, 'store', r.now
FROM {table} JOIN effect AS parent ON parent.key = r.parent
ON CONFLICT (key) DO NOTHING

-- name: tag_is_on
SELECT 1 FROM tag WHERE shop_id = :shop AND kind = :kind AND key = :key AND tag = :tag
