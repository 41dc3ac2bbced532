-- What Sereno itself knows of orders: which are held.

-- name: newest_hold
SELECT type FROM event_link
WHERE shop_id = :shop AND link = :link AND type IN ('order.held', 'order.released')
ORDER BY occurred_at DESC, event_id DESC LIMIT 1
