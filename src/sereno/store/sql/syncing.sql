-- Products compared between the stores of a shop. Whoever compares, or decides, holds the shop's rules.

-- name: sync_rules
SELECT field, leader, conflict, connections, most_change, reached, compared_at, ways, is_telling
FROM catalog_sync_rule WHERE shop_id = :shop ORDER BY field

-- name: lock_sync_rules
-- dialect: sqlite
SELECT field, leader, conflict, connections, most_change, reached, compared_at, ways, is_telling
FROM catalog_sync_rule WHERE shop_id = :shop ORDER BY field
-- dialect: postgresql
SELECT field, leader, conflict, connections, most_change, reached, compared_at, ways, is_telling
FROM catalog_sync_rule WHERE shop_id = :shop ORDER BY field FOR UPDATE

-- name: put_sync_rule
-- dialect: sqlite
INSERT INTO catalog_sync_rule (shop_id, field, leader, conflict, connections, most_change, reached, compared_at, "after",
    ways, is_telling, changed_by, changed_at)
VALUES (:shop, :field, :leader, :conflict, :connections, :most, '', NULL, 0, '', TRUE, :by, :now)
ON CONFLICT (shop_id, field) DO UPDATE SET leader = excluded.leader, conflict = excluded.conflict,
    connections = excluded.connections, most_change = excluded.most_change, reached = '', compared_at = NULL,
    "after" = 0, ways = '', is_telling = TRUE, changed_by = excluded.changed_by, changed_at = excluded.changed_at
-- dialect: postgresql
INSERT INTO catalog_sync_rule (shop_id, field, leader, conflict, connections, most_change, reached, compared_at, "after",
    ways, is_telling, changed_by, changed_at)
VALUES (:shop, :field, :leader, :conflict, :connections, :most, '', NULL, txid_current(), '', TRUE, :by, :now)
ON CONFLICT (shop_id, field) DO UPDATE SET leader = excluded.leader, conflict = excluded.conflict,
    connections = excluded.connections, most_change = excluded.most_change, reached = '', compared_at = NULL,
    "after" = excluded."after", ways = '', is_telling = TRUE, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at

-- name: drop_sync_rule
DELETE FROM catalog_sync_rule WHERE shop_id = :shop AND field = :field

-- name: drop_differences
DELETE FROM catalog_difference WHERE shop_id = :shop AND field = :field

-- name: drop_agreed
DELETE FROM catalog_agreed WHERE shop_id = :shop AND field = :field

-- name: sync_connections
SELECT id, name, kind, settings, access <> '' FROM connection WHERE shop_id = :shop AND is_active ORDER BY id

-- name: has_variant_of
-- Whether a store of this prefix has any variant; the first store's have none. The first prefix from this one on is the
-- first row of `catalog_variant_prefix`, whoever has many.
-- dialect: sqlite
SELECT 1 FROM (
    SELECT SUBSTR(key, 1, INSTR(key, '~')) AS prefix FROM catalog_variant
    WHERE shop_id = :shop AND SUBSTR(key, 1, INSTR(key, '~')) >= :prefix ORDER BY SUBSTR(key, 1, INSTR(key, '~')) LIMIT 1
) AS first_one WHERE prefix = :prefix
-- dialect: postgresql
SELECT 1 FROM (
    SELECT SUBSTRING(key, 1, STRPOS(key, '~')) AS prefix FROM catalog_variant
    WHERE shop_id = :shop AND SUBSTRING(key, 1, STRPOS(key, '~')) >= :prefix
    ORDER BY SUBSTRING(key, 1, STRPOS(key, '~')) LIMIT 1
) AS first_one WHERE prefix = :prefix

-- name: differences_of_shop
-- The newest first. What is asked for may be empty, and then is not.
SELECT id, item, title, field, connection, source, own, target, currency, change_percent, state, reason, since, product,
    variant, decided_by
FROM catalog_difference
WHERE shop_id = :shop AND id < :before AND (:field = '' OR field = :field)
    AND (:connection = '' OR connection = :connection) AND (:state = '' OR state = :state)
    AND (:search = '' OR lower(item) LIKE :search OR lower(title) LIKE :search)
ORDER BY id DESC LIMIT :limit

-- name: difference_of_id
SELECT id, item, title, field, connection, source, own, target, currency, change_percent, state, reason, since, product,
    variant, decided_by
FROM catalog_difference WHERE shop_id = :shop AND id = :id

-- name: count_compared
SELECT count(*) FROM catalog_agreed WHERE shop_id = :shop

