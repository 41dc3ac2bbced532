-- Tables from files and feeds.

-- name: insert_feed_source
INSERT INTO feed_source (connection_id, shop_id, layout, way, url, key, every, is_on, begin_at, created_at, next_at,
    mark, failures)
VALUES (:connection, :shop, :layout, :way, :url, :key, :every, TRUE, :now, :now, :now, '', 0)

-- name: feed_source
SELECT feed_source.connection_id, connection.kind, connection.name, connection.settings, layout, way, url, key, every,
    feed_source.is_on, begin_at
FROM feed_source JOIN connection ON connection.id = feed_source.connection_id
WHERE connection.name = :name AND connection.shop_id = :shop

-- name: change_feed_source
UPDATE feed_source SET layout = :layout, way = :way, url = :url, key = :key, every = :every, is_on = :is_on,
    next_at = :now, failures = 0, error = NULL, message = NULL, mark = ''
WHERE connection_id = :connection

-- name: feed_folders
SELECT feed_source.connection_id, shop_id, (SELECT name FROM connection WHERE connection.id = connection_id)
FROM feed_source WHERE is_on AND way = 'folder' ORDER BY connection_id

-- name: due_feed_sources
SELECT feed_source.connection_id FROM feed_source JOIN connection ON connection.id = feed_source.connection_id
WHERE feed_source.is_on AND way = 'address' AND next_at <= :now AND coalesce(lease_until, 0) < :now
    AND connection.is_active ORDER BY next_at LIMIT 20

-- name: claim_feed_source
UPDATE feed_source SET worker = :worker, lease_until = :until
WHERE connection_id = :connection AND is_on AND way = 'address' AND coalesce(lease_until, 0) < :now
RETURNING shop_id, url, key, every, mark, failures

-- name: settle_feed_source
UPDATE feed_source SET next_at = :next, looked_at = :now, mark = coalesce(:mark, mark), failures = :failures,
    error = :error, message = :message, worker = NULL, lease_until = NULL
WHERE connection_id = :connection AND worker = :worker

-- name: newest_feed_digest
SELECT digest FROM feed_file WHERE source_id = :source AND status IN ('waiting', 'working', 'done')
ORDER BY id DESC LIMIT 1

-- name: insert_feed_file
INSERT INTO feed_file (shop_id, source_id, name, digest, size, body, columns, way, by, at, status, place, rows, entries,
    new, held, finished_at)
VALUES (:shop, :source, :name, :digest, :size, :body, '[]', :way, :by, :now, :status, 0, 0, 0, 0, 0, :finished)
RETURNING id

-- name: feed_file
SELECT id, source_id, name, status, body, columns FROM feed_file WHERE id = :id AND shop_id = :shop

-- name: set_feed_file
UPDATE feed_file SET status = :status, body = CASE WHEN :keeps THEN body ELSE NULL END, finished_at = :finished
WHERE id = :id AND status = :old RETURNING id

-- name: forget_feed_files
UPDATE feed_file SET status = 'refused', error = 'feed.not_taken', body = NULL, finished_at = :now
WHERE status = 'looked' AND at < :before

-- name: waiting_feed_files
SELECT feed_file.id FROM feed_file JOIN connection ON connection.id = feed_file.source_id
WHERE status IN ('waiting', 'working') AND coalesce(lease_until, 0) < :now AND connection.is_active
ORDER BY feed_file.id LIMIT 20

-- name: claim_feed_file
-- Files of one source are taken in their order.
UPDATE feed_file SET status = 'working', worker = :worker, lease_until = :until
WHERE id = :id AND status IN ('waiting', 'working') AND coalesce(lease_until, 0) < :now
    AND NOT EXISTS (SELECT 1 FROM feed_file AS older WHERE older.source_id = feed_file.source_id
        AND older.id < feed_file.id AND older.status IN ('waiting', 'working'))
