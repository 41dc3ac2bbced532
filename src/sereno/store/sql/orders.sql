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
