-- What Sereno itself knows of orders: which are held.

-- name: newest_hold
SELECT type FROM event_link
WHERE shop_id = :shop AND link = :link AND type IN ('order.held', 'order.released')
ORDER BY occurred_at DESC, event_id DESC LIMIT 1

-- name: order_standings
-- dialect: sqlite
SELECT key, data FROM orders_standing WHERE shop_id = :shop AND key {in:keys:text}
-- dialect: postgresql
SELECT key, data FROM orders_standing WHERE shop_id = :shop AND key {in:keys:text} ORDER BY key FOR UPDATE

-- name: orders_by_key
SELECT key, number, email, customer_key FROM orders_order WHERE shop_id = :shop AND key {in:keys:text}

-- name: effect_by_key
SELECT id FROM effect WHERE shop_id = :shop AND key = :key

-- name: order_places
-- Each value once, by leaps along the index: an order more costs nothing.
WITH RECURSIVE queue_at(value) AS (
    SELECT min(queue) FROM orders_standing WHERE shop_id = :shop AND queue > ''
    UNION ALL
    SELECT (SELECT min(queue) FROM orders_standing WHERE shop_id = :shop AND queue > queue_at.value)
    FROM queue_at WHERE queue_at.value IS NOT NULL
),
warehouse_at(value) AS (
    SELECT min(warehouse) FROM orders_standing WHERE shop_id = :shop AND warehouse > ''
    UNION ALL
    SELECT (SELECT min(warehouse) FROM orders_standing WHERE shop_id = :shop AND warehouse > warehouse_at.value)
    FROM warehouse_at WHERE warehouse_at.value IS NOT NULL
),
team_at(value) AS (
    SELECT min(team) FROM orders_standing WHERE shop_id = :shop AND team > ''
    UNION ALL
    SELECT (SELECT min(team) FROM orders_standing WHERE shop_id = :shop AND team > team_at.value)
    FROM team_at WHERE team_at.value IS NOT NULL
)
SELECT 'queue', value FROM queue_at WHERE value IS NOT NULL
UNION ALL SELECT 'warehouse', value FROM warehouse_at WHERE value IS NOT NULL
UNION ALL SELECT 'team', value FROM team_at WHERE value IS NOT NULL

-- name: orders_meant
-- The newest orders that a text may mean: by their key or number, their address, or whose they are. Each part asks an
-- index; among all customers the beginning of a name is looked for, among those of late any part of it.
SELECT id, key FROM (
    SELECT id, key FROM orders_order WHERE shop_id = :shop AND key {in:keys:text}
    UNION SELECT id, key FROM orders_order WHERE shop_id = :shop AND number {in:numbers:text}
    UNION SELECT id, key FROM orders_order WHERE shop_id = :shop AND email = :email
    UNION SELECT id, key FROM orders_order WHERE shop_id = :shop AND customer_key {in:people:text}
    UNION SELECT id, key FROM orders_order WHERE shop_id = :shop AND customer_key IN (
        SELECT key FROM (
            SELECT key FROM customers_customer WHERE shop_id = :shop AND email = :email
            UNION SELECT key FROM customers_customer WHERE shop_id = :shop AND name >= :typed AND name < :typed_end
            UNION SELECT key FROM customers_customer WHERE shop_id = :shop AND name >= :title AND name < :title_end
            UNION SELECT key FROM customers_customer WHERE shop_id = :shop AND name >= :upper AND name < :upper_end
            UNION SELECT key FROM customers_customer
                WHERE id > (SELECT max(id) FROM customers_customer) - :lately AND shop_id + 0 = :shop
                    AND lower(name) LIKE :part ESCAPE '!'
        ) AS whose LIMIT 200)
) AS found ORDER BY id DESC LIMIT :limit
