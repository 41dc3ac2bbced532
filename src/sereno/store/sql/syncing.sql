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
-- Whether a store of this prefix has any variant; the first store's have none.
SELECT 1 FROM catalog_variant WHERE shop_id = :shop
    AND ((:prefix <> '' AND substr(key, 1, length(:prefix)) = :prefix) OR (:prefix = '' AND key NOT LIKE '%~%')) LIMIT 1

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
