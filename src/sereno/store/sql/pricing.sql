-- Codes: one for each effect, taken under the lock of its pool, known again on orders, let go when over.

-- name: code_of_effect
SELECT code, kind, value, currency, minimum, gift, expires_at, created_at, status FROM pricing_code
WHERE shop_id = :shop AND effect_key = :key

-- name: lock_code_pool
-- dialect: sqlite
SELECT kind, value, currency, minimum, gift, expires_at FROM pricing_pool WHERE shop_id = :shop AND name = :pool
-- dialect: postgresql
SELECT kind, value, currency, minimum, gift, expires_at FROM pricing_pool WHERE shop_id = :shop AND name = :pool
FOR UPDATE

-- name: take_pool_code
UPDATE pricing_code SET status = 'issued', effect_key = :key, customer = :customer, flow = :flow, run = :run,
    issued_at = :now, created_at = :now, expires_at = :expires
WHERE id = (SELECT id FROM pricing_code WHERE shop_id = :shop AND pool = :pool AND status = 'free' ORDER BY id LIMIT 1)
RETURNING id

-- name: add_code
INSERT INTO pricing_code (shop_id, code, pool, status, kind, value, currency, minimum, gift, customer, flow, run,
    effect_key, created_at, issued_at, expires_at, redeemed_at, order_key, cost, revenue, currency_used)
VALUES (:shop, :code, '', 'asked', :kind, :value, :currency, :minimum, :gift, :customer, :flow, :run,
    :key, :now, NULL, :expires, NULL, '', NULL, NULL, '')
ON CONFLICT DO NOTHING
RETURNING id

-- name: rename_code
UPDATE pricing_code SET code = :code
WHERE shop_id = :shop AND effect_key = :key AND status = 'asked'
    AND NOT EXISTS (SELECT 1 FROM pricing_code AS other WHERE other.shop_id = :shop AND other.code = :code)
RETURNING id

-- name: code_is_issued
UPDATE pricing_code SET status = 'issued', issued_at = :now
WHERE shop_id = :shop AND effect_key = :key AND status = 'asked'
RETURNING id

-- name: count_code
-- A code more in the flow's month, unless that goes over what the flow may give away; the first is looked at before.
INSERT INTO pricing_use (shop_id, flow, month, currency, issued, worth, redeemed, cost, revenue)
VALUES (:shop, :flow, :month, :currency, 1, :worth, 0, 0, 0)
ON CONFLICT (shop_id, flow, month, currency) DO UPDATE
    SET issued = pricing_use.issued + 1, worth = pricing_use.worth + excluded.worth
    WHERE pricing_use.issued + 1 <= :most AND pricing_use.worth + excluded.worth <= :budget
RETURNING id

-- name: drop_asked_code
DELETE FROM pricing_code WHERE shop_id = :shop AND effect_key = :key AND status = 'asked' RETURNING created_at

-- name: uncount_code
UPDATE pricing_use SET issued = issued - 1, worth = worth - :worth
WHERE shop_id = :shop AND flow = :flow AND month = :month AND currency = :currency

-- name: codes_on_orders
SELECT shop_id, code, id, kind, value, currency, customer, flow, status FROM pricing_code
WHERE shop_id {in:shops:bigint} AND code {in:codes:text} AND status <> 'redeemed'

-- name: redeem_codes
-- rows: id bigint, at bigint, order_key text, cost text, revenue text, currency text
-- dialect: sqlite
UPDATE pricing_code SET status = 'redeemed', redeemed_at = :at, order_key = :order_key, cost = :cost,
    revenue = :revenue, currency_used = :currency
WHERE id = :id AND status <> 'redeemed'
RETURNING id
-- dialect: postgresql
UPDATE pricing_code SET status = 'redeemed', redeemed_at = r.at, order_key = r.order_key, cost = r.cost,
    revenue = r.revenue, currency_used = r.currency
FROM {table} WHERE pricing_code.id = r.id AND pricing_code.status <> 'redeemed'
RETURNING pricing_code.id

-- name: count_redeemed
-- rows: shop_id bigint, flow text, month text, currency text, issued bigint, worth bigint, redeemed bigint, cost bigint, revenue bigint
INSERT INTO pricing_use (shop_id, flow, month, currency, issued, worth, redeemed, cost, revenue) {rows}
ON CONFLICT (shop_id, flow, month, currency) DO UPDATE SET redeemed = pricing_use.redeemed + excluded.redeemed,
    cost = pricing_use.cost + excluded.cost, revenue = pricing_use.revenue + excluded.revenue

-- name: expire_codes
UPDATE pricing_code SET status = 'expired'
WHERE id IN (SELECT id FROM pricing_code WHERE status = 'issued' AND expires_at <= :before ORDER BY expires_at LIMIT :limit)
    AND status = 'issued'
RETURNING id, shop_id, code, customer, kind, value, currency, flow, expires_at

-- name: put_code_pool
INSERT INTO pricing_pool (shop_id, name, kind, value, currency, minimum, gift, expires_at, created_at)
VALUES (:shop, :name, :kind, :value, :currency, :minimum, :gift, :expires, :now)
ON CONFLICT (shop_id, name) DO UPDATE SET kind = excluded.kind, value = excluded.value, currency = excluded.currency,
    minimum = excluded.minimum, gift = excluded.gift, expires_at = excluded.expires_at

-- name: price_free_codes
UPDATE pricing_code SET kind = :kind, value = :value, currency = :currency, minimum = :minimum, gift = :gift
WHERE shop_id = :shop AND pool = :pool AND status = 'free'

-- name: put_pool_codes
-- rows: shop_id bigint, code text, pool text, status text, kind text, value text, currency text, minimum text, gift text, customer text, flow text, run text, created_at bigint, order_key text, currency_used text
INSERT INTO pricing_code (shop_id, code, pool, status, kind, value, currency, minimum, gift, customer, flow, run,
    created_at, order_key, currency_used) {rows}
ON CONFLICT (shop_id, code) DO NOTHING
RETURNING id

-- name: drop_free_codes
DELETE FROM pricing_code WHERE shop_id = :shop AND pool = :pool AND status = 'free'

-- name: code_pools
SELECT p.name, p.kind, p.value, p.currency, p.minimum, p.gift, p.expires_at, p.created_at,
    (SELECT count(*) FROM pricing_code AS c WHERE c.shop_id = p.shop_id AND c.pool = p.name AND c.status = 'free'),
    (SELECT count(*) FROM pricing_code AS c WHERE c.shop_id = p.shop_id AND c.pool = p.name)
FROM pricing_pool AS p WHERE p.shop_id = :shop ORDER BY p.name

-- name: code_uses
SELECT flow, currency, sum(issued), sum(worth), sum(redeemed), sum(cost), sum(revenue) FROM pricing_use
WHERE shop_id = :shop AND month >= :since GROUP BY flow, currency ORDER BY sum(issued) DESC, flow LIMIT 200
