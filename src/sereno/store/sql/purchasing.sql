-- Suppliers, what is on order, receipts and forecasts.

-- name: lock_purchasing
-- Whoever changes what is on order begins here; gives the number of the next order and the turn.
INSERT INTO purchasing (shop_id, number, turn) VALUES (:shop, 0, 1)
ON CONFLICT (shop_id) DO UPDATE SET turn = purchasing.turn + 1
RETURNING number, turn

-- name: set_purchase_number
UPDATE purchasing SET number = :number WHERE shop_id = :shop

-- name: suppliers_of
SELECT id, code, name, currency, lead_days, confirm_days, minimum, send_by, locale, is_active
FROM purchasing_supplier WHERE shop_id = :shop ORDER BY name, id

-- name: supplier_by_code
SELECT id, code, name, email, contact, currency, locale, lead_days, confirm_days, minimum, send_by, url, secret, note,
    is_active
FROM purchasing_supplier WHERE shop_id = :shop AND code = :code

-- name: supplier_by_id
SELECT id, code, name, email, contact, currency, locale, lead_days, confirm_days, minimum, send_by, url, secret, note,
    is_active
FROM purchasing_supplier WHERE shop_id = :shop AND id = :id

-- name: put_supplier
INSERT INTO purchasing_supplier (shop_id, code, name, email, contact, currency, locale, lead_days, confirm_days, minimum,
    send_by, url, secret, note, is_active, created_at, changed_at)
VALUES (:shop, :code, :name, :email, :contact, :currency, :locale, :lead_days, :confirm_days, :minimum, :send_by, :url,
    :secret, :note, :is_active, :now, :now)
ON CONFLICT (shop_id, code) DO UPDATE SET name = excluded.name, email = excluded.email, contact = excluded.contact,
    currency = excluded.currency, locale = excluded.locale, lead_days = excluded.lead_days,
    confirm_days = excluded.confirm_days, minimum = excluded.minimum, send_by = excluded.send_by, url = excluded.url,
    secret = excluded.secret, note = excluded.note, is_active = excluded.is_active, changed_at = excluded.changed_at
RETURNING id

-- name: put_prices
-- rows: shop_id bigint, supplier_id bigint, sku text, supplier_sku text, title text, price text, breaks text, minimum int, multiple int, lead_days int, rank int, changed_at bigint
INSERT INTO purchasing_price (shop_id, supplier_id, sku, supplier_sku, title, price, breaks, minimum, multiple, lead_days,
    rank, changed_at) {rows}
ON CONFLICT (supplier_id, sku) DO UPDATE SET supplier_sku = excluded.supplier_sku, title = excluded.title,
    price = excluded.price, breaks = excluded.breaks, minimum = excluded.minimum, multiple = excluded.multiple,
    lead_days = excluded.lead_days, rank = excluded.rank, changed_at = excluded.changed_at

-- name: remove_prices
DELETE FROM purchasing_price WHERE supplier_id = :supplier AND shop_id = :shop AND sku {in:skus:text}

-- name: prices_of_shop
SELECT purchasing_price.supplier_id, purchasing_price.sku, supplier_sku, purchasing_price.title, price, breaks,
    purchasing_price.minimum, multiple, purchasing_price.lead_days, rank
FROM purchasing_price JOIN purchasing_supplier ON purchasing_supplier.id = purchasing_price.supplier_id
WHERE purchasing_price.shop_id = :shop AND purchasing_supplier.is_active
ORDER BY purchasing_price.sku, rank, purchasing_price.supplier_id

-- name: prices_of_skus
SELECT purchasing_price.supplier_id, purchasing_price.sku, supplier_sku, purchasing_price.title, price, breaks,
    purchasing_price.minimum, multiple, purchasing_price.lead_days, rank
FROM purchasing_price JOIN purchasing_supplier ON purchasing_supplier.id = purchasing_price.supplier_id
WHERE purchasing_price.shop_id = :shop AND purchasing_supplier.is_active AND purchasing_price.sku {in:skus:text}
ORDER BY purchasing_price.sku, rank, purchasing_price.supplier_id

-- name: put_refusals
-- rows: shop_id bigint, supplier_id bigint, sku text, reason text, until bigint
INSERT INTO purchasing_refusal (shop_id, supplier_id, sku, reason, until) {rows}
ON CONFLICT (supplier_id, sku) DO UPDATE SET reason = excluded.reason, until = excluded.until

-- name: refused_of
SELECT supplier_id, sku FROM purchasing_refusal WHERE shop_id = :shop AND until > :now

-- name: forecasts_of_shop
SELECT sku, mean, sums FROM purchasing_forecast WHERE shop_id = :shop

-- name: forecasts_of_skus
SELECT sku, mean, sums FROM purchasing_forecast WHERE shop_id = :shop AND sku {in:skus:text}

-- name: reorder_rules_of
SELECT sku, is_on, least, most, service FROM purchasing_rule WHERE shop_id = :shop

