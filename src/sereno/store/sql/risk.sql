-- What a shop knows of who buys: traces of orders by keyed hash, lists, items bought out.

-- name: risk_policy
SELECT document, version, learned FROM risk_policy WHERE shop_id = :shop

-- name: put_risk_policy
INSERT INTO risk_policy (shop_id, document, version, learned, learned_at) VALUES (:shop, :document, 1, NULL, NULL)
ON CONFLICT (shop_id) DO UPDATE SET document = excluded.document, version = risk_policy.version + 1

-- name: put_risk_learned
INSERT INTO risk_policy (shop_id, document, version, learned, learned_at) VALUES (:shop, '{}', 0, :learned, :now)
ON CONFLICT (shop_id) DO UPDATE SET learned = excluded.learned, learned_at = excluded.learned_at

-- name: risk_seen
-- The newest orders of each mark: a busy address costs no more than a quiet one.
SELECT kind, order_key, person, at, is_bad FROM (
    SELECT kind, order_key, person, at, is_bad FROM risk_trace
    WHERE shop_id = :shop AND mark = :email AND at > :since ORDER BY at DESC LIMIT 100) AS by_email
UNION ALL SELECT kind, order_key, person, at, is_bad FROM (
    SELECT kind, order_key, person, at, is_bad FROM risk_trace
    WHERE shop_id = :shop AND mark = :phone AND at > :since ORDER BY at DESC LIMIT 100) AS by_phone
UNION ALL SELECT kind, order_key, person, at, is_bad FROM (
    SELECT kind, order_key, person, at, is_bad FROM risk_trace
    WHERE shop_id = :shop AND mark = :ip AND at > :since ORDER BY at DESC LIMIT 100) AS by_ip
UNION ALL SELECT kind, order_key, person, at, is_bad FROM (
    SELECT kind, order_key, person, at, is_bad FROM risk_trace
    WHERE shop_id = :shop AND mark = :card AND at > :since ORDER BY at DESC LIMIT 100) AS by_card
UNION ALL SELECT kind, order_key, person, at, is_bad FROM (
    SELECT kind, order_key, person, at, is_bad FROM risk_trace
    WHERE shop_id = :shop AND mark = :device AND at > :since ORDER BY at DESC LIMIT 100) AS by_device
UNION ALL SELECT kind, order_key, person, at, is_bad FROM (
    SELECT kind, order_key, person, at, is_bad FROM risk_trace
    WHERE shop_id = :shop AND mark = :address AND at > :since ORDER BY at DESC LIMIT 100) AS by_address

-- name: risk_listed
SELECT kind, digest, list, reason FROM risk_entry
WHERE shop_id = :shop AND digest {in:digests:text} AND (expires_at IS NULL OR expires_at > :now)

-- name: risk_usual
SELECT total FROM (
    SELECT total, currency FROM orders_order WHERE shop_id = :shop AND placed_at IS NOT NULL
    ORDER BY placed_at DESC LIMIT 300
) AS recent WHERE currency = :currency

-- name: put_risk_traces
-- rows: shop_id bigint, order_key text, kind text, mark text, person text, at bigint, is_bad boolean
INSERT INTO risk_trace (shop_id, order_key, kind, mark, person, at, is_bad) {rows}
ON CONFLICT (shop_id, order_key, kind) DO UPDATE SET mark = excluded.mark, person = excluded.person

-- name: spoil_risk_traces
UPDATE risk_trace SET is_bad = :bad WHERE shop_id = :shop AND order_key = :order

-- name: put_risk_bought
-- rows: shop_id bigint, order_key text, item text, quantity int, at bigint, patterns text
INSERT INTO risk_bought (shop_id, order_key, item, quantity, at, patterns) {rows}
ON CONFLICT (shop_id, order_key, item) DO UPDATE SET quantity = excluded.quantity

-- name: risk_bought
SELECT order_key, item, quantity, at, patterns FROM risk_bought
WHERE shop_id = :shop AND item {in:items:text} AND at > :since ORDER BY at DESC LIMIT 2000

-- name: risk_outbreak
SELECT id FROM risk_outbreak
WHERE shop_id = :shop AND item = :item AND pattern = :pattern AND mark = :mark AND last_at > :since
ORDER BY last_at DESC LIMIT 1

-- name: go_on_risk_outbreak
UPDATE risk_outbreak SET units = :units, orders = :orders, last_at = :now WHERE id = :id

-- name: begin_risk_outbreak
INSERT INTO risk_outbreak (shop_id, item, pattern, mark, units, orders, first_at, last_at)
VALUES (:shop, :item, :pattern, :mark, :units, :orders, :now, :now)
RETURNING id

-- name: put_risk_entries
-- rows: shop_id bigint, list text, kind text, digest text, value text, reason text, by text, at bigint, expires_at bigint
INSERT INTO risk_entry (shop_id, list, kind, digest, value, reason, "by", at, expires_at) {rows}
ON CONFLICT (shop_id, digest) DO UPDATE SET list = excluded.list, value = excluded.value, reason = excluded.reason,
    "by" = excluded."by", at = excluded.at, expires_at = excluded.expires_at

-- name: drop_risk_entries
DELETE FROM risk_entry WHERE shop_id = :shop AND id {in:ids:bigint}

-- name: risk_examples
-- The newest orders that were judged, with what became of them.
SELECT held.data, held.score, held.decision, held.assessed_at, EXISTS (
    SELECT 1 FROM risk_trace WHERE risk_trace.shop_id = :shop AND risk_trace.order_key = held.key AND risk_trace.is_bad
) FROM (
    SELECT key, data, score, decision, assessed_at FROM risk_assessment WHERE shop_id = :shop ORDER BY id DESC LIMIT :limit
) AS held

-- name: risk_waiting
-- Those that were cancelled or have left meanwhile need no look any more; however many they are, the others are found.
SELECT held.id, held.key, held.score, held.level, held.assessed_at, held.data, orders_order.id, orders_order.number,
    orders_order.total, orders_order.currency, orders_order.email, orders_order.placed_at, orders_order.payment_status,
    orders_standing.is_held
FROM risk_assessment AS held
JOIN orders_order ON orders_order.shop_id = held.shop_id AND orders_order.key = held.key
LEFT JOIN orders_standing ON orders_standing.shop_id = held.shop_id AND orders_standing.key = held.key
WHERE held.shop_id = :shop AND held.is_waiting AND held.score <= :score AND (held.score < :score OR held.id > :after)
    AND orders_order.status NOT IN ('cancelled', 'deleted') AND COALESCE(orders_order.fulfillment_status, '') <> 'fulfilled'
ORDER BY held.score DESC, held.id LIMIT :limit

-- name: risk_decided
SELECT key, data FROM risk_assessment WHERE shop_id = :shop AND key {in:orders:text}

-- name: recall_refusals
UPDATE effect SET status = 'cancelled', finished_at = :now
WHERE shop_id = :shop AND key {in:keys:text} AND status = 'pending' AND attempts = 0

-- name: refusals_asked
SELECT key FROM effect WHERE shop_id = :shop AND key {in:keys:text} AND status <> 'cancelled'
