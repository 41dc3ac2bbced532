-- Lists over there that segments fill for good: whose turn it is, who is on them, and what is to be told of whom.

-- name: due_audiences
SELECT a.id FROM tools_audience a WHERE a.next_at <= :now AND coalesce(a.lease_until, 0) < :now AND (
    a.status <> 'on' OR a.cursor IS NOT NULL OR a.compare_at <= :now
    OR EXISTS (SELECT 1 FROM tools_audience_touched t WHERE t.audience_id = a.id)
    OR EXISTS (SELECT 1 FROM tools_audience_person p WHERE p.audience_id = a.id AND NOT (p.due = ''))
    OR EXISTS (SELECT 1 FROM segments_segment s WHERE s.id = a.segment_id AND s.counted_at > coalesce(a.began_at, 0)))
ORDER BY a.next_at, a.id LIMIT 20

-- name: claim_audience
UPDATE tools_audience SET worker = :worker, lease_until = :until
WHERE id = :id AND coalesce(lease_until, 0) < :now AND next_at <= :now
RETURNING id, shop_id, connection_id, list, title, failures, segment_id, status, compared_at

-- name: keep_audience
UPDATE tools_audience SET lease_until = :until
WHERE id = :id AND worker = :worker AND lease_until IS NOT NULL AND status = :status
RETURNING cursor, began_at, compare_at

-- name: release_audience
UPDATE tools_audience SET worker = NULL, lease_until = NULL, counts = coalesce(CAST(:counts AS text), counts)
WHERE id = :id AND worker = :worker

-- name: step_audience
-- All is as it should be over there, as far as is known.
UPDATE tools_audience SET worker = NULL, lease_until = NULL, counts = :counts, in_step_at = :now, next_at = :next,
    failures = 0, error = NULL, message = NULL, failed_at = NULL
WHERE id = :id AND worker = :worker

-- name: fail_audience
UPDATE tools_audience SET worker = NULL, lease_until = NULL, counts = :counts, next_at = :next, failures = :failures,
    error = :error, message = :message, failed_at = :now
WHERE id = :id AND worker = :worker

-- name: wait_audience
UPDATE tools_audience SET worker = NULL, lease_until = NULL, next_at = :next WHERE id = :id AND worker = :worker

-- name: begin_comparing
UPDATE tools_audience SET cursor = '', began_at = :now, drifting = 0 WHERE id = :id AND worker = :worker

-- name: go_on_comparing
UPDATE tools_audience SET cursor = :cursor, drifting = drifting + :found WHERE id = :id AND worker = :worker

-- name: end_comparing
-- What the first one found is no drift: it filled the list.
UPDATE tools_audience SET cursor = NULL, compared_at = :now, compare_at = :next,
    drift = CASE WHEN compared_at IS NULL THEN 0 ELSE drifting END
WHERE id = :id AND worker = :worker

-- name: measure_audience
UPDATE tools_audience SET title = :title, there = :there, there_at = :now WHERE id = :id AND worker = :worker

-- name: number_batch
UPDATE tools_audience SET sent = sent + 1 WHERE id = :id AND worker = :worker RETURNING sent

-- name: tell_batch
UPDATE tools_audience SET put = put + :put, taken = taken + :taken, invalid = invalid + :invalid
WHERE id = :id AND worker = :worker

-- name: put_audience
INSERT INTO tools_audience (shop_id, connection_id, list, title, segment_id, status, "by", made_at, cursor, began_at,
    compare_at, drifting, drift, there, there_at, sent, put, taken, invalid, counts, next_at, failures)
VALUES (:shop, :connection, :list, :title, :segment, 'on', :by, :now, '', :now, :now, 0, 0, CAST(:there AS bigint),
    :now, 0, 0, 0, 0, '{}', :now, 0)
ON CONFLICT (connection_id, list) DO NOTHING RETURNING id

-- name: end_audience
UPDATE tools_audience SET status = :status, next_at = :now, failures = 0, error = NULL, message = NULL, failed_at = NULL
WHERE id = :id AND shop_id = :shop AND (status = 'on' OR (status = 'leaving' AND :status = 'letting'))
RETURNING list, title

-- name: hurry_audience
UPDATE tools_audience SET next_at = :now, compare_at = CASE WHEN :compares THEN :now ELSE compare_at END
WHERE id = :id AND shop_id = :shop RETURNING list, title

-- name: drop_audience
DELETE FROM tools_audience WHERE id = :id AND worker = :worker

-- name: audiences_of_shop
SELECT a.id, a.connection_id, c.name AS connection, c.kind, c.settings, a.list, a.title, s.name, s.title, a.status,
    a."by", a.made_at, a.cursor, a.began_at, a.compare_at, a.compared_at, a.in_step_at, a.drift, a.there, a.there_at,
    a.put, a.taken, a.invalid, a.counts, a.next_at, a.failures, a.error, a.message, a.failed_at, a.segment_id
FROM tools_audience a JOIN connection c ON c.id = a.connection_id
LEFT JOIN segments_segment s ON s.id = a.segment_id
WHERE a.shop_id = :shop ORDER BY a.id

-- name: audiences_of_segments
SELECT segment_id, id, shop_id FROM tools_audience WHERE segment_id {in:segments:bigint} AND status = 'on'

-- name: lists_of_segment
SELECT title FROM tools_audience WHERE segment_id = :segment ORDER BY title