-- name: put_reorder_rule
INSERT INTO purchasing_rule (shop_id, sku, is_on, least, most, service, changed_at)
VALUES (:shop, :sku, :is_on, :least, :most, :service, :now)
ON CONFLICT (shop_id, sku) DO UPDATE SET is_on = excluded.is_on, least = excluded.least, most = excluded.most,
    service = excluded.service, changed_at = excluded.changed_at

-- name: stock_for_purchasing
-- What is not counted is not ordered.
SELECT item, available FROM stock_item
WHERE shop_id = :shop AND available IS NOT NULL AND (is_tracked IS NULL OR is_tracked)

-- name: stock_for_skus
SELECT item, available FROM stock_item
WHERE shop_id = :shop AND item {in:skus:text} AND available IS NOT NULL AND (is_tracked IS NULL OR is_tracked)

-- name: usual_places
-- Where most of each is, the first by name of several alike.
SELECT item, location FROM stock_balance WHERE shop_id = :shop AND item {in:skus:text}
ORDER BY item, on_hand, location DESC

-- name: on_order
SELECT sku, CAST(sum(quantity - received) AS bigint) FROM purchasing_line
WHERE shop_id = :shop AND is_open AND received < quantity GROUP BY sku

-- name: lead_days_of
-- How long the newest receipts took, by supplier.
SELECT supplier_id, days FROM (
    SELECT supplier_id, days, at, row_number() OVER (PARTITION BY supplier_id ORDER BY at DESC, id DESC) AS place
    FROM purchasing_receipt WHERE shop_id = :shop AND is_first AND days IS NOT NULL
) AS ranked WHERE place <= :most ORDER BY supplier_id, at DESC

-- name: orders_of_key
SELECT id, number, status FROM purchasing_order WHERE shop_id = :shop AND key {in:keys:text} ORDER BY number

-- name: insert_purchase_order
INSERT INTO purchasing_order (shop_id, number, key, supplier_id, status, currency, total, origin, "by", note, reference,
    created_at, approved_by, chases, changes)
VALUES (:shop, :number, :key, :supplier, 'draft', :currency, :total, :origin, :by, :note, '', :now, '', 0, 0)
ON CONFLICT DO NOTHING RETURNING id

-- name: insert_purchase_lines
-- rows: shop_id bigint, order_id bigint, sku text, supplier_sku text, title text, quantity int, price text, why text
-- dialect: sqlite
INSERT INTO purchasing_line (shop_id, order_id, sku, supplier_sku, title, quantity, price, why, received, is_open)
VALUES (:shop_id, :order_id, :sku, :supplier_sku, :title, :quantity, :price, :why, 0, 1)
-- dialect: postgresql
INSERT INTO purchasing_line (shop_id, order_id, sku, supplier_sku, title, quantity, price, why, received, is_open)
SELECT r.shop_id, r.order_id, r.sku, r.supplier_sku, r.title, r.quantity, r.price, r.why, 0, true FROM {table}

-- name: purchase_order
SELECT id, number, supplier_id, status, currency, total, origin, "by", note, reference, created_at, approved_at,
    approved_by, sent_at, confirmed_at, expected_at, chased_at, chases, closed_at, changes
FROM purchasing_order WHERE shop_id = :shop AND number = :number

-- name: purchase_lines
SELECT id, sku, supplier_sku, title, quantity, received, price, why FROM purchasing_line
WHERE order_id = :order ORDER BY id

-- name: change_purchase_order
UPDATE purchasing_order SET status = :status, total = :total, note = :note, reference = :reference,
    approved_at = :approved_at, approved_by = :approved_by, sent_at = :sent_at, confirmed_at = :confirmed_at,
    expected_at = :expected_at, chased_at = :chased_at, chases = :chases, closed_at = :closed_at, changes = changes + 1
WHERE id = :id AND changes = :changes

-- name: close_purchase_lines
UPDATE purchasing_line SET is_open = :is_open WHERE order_id = :order

-- name: set_purchase_lines
-- rows: id bigint, quantity int, received int, price text
-- dialect: sqlite
UPDATE purchasing_line SET quantity = :quantity, received = :received, price = :price WHERE id = :id
-- dialect: postgresql
UPDATE purchasing_line SET quantity = r.quantity, received = r.received, price = r.price
FROM {table} WHERE purchasing_line.id = r.id

-- name: drop_purchase_lines
DELETE FROM purchasing_line WHERE order_id = :order AND sku {in:skus:text}

-- name: insert_receipt
INSERT INTO purchasing_receipt (shop_id, order_id, supplier_id, key, place, "by", at, days, is_first)
VALUES (:shop, :order, :supplier, :key, :place, :by, :now, :days, :is_first)
ON CONFLICT (shop_id, key) DO NOTHING RETURNING id

-- name: receipts_of_order
SELECT count(*) FROM purchasing_receipt WHERE order_id = :order

-- name: insert_receipt_lines
-- rows: shop_id bigint, receipt_id bigint, sku text, quantity int
INSERT INTO purchasing_receipt_line (shop_id, receipt_id, sku, quantity) {rows}