-- name: count_differences
SELECT state, count(*) FROM catalog_difference WHERE shop_id = :shop GROUP BY state

-- name: count_unequal
SELECT count(*) FROM (SELECT DISTINCT item, field FROM catalog_difference WHERE shop_id = :shop) AS found

-- name: differences_of_things
SELECT id, item, title, field, connection, source, own, target, currency, change_percent, state, reason, since, product,
    variant, decided_by
FROM catalog_difference
WHERE shop_id = :shop AND item IN (
    SELECT value FROM {list:skus:text}
    UNION SELECT sku FROM catalog_variant WHERE shop_id = :shop AND product_key {in:products:text}
    UNION SELECT sku FROM catalog_variant WHERE shop_id = :shop AND key {in:variants:text}
)
ORDER BY item, field, connection LIMIT 100

-- name: syncing_shops
-- Of these, the shops that compare anything.
SELECT DISTINCT shop_id FROM catalog_sync_rule WHERE shop_id {in:shops:bigint}

-- name: put_to_compare
-- rows: shop_id bigint, kind text, key text
INSERT INTO catalog_to_compare (shop_id, kind, key) {rows}

-- name: take_to_compare
DELETE FROM catalog_to_compare WHERE id IN (
    SELECT id FROM catalog_to_compare WHERE shop_id = :shop ORDER BY id LIMIT :limit
) RETURNING kind, key

-- name: what_to_compare
-- A shop with a queue; the rule of a pass over a whole catalogue, on PostgreSQL once all are through that may not have
-- seen the rule.
-- dialect: sqlite
SELECT (SELECT shop_id FROM catalog_to_compare ORDER BY id LIMIT 1),
    (SELECT min(id) FROM catalog_sync_rule WHERE compared_at IS NULL)
-- dialect: postgresql
SELECT (SELECT shop_id FROM catalog_to_compare ORDER BY id LIMIT 1),
    (SELECT min(id) FROM catalog_sync_rule
        WHERE compared_at IS NULL AND "after" < txid_snapshot_xmin(txid_current_snapshot()))

-- name: sync_rule_of_id
SELECT shop_id, field FROM catalog_sync_rule WHERE id = :id

-- name: next_items
-- Also what is sold no more and still stands as different.
SELECT item FROM (
    SELECT item FROM (SELECT DISTINCT sku AS item FROM catalog_variant
        WHERE shop_id = :shop AND sku > :reached ORDER BY 1 LIMIT :limit) AS variants
    UNION
    SELECT item FROM (SELECT DISTINCT sku AS item FROM catalog_product
        WHERE shop_id = :shop AND sku > :reached ORDER BY 1 LIMIT :limit) AS products
    UNION
    SELECT item FROM (SELECT DISTINCT item FROM catalog_difference
        WHERE shop_id = :shop AND item > :reached ORDER BY 1 LIMIT :limit) AS different
) AS found ORDER BY 1 LIMIT :limit

-- name: pass_on
-- What could be written when it began is kept: where that changes, it begins again.
UPDATE catalog_sync_rule SET ways = CASE WHEN reached = '' THEN :ways ELSE ways END, reached = :reached,
    compared_at = :compared, is_telling = CASE WHEN CAST(:compared AS bigint) IS NULL THEN is_telling ELSE FALSE END
WHERE shop_id = :shop AND field = :field

-- name: passed_syncs
SELECT shop_id, field, ways FROM catalog_sync_rule WHERE compared_at IS NOT NULL ORDER BY shop_id, field

-- name: pass_again
-- rows: shop_id bigint, field text
-- dialect: sqlite
UPDATE catalog_sync_rule SET reached = '', compared_at = NULL WHERE shop_id = :shop_id AND field = :field
-- dialect: postgresql
UPDATE catalog_sync_rule SET reached = '', compared_at = NULL, "after" = txid_current() FROM {table}
WHERE catalog_sync_rule.shop_id = r.shop_id AND catalog_sync_rule.field = r.field

-- name: currency_of_shop
SELECT currency FROM shop WHERE id = :shop

-- name: skus_of_products
-- One without a SKU is left out by whoever asks: asked here, SQLite walks all SKUs of the shop for it.
SELECT sku FROM catalog_variant WHERE shop_id = :shop AND product_key {in:products:text}
UNION
SELECT sku FROM catalog_product WHERE shop_id = :shop AND key {in:products:text}

-- name: synced_variants
SELECT sku, key, product_key, version, data FROM catalog_variant
WHERE shop_id = :shop AND sku {in:items:text} ORDER BY sku, key

