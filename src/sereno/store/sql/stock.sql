-- The book of stock: what is there, what is promised. Whoever changes an item's balances holds the item's row.

-- name: lock_stock_items
-- dialect: sqlite
SELECT shop_id, item, is_tracked, can_oversell, variant, product, title FROM stock_item
WHERE shop_id {in:shops:bigint} AND item {in:items:text} ORDER BY shop_id, item
-- dialect: postgresql
SELECT shop_id, item, is_tracked, can_oversell, variant, product, title FROM stock_item
WHERE shop_id {in:shops:bigint} AND item {in:items:text} ORDER BY shop_id, item FOR UPDATE

-- name: stock_balances
SELECT b.shop_id, b.item, b.location, b.on_hand, b.reserved, b.incoming, b.figure, b.figure_at, b.unsaid,
    b.offered, b.offered_from, coalesce(l.sells, l.id IS NULL), coalesce(l.rank, 100), coalesce(l.channels, '[]')
FROM stock_balance b LEFT JOIN stock_location l ON l.shop_id = b.shop_id AND l.key = b.location
WHERE b.shop_id {in:shops:bigint} AND b.item {in:items:text} ORDER BY b.shop_id, b.item, b.location

-- name: stock_location
SELECT key, name, sells, rank, is_own, channels FROM stock_location WHERE shop_id = :shop AND key = :key

-- name: stock_reservations_of_orders
SELECT shop_id, order_key, item, location, quantity, shipped, counts_at, is_said FROM stock_reservation
WHERE shop_id {in:shops:bigint} AND order_key {in:orders:text} ORDER BY shop_id, order_key, item, location

-- name: unsaid_reservations
-- Of the store's own orders, those its figure did not hold yet.
SELECT shop_id, order_key, item, location, quantity, shipped, counts_at, is_said FROM stock_reservation
WHERE shop_id {in:shops:bigint} AND item {in:items:text} AND status = 'open' AND NOT is_said AND counts_at IS NOT NULL
ORDER BY shop_id, item, order_key, location

-- name: orders_with_stock
SELECT DISTINCT shop_id, order_key FROM stock_reservation
WHERE shop_id {in:shops:bigint} AND order_key {in:orders:text} AND status = 'open'

-- name: put_stock_items
-- rows: shop_id bigint, item text, title text, barcode text, variant text, product text, is_tracked boolean, can_oversell boolean
INSERT INTO stock_item (shop_id, item, title, barcode, variant, product, is_tracked, can_oversell, on_hand, reserved, incoming)
SELECT v.*, 0, 0, 0 FROM ({rows}) AS v WHERE 1 = 1
ON CONFLICT (shop_id, item) DO UPDATE SET title = coalesce(excluded.title, stock_item.title),
    barcode = coalesce(excluded.barcode, stock_item.barcode), variant = coalesce(stock_item.variant, excluded.variant),
    product = coalesce(stock_item.product, excluded.product),
    is_tracked = coalesce(excluded.is_tracked, stock_item.is_tracked),
    can_oversell = coalesce(excluded.can_oversell, stock_item.can_oversell)

-- name: set_stock_items
-- rows: shop_id bigint, item text, on_hand bigint, reserved bigint, incoming bigint, available bigint, at bigint
-- dialect: sqlite
UPDATE stock_item SET on_hand = :on_hand, reserved = :reserved, incoming = :incoming, available = :available,
    changed_at = :at WHERE shop_id = :shop_id AND item = :item
-- dialect: postgresql
UPDATE stock_item SET on_hand = r.on_hand, reserved = r.reserved, incoming = r.incoming, available = r.available,
    changed_at = r.at FROM {table} WHERE stock_item.shop_id = r.shop_id AND stock_item.item = r.item

-- name: put_stock_balances
-- rows: shop_id bigint, item text, location text, on_hand bigint, reserved bigint, incoming bigint, figure bigint, figure_at bigint, unsaid bigint, offered bigint, offered_from bigint, changed_at bigint
INSERT INTO stock_balance (shop_id, item, location, on_hand, reserved, incoming, figure, figure_at, unsaid, offered,
    offered_from, changed_at)
{rows} ON CONFLICT (shop_id, item, location) DO UPDATE SET on_hand = excluded.on_hand, reserved = excluded.reserved,
    incoming = excluded.incoming, figure = excluded.figure, figure_at = excluded.figure_at, unsaid = excluded.unsaid,
    offered = excluded.offered, offered_from = excluded.offered_from, changed_at = excluded.changed_at

-- name: put_stock_reservations
-- rows: shop_id bigint, order_key text, item text, location text, quantity bigint, shipped bigint, status text, counts_at bigint, is_said boolean, at bigint, settled_at bigint
INSERT INTO stock_reservation (shop_id, order_key, item, location, quantity, shipped, status, counts_at, is_said, at,
    settled_at)
{rows} ON CONFLICT (shop_id, order_key, item, location) DO UPDATE SET quantity = excluded.quantity,
    shipped = excluded.shipped, status = excluded.status, counts_at = excluded.counts_at, is_said = excluded.is_said,
    settled_at = excluded.settled_at