-- name: ask_forecast
INSERT INTO purchasing_job (shop_id, slot, status, "by", attempts, done, total, facts, created_at)
VALUES (:shop, :slot, 'waiting', :by, 0, 0, 0, '{}', :now) ON CONFLICT (shop_id, slot) DO NOTHING RETURNING id

-- name: open_forecast
SELECT id FROM purchasing_job WHERE shop_id = :shop AND status IN ('waiting', 'running') ORDER BY id LIMIT 1

-- name: any_open_forecast
SELECT 1 FROM purchasing_job WHERE status IN ('waiting', 'running') LIMIT 1

-- name: ask_days_forecasts
-- Of every shop that buys by price lists and has none asked for this slot yet.
INSERT INTO purchasing_job (shop_id, slot, status, "by", attempts, done, total, facts, created_at)
SELECT DISTINCT shop_id, CAST(:slot AS text), 'waiting', 'sereno', 0, 0, 0, '{}', CAST(:now AS bigint)
FROM purchasing_supplier WHERE is_active
ON CONFLICT (shop_id, slot) DO NOTHING

-- name: claim_forecast
UPDATE purchasing_job SET status = 'running', worker = :worker, lease_until = :until, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM purchasing_job
    WHERE attempts < 3 AND (status = 'waiting' OR (status = 'running' AND lease_until < :now))
    ORDER BY id LIMIT 1
) AND (status = 'waiting' OR lease_until < :now)
RETURNING id, shop_id

-- name: give_up_forecasts
UPDATE purchasing_job SET status = 'failed', error = 'forecast.broken', finished_at = :now
WHERE status = 'running' AND lease_until < :now AND attempts >= 3

-- name: keep_forecast
UPDATE purchasing_job SET lease_until = :until, done = :done, total = :total
WHERE id = :id AND worker = :worker AND status = 'running' RETURNING id

-- name: end_forecast
UPDATE purchasing_job SET status = :status, error = :error, facts = :facts, done = :done, total = :total,
    finished_at = :now, lease_until = NULL
WHERE id = :id AND worker = :worker AND status = 'running'

-- name: forecast_job
SELECT id, shop_id, attempts FROM purchasing_job WHERE id = :id AND worker = :worker AND status = 'running'

-- name: put_forecasts
-- rows: shop_id bigint, sku text, title text, product_type text, first_day date, begins_on date, history text, mean text, sums text, method text, accuracy text, days text, weekly float8, error float8, job bigint, made_at bigint
INSERT INTO purchasing_forecast (shop_id, sku, title, product_type, first_day, begins_on, history, mean, sums, method,
    accuracy, days, weekly, error, job, made_at) {rows}
ON CONFLICT (shop_id, sku) DO UPDATE SET title = excluded.title, product_type = excluded.product_type,
    first_day = excluded.first_day, begins_on = excluded.begins_on, history = excluded.history, mean = excluded.mean,
    sums = excluded.sums, method = excluded.method, accuracy = excluded.accuracy, days = excluded.days,
    weekly = excluded.weekly, error = excluded.error, job = excluded.job, made_at = excluded.made_at

-- name: drop_old_forecasts
DELETE FROM purchasing_forecast WHERE shop_id = :shop AND job <> :job

-- name: orders_with_lines
-- A page of the shop's orders, oldest row first, as records.
SELECT id, placed_at, data FROM orders_order WHERE shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: stock_events_after
SELECT id, occurred_at, data FROM event
WHERE shop_id = :shop AND type = 'stock.changed' AND id > :after ORDER BY id LIMIT :limit

-- name: kinds_of_skus
-- By SKU: its name, and the record of its product, which says of what type it is.
SELECT catalog_variant.sku, catalog_variant.title, catalog_product.title, catalog_product.data
FROM catalog_variant LEFT JOIN catalog_product
    ON catalog_product.shop_id = catalog_variant.shop_id AND catalog_product.key = catalog_variant.product_key
WHERE catalog_variant.shop_id = :shop AND catalog_variant.sku IS NOT NULL

-- name: priced_skus
SELECT sku, max(title) FROM purchasing_price WHERE shop_id = :shop GROUP BY sku

-- name: shop_time_zone
SELECT timezone FROM shop WHERE id = :shop

-- name: shop_own_settings
SELECT settings FROM shop WHERE id = :shop

-- name: known_days_of
SELECT sku, days, mean FROM purchasing_forecast WHERE shop_id = :shop

-- name: demand_events_of
SELECT id, name, first_day, last_day, lift FROM purchasing_event WHERE shop_id = :shop ORDER BY first_day, name

-- name: put_demand_event
INSERT INTO purchasing_event (shop_id, name, first_day, last_day, lift, changed_at)
VALUES (:shop, :name, :first_day, :last_day, :lift, :now)
ON CONFLICT (shop_id, name, first_day) DO UPDATE SET last_day = excluded.last_day, lift = excluded.lift,
    changed_at = excluded.changed_at
RETURNING id

-- name: drop_demand_event
DELETE FROM purchasing_event WHERE shop_id = :shop AND id = :id RETURNING name, first_day

-- name: count_orders
SELECT count(*) FROM orders_order WHERE shop_id = :shop