-- name: synced_products
SELECT key, version, data, NULL FROM catalog_product WHERE shop_id = :shop AND key {in:products:text}
UNION ALL
SELECT key, version, data, sku FROM catalog_product WHERE shop_id = :shop AND sku {in:items:text}

-- name: agreed_of_items
SELECT field, item, digest, said FROM catalog_agreed
WHERE shop_id = :shop AND field {in:fields:text} AND item {in:items:text}

-- name: put_agreed
-- rows: shop_id bigint, field text, item text, digest text, value text, said text, at bigint
INSERT INTO catalog_agreed (shop_id, field, item, digest, value, said, at) {rows}
ON CONFLICT (shop_id, field, item) DO UPDATE SET digest = excluded.digest, value = excluded.value, said = excluded.said,
    at = excluded.at

-- name: forget_agreed
-- rows: shop_id bigint, field text, item text
-- dialect: sqlite
DELETE FROM catalog_agreed WHERE shop_id = :shop_id AND field = :field AND item = :item
-- dialect: postgresql
DELETE FROM catalog_agreed USING {table}
WHERE catalog_agreed.shop_id = r.shop_id AND catalog_agreed.field = r.field AND catalog_agreed.item = r.item

-- name: differences_of_items
SELECT item, field, connection, own_digest, target_digest, state, reason, released, told_target, told_own, told_at,
    told_seen, told_times, since, decided_by, product, variant
FROM catalog_difference WHERE shop_id = :shop AND item {in:items:text} AND field {in:fields:text}

-- name: put_differences
-- rows: shop_id bigint, item text, field text, connection text, product text, variant text, title text, source text, own text, own_digest text, target text, target_digest text, currency text, change_percent float8, state text, reason text, since bigint, changed_at bigint, decided_by text
INSERT INTO catalog_difference (shop_id, item, field, connection, product, variant, title, source, own, own_digest,
    target, target_digest, currency, change_percent, state, reason, since, changed_at, decided_by, released, told_target,
    told_own, told_times)
SELECT v.*, '', '', '', 0 FROM ({rows}) AS v WHERE 1 = 1
ON CONFLICT (shop_id, item, field, connection) DO UPDATE SET product = excluded.product, variant = excluded.variant,
    title = excluded.title, source = excluded.source, own = excluded.own, own_digest = excluded.own_digest,
    target = excluded.target, target_digest = excluded.target_digest, currency = excluded.currency,
    change_percent = excluded.change_percent, state = excluded.state, reason = excluded.reason,
    changed_at = excluded.changed_at, decided_by = excluded.decided_by

-- name: end_differences
-- rows: shop_id bigint, item text, field text, connection text
-- dialect: sqlite
DELETE FROM catalog_difference
WHERE shop_id = :shop_id AND item = :item AND field = :field AND connection = :connection
-- dialect: postgresql
DELETE FROM catalog_difference USING {table}
WHERE catalog_difference.shop_id = r.shop_id AND catalog_difference.item = r.item
    AND catalog_difference.field = r.field AND catalog_difference.connection = r.connection

-- name: difference_to_align
SELECT id, product, variant, source, own, own_digest, target, target_digest, currency, state, reason
FROM catalog_difference
WHERE shop_id = :shop AND item = :item AND field = :field AND connection = :connection

-- name: begin_telling
UPDATE catalog_difference SET told_times = CASE WHEN told_target = target_digest THEN told_times ELSE 0 END,
    told_target = target_digest, told_own = own_digest, told_at = :now, told_seen = :seen
WHERE shop_id = :shop AND id = :id AND state = 'open' AND own_digest = :own AND target_digest = :target

-- name: end_telling
UPDATE catalog_difference SET state = 'waiting', reason = '', told_times = told_times + 1, changed_at = :now
WHERE shop_id = :shop AND id = :id AND state = 'open' AND own_digest = :own AND target_digest = :target

-- name: release_difference
UPDATE catalog_difference SET released = own_digest || target_digest, told_target = '', told_own = '', told_times = 0,
    state = 'held', reason = '', decided_by = :by, changed_at = :now
WHERE shop_id = :shop AND id = :id

-- name: leave_difference
UPDATE catalog_difference SET state = 'left', reason = '', decided_by = :by, changed_at = :now
WHERE shop_id = :shop AND id = :id

-- name: unleave_difference
UPDATE catalog_difference SET state = 'held', reason = '', released = '', told_target = '', told_own = '',
    told_times = 0, decided_by = '', changed_at = :now
WHERE shop_id = :shop AND id = :id