-- name: add_stock_movements
-- rows: shop_id bigint, item text, location text, kind text, change bigint, on_hand bigint, reference text, who text, at bigint
INSERT INTO stock_movement (shop_id, item, location, kind, change, on_hand, reference, "by", at) {rows}

-- name: stock_available
SELECT item, available FROM stock_item
WHERE shop_id = :shop AND item {in:items:text} AND available IS NOT NULL

-- name: stock_variants
-- In which stores an item is: its variants there, and what each store said last.
SELECT v.key, v.product_key, l.key, l.available, l.data FROM catalog_variant v
LEFT JOIN stock_level l ON l.shop_id = v.shop_id AND l.variant_key = v.key AND l.sku = v.sku
WHERE v.shop_id = :shop AND v.sku = :item ORDER BY v.key

-- name: stock_channels
SELECT name, settings, kind FROM connection WHERE shop_id = :shop AND is_active AND access <> '' ORDER BY id

-- name: same_products
-- Products with a SKU that one of this product's variants has.
SELECT o.product_key, o.sku FROM catalog_variant v JOIN catalog_variant o ON o.shop_id = v.shop_id AND o.sku = v.sku
WHERE v.shop_id = :shop AND v.product_key = :product AND v.sku <> '' AND o.product_key <> :product

-- name: connections_by_namespace
-- Of which connection the orders of a namespace are, also where nothing may be written.
SELECT name, settings, kind FROM connection WHERE shop_id = :shop AND is_active ORDER BY id

-- name: stock_at_places
SELECT item, sum(on_hand - reserved) FROM stock_balance
WHERE shop_id = :shop AND item {in:items:text} AND location {in:locations:text} GROUP BY item

-- name: retell_stock
INSERT INTO stock_retelling (shop_id, after) VALUES (:shop, '')
ON CONFLICT (shop_id) DO UPDATE SET after = ''

-- name: stock_to_retell
SELECT min(shop_id) FROM stock_retelling

-- name: retelling_of_shop
-- dialect: sqlite
SELECT after FROM stock_retelling WHERE shop_id = :shop
-- dialect: postgresql
SELECT after FROM stock_retelling WHERE shop_id = :shop FOR UPDATE SKIP LOCKED

-- name: next_stock_items
SELECT item, title, variant, product, available FROM stock_item
WHERE shop_id = :shop AND item > :after ORDER BY item LIMIT :limit

-- name: stock_item_told
SELECT item, title, variant, product, available FROM stock_item WHERE shop_id = :shop AND item = :item

-- name: retell_after
UPDATE stock_retelling SET after = :after WHERE shop_id = :shop

-- name: drop_retelling
DELETE FROM stock_retelling WHERE shop_id = :shop

-- name: stock_safety
SELECT channel, item, quantity FROM stock_safety WHERE shop_id = :shop AND item IN ('', :item)

-- name: put_stock_safety
INSERT INTO stock_safety (shop_id, channel, item, quantity) VALUES (:shop, :channel, :item, :quantity)
ON CONFLICT (shop_id, channel, item) DO UPDATE SET quantity = excluded.quantity

-- name: drop_stock_safety
DELETE FROM stock_safety WHERE shop_id = :shop AND channel = :channel AND item = :item

-- name: put_stock_location
INSERT INTO stock_location (shop_id, key, name, sells, rank, is_own, channels)
VALUES (:shop, :key, :name, :sells, :rank, :is_own, :channels)
ON CONFLICT (shop_id, key) DO UPDATE SET name = excluded.name, sells = excluded.sells, rank = excluded.rank,
    channels = excluded.channels

-- name: stock_locations
SELECT key, name, sells, rank, is_own, channels FROM stock_location WHERE shop_id = :shop ORDER BY rank, name, key LIMIT :most

-- name: places_with_stock
-- Each place once, by leaps along the index: an item more costs nothing.
WITH RECURSIVE place_at(value) AS (
    SELECT min(location) FROM stock_balance WHERE shop_id = :shop AND location >= ''
    UNION ALL
    SELECT (SELECT min(location) FROM stock_balance WHERE shop_id = :shop AND location > place_at.value)
    FROM place_at WHERE place_at.value IS NOT NULL
)
SELECT value FROM place_at WHERE value IS NOT NULL

-- name: stock_at_place
SELECT 1 FROM stock_balance WHERE shop_id = :shop AND location = :location LIMIT 1

-- name: drop_stock_location
DELETE FROM stock_location WHERE shop_id = :shop AND key = :key

