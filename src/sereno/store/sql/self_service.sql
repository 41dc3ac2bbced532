-- What customers change of their orders themselves.

-- name: lock_order
-- Whoever decides about a change of an order is alone with it; see `share_order`. The transaction holds no other lock
-- while it waits.
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT pg_advisory_xact_lock(73, hashtext(CAST(:shop AS text) || ':' || CAST(:order AS text)))

-- name: share_order
-- For who goes by an order not being changed (a ticket, say) until they commit.
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT pg_advisory_xact_lock_shared(73, hashtext(CAST(:shop AS text) || ':' || CAST(:order AS text)))

-- name: order_to_change
SELECT orders_order.data, orders_standing.data, shop.settings
FROM orders_order JOIN shop ON shop.id = orders_order.shop_id
LEFT JOIN orders_standing ON orders_standing.shop_id = orders_order.shop_id AND orders_standing.key = orders_order.key
WHERE orders_order.shop_id = :shop AND orders_order.key = :order

-- name: order_passed
SELECT DISTINCT type FROM event_link WHERE shop_id = :shop AND link = :link AND type {in:types:text}

-- name: newest_change
-- The last word on a customer's change: what was said, and how the effect stands that carries it out.
SELECT event_link.type, effect.status FROM event_link JOIN event ON event.id = event_link.event_id
LEFT JOIN effect ON effect.shop_id = event_link.shop_id AND effect.key = event.uid || '/0'
WHERE event_link.shop_id = :shop AND event_link.link = :link
    AND event_link.type IN ('order.change_requested', 'order.changed', 'order.change_refused')
ORDER BY event_link.occurred_at DESC, event_link.event_id DESC LIMIT 1