-- name: touch_audience_people
-- A row that is there is written again, so that nobody who reads it before this transaction ends takes it away.
-- rows: shop_id bigint, audience_id bigint, key text
INSERT INTO tools_audience_touched (shop_id, audience_id, key) {rows}
ON CONFLICT (audience_id, key) DO UPDATE SET key = excluded.key

-- name: take_touched_of_audience
-- dialect: sqlite
DELETE FROM tools_audience_touched WHERE id IN (
    SELECT id FROM tools_audience_touched WHERE audience_id = :id ORDER BY id LIMIT :limit
) RETURNING key
-- dialect: postgresql
DELETE FROM tools_audience_touched WHERE id IN (
    SELECT id FROM tools_audience_touched WHERE audience_id = :id ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING key

-- name: audience_segment
SELECT name, status, counted_at FROM segments_segment WHERE id = :id

-- name: audience_measured
SELECT compared_at, there_at FROM tools_audience WHERE id = :id

-- name: connection_called
SELECT name, kind FROM connection WHERE id = :connection

-- name: keys_to_compare
-- Those in the segment and those in the book, in one order.
SELECT key FROM (
    SELECT key FROM (SELECT key FROM segments_member WHERE segment_id = :segment AND is_in = 1 AND key > :after
        ORDER BY key LIMIT :limit) m
    UNION SELECT key FROM (SELECT key FROM tools_audience_person WHERE audience_id = :audience AND key > :after
        ORDER BY key LIMIT :limit) p
) both_sides ORDER BY key LIMIT :limit

-- name: members_among
SELECT key FROM segments_member WHERE segment_id = :segment AND is_in = 1 AND key {in:keys:text}

-- name: audience_people
SELECT key, address, phone, there, due, mark, code FROM tools_audience_person
WHERE audience_id = :audience AND key {in:keys:text}

-- name: due_audience_people
SELECT key, address, phone, there, due, mark, code, sealed FROM tools_audience_person
WHERE audience_id = :audience AND due = :due AND NOT (due = '') ORDER BY id LIMIT :limit

-- name: want_audience_people
-- rows: shop_id bigint, audience_id bigint, key text, due text, code text, address text, phone text, mark text, sealed text, there smallint
INSERT INTO tools_audience_person (shop_id, audience_id, key, due, code, address, phone, mark, sealed, there) {rows}
ON CONFLICT (audience_id, key) DO UPDATE SET due = excluded.due, code = excluded.code

-- name: tell_audience_people
-- What is about to be told of them: from now on they may be on the list.
-- rows: audience_id bigint, key text, address text, phone text, mark text
-- dialect: sqlite
UPDATE tools_audience_person SET address = :address, phone = :phone, mark = :mark,
    there = CASE WHEN there = 1 THEN 1 ELSE 2 END
WHERE audience_id = :audience_id AND key = :key
-- dialect: postgresql
UPDATE tools_audience_person SET address = r.address, phone = r.phone, mark = r.mark,
    there = CASE WHEN there = 1 THEN 1 ELSE 2 END
FROM {table} WHERE tools_audience_person.audience_id = r.audience_id AND tools_audience_person.key = r.key

-- name: settle_audience_people
-- rows: audience_id bigint, key text, there smallint, code text
-- dialect: sqlite
UPDATE tools_audience_person SET there = :there, due = '', code = :code WHERE audience_id = :audience_id AND key = :key
-- dialect: postgresql
UPDATE tools_audience_person SET there = r.there, due = '', code = r.code
FROM {table} WHERE tools_audience_person.audience_id = r.audience_id AND tools_audience_person.key = r.key

-- name: forget_audience_people
DELETE FROM tools_audience_person WHERE audience_id = :audience AND key {in:keys:text}

-- name: order_all_off
UPDATE tools_audience_person SET due = 'take' WHERE id IN (
    SELECT id FROM tools_audience_person WHERE audience_id = :audience AND there > 0 AND due <> 'take' LIMIT :limit)

-- name: forget_away
DELETE FROM tools_audience_person WHERE id IN (
    SELECT id FROM tools_audience_person WHERE audience_id = :audience AND there = 0 LIMIT :limit)

-- name: forget_some
DELETE FROM tools_audience_person WHERE id IN (
    SELECT id FROM tools_audience_person WHERE audience_id = :audience LIMIT :limit)

-- name: forget_touched
DELETE FROM tools_audience_touched WHERE audience_id = :audience

-- name: count_audience
SELECT there, due, code, count(*) FROM tools_audience_person WHERE audience_id = :audience GROUP BY there, due, code

-- name: seal_audience_person
-- rows: id bigint, key text, sealed text
-- dialect: sqlite
UPDATE tools_audience_person SET key = :key, address = '', phone = '', mark = '', due = 'take', code = 'customer.gone',
    sealed = :sealed WHERE id = :id
-- dialect: postgresql
UPDATE tools_audience_person SET key = r.key, address = '', phone = '', mark = '', due = 'take',
    code = 'customer.gone', sealed = r.sealed
FROM {table} WHERE tools_audience_person.id = r.id

-- name: audience_people_by_id
SELECT id, key, address, phone, there FROM tools_audience_person WHERE id {in:ids:bigint}

-- name: paused_ads
SELECT product, text, at FROM catalog_mark WHERE shop_id = :shop AND kind >= 'ad:' AND kind < 'ad;'
ORDER BY kind, product LIMIT :limit

-- name: titles_of_products
SELECT key, title FROM catalog_product WHERE shop_id = :shop AND key {in:keys:text}