-- name: stock_item_barcode
-- dialect: sqlite
SELECT barcode FROM stock_item WHERE shop_id = :shop AND item = :item
-- dialect: postgresql
SELECT barcode FROM stock_item WHERE shop_id = :shop AND item = :item FOR UPDATE

-- name: stock_item_of_code
-- Another item that this barcode, or this SKU, finds.
SELECT item FROM stock_item WHERE shop_id = :shop AND barcode = :code AND item <> :item
UNION ALL SELECT item FROM stock_item WHERE shop_id = :shop AND item = :code AND item <> :item LIMIT 1

-- name: set_stock_barcode
UPDATE stock_item SET barcode = :barcode WHERE shop_id = :shop AND item = :item

-- name: stock_items_known
SELECT item FROM stock_item WHERE shop_id = :shop AND item {in:items:text}

-- name: items_at_stock_location
SELECT shop_id, item FROM stock_balance WHERE shop_id = :shop AND location = :location ORDER BY item

-- name: add_stock_transfer
INSERT INTO stock_transfer (shop_id, uid, origin, destination, status, lines, reason, "by", created_at)
VALUES (:shop, :uid, :origin, :destination, 'proposed', :lines, :reason, :by, :now)
ON CONFLICT (shop_id, uid) DO NOTHING RETURNING id

-- name: stock_transfer
-- dialect: sqlite
SELECT id, origin, destination, status, lines FROM stock_transfer WHERE shop_id = :shop AND id = :id
-- dialect: postgresql
SELECT id, origin, destination, status, lines FROM stock_transfer WHERE shop_id = :shop AND id = :id FOR UPDATE

-- name: set_stock_transfer
UPDATE stock_transfer SET status = CAST(:status AS text), lines = :lines,
    sent_at = CASE WHEN CAST(:status AS text) = 'sent' THEN CAST(:now AS bigint) ELSE sent_at END,
    finished_at = CASE WHEN CAST(:status AS text) IN ('received', 'cancelled') THEN CAST(:now AS bigint) END
WHERE shop_id = :shop AND id = :id

-- name: stock_cover
-- Of items at more than one place: how many are there, and how many left in the time looked at.
SELECT b.item, b.location, b.on_hand - b.reserved, b.incoming, (
    SELECT coalesce(sum(-m.change), 0) FROM stock_movement m WHERE m.shop_id = b.shop_id AND m.item = b.item
        AND m.location = b.location AND m.kind IN ('shipped', 'sold') AND m.at >= :since)
FROM stock_balance b WHERE b.shop_id = :shop AND b.item > :after AND EXISTS (
    SELECT 1 FROM stock_balance o WHERE o.shop_id = b.shop_id AND o.item = b.item AND o.location <> b.location)
ORDER BY b.item, b.location LIMIT 2000

-- name: stock_lasting
-- Of what has a forecast: how many can be sold and are sold in a week, where that is low or was when last looked at.
SELECT i.item, i.title, i.variant, i.product, i.available, f.weekly, l.item
FROM purchasing_forecast f
JOIN stock_item i ON i.shop_id = f.shop_id AND i.item = f.sku
LEFT JOIN stock_low_cover l ON l.shop_id = i.shop_id AND l.item = i.item
WHERE f.shop_id = :shop AND f.weekly > 0 AND i.available IS NOT NULL AND (i.is_tracked IS NULL OR i.is_tracked)
    AND (i.available * 7 < f.weekly * :days OR l.item IS NOT NULL)
ORDER BY i.item

-- name: put_low_covers
-- rows: shop_id bigint, item text, since bigint
INSERT INTO stock_low_cover (shop_id, item, since) {rows}
ON CONFLICT (shop_id, item) DO NOTHING

-- name: drop_low_covers
DELETE FROM stock_low_cover WHERE shop_id = :shop AND item {in:items:text}

-- name: open_stock_transfers
SELECT origin, destination, lines FROM stock_transfer WHERE shop_id = :shop AND status = 'proposed' ORDER BY id

-- name: stock_count
SELECT item, location, change FROM stock_movement
WHERE shop_id = :shop AND id = :id AND kind = 'counted' AND reference = ''

-- name: stock_count_undone
SELECT 1 FROM stock_movement WHERE shop_id = :shop AND item = :item AND reference = :reference AND kind = 'counted'

-- name: product_mark
SELECT text FROM catalog_mark WHERE shop_id = :shop AND product = :product AND kind = :kind

-- name: put_product_mark
INSERT INTO catalog_mark (shop_id, product, kind, text, at) VALUES (:shop, :product, :kind, :text, :now)
ON CONFLICT (shop_id, product, kind) DO UPDATE SET text = excluded.text, at = excluded.at

-- name: drop_product_mark
DELETE FROM catalog_mark WHERE shop_id = :shop AND product = :product AND kind = :kind