RETURNING id, shop_id, source_id, place, new, body

-- name: feed_source_by_id
SELECT connection.kind, connection.name, connection.settings, layout, begin_at
FROM feed_source JOIN connection ON connection.id = feed_source.connection_id WHERE connection.id = :id

-- name: keep_feed_file
-- In the transaction that keeps the records. No row: another worker has it by now.
UPDATE feed_file SET place = :place, new = :new, lease_until = :until
WHERE id = :id AND worker = :worker AND status = 'working' AND place = :old RETURNING id

-- name: release_feed_file
UPDATE feed_file SET lease_until = :until WHERE id = :id AND worker = :worker AND status = 'working'

-- name: end_feed_file
UPDATE feed_file SET status = :status, body = NULL, columns = :columns, rows = :rows, entries = :entries, held = :held,
    error = :error, message = :message, finished_at = :now, worker = NULL, lease_until = NULL
WHERE id = :id AND worker = :worker AND status = 'working' RETURNING id

-- name: copy_feed_held
-- rows: shop_id bigint, file_id bigint, line int, name text, rows text, faults text, subject text, address text, status text
INSERT INTO feed_held (shop_id, file_id, line, name, rows, faults, subject, address, status) {rows}

-- name: feed_held
SELECT feed_held.id, feed_held.rows, feed_held.status, feed_file.columns, connection.name, feed_held.name
FROM feed_held JOIN feed_file ON feed_file.id = feed_held.file_id
    JOIN connection ON connection.id = feed_file.source_id
WHERE feed_held.id = :id AND feed_held.shop_id = :shop

-- name: change_feed_held
UPDATE feed_held SET rows = :rows, faults = :faults WHERE id = :id AND status = 'waiting' RETURNING id

-- name: settle_feed_held
UPDATE feed_held SET status = :status, settled_at = :now WHERE id = :id AND status = 'waiting' RETURNING file_id

-- name: drop_feed_held
UPDATE feed_held SET status = 'dropped', settled_at = :now WHERE file_id = :file AND shop_id = :shop AND status = 'waiting'
RETURNING id

-- name: uncount_feed_held
UPDATE feed_file SET held = held - :dropped WHERE id = :id

-- name: count_feed_held
UPDATE feed_file SET held = held - 1, entries = entries + :taken, new = new + :new WHERE id = :id

-- name: insert_feed_out
INSERT INTO feed_out (shop_id, name, title, what, form, columns, channel, key, is_on, created_at)
VALUES (:shop, :name, :title, :what, :form, :columns, :channel, :key, TRUE, :now)

-- name: change_feed_out
UPDATE feed_out SET title = :title, columns = :columns, channel = :channel, form = :form, is_on = :is_on
WHERE shop_id = :shop AND name = :name RETURNING id

-- name: key_feed_out
UPDATE feed_out SET key = :key WHERE shop_id = :shop AND name = :name RETURNING id

-- name: feed_out_names
SELECT name FROM feed_out WHERE name = :name OR name LIKE :pattern

-- name: fetched_feed_out
-- Once a minute is enough to know.
UPDATE feed_out SET fetched_at = :now WHERE id = :id AND coalesce(fetched_at, 0) < :before

-- name: feed_stock
SELECT item, title, barcode, on_hand, reserved, coalesce(available, 0) FROM stock_item
WHERE shop_id = :shop AND is_tracked IS NOT FALSE AND item > :after ORDER BY item LIMIT :limit

-- name: feed_safety
SELECT channel, item, quantity FROM stock_safety WHERE shop_id = :shop AND item {in:items:text}

-- name: feed_prices
SELECT DISTINCT sku, price, currency FROM catalog_variant WHERE shop_id = :shop AND sku {in:skus:text}

-- name: feed_products
SELECT id, key, title, data FROM catalog_product WHERE shop_id = :shop AND status = 'active' AND id > :after
ORDER BY id LIMIT :limit
