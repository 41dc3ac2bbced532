-- Segments: what is known of people for them, who is in them, and the work that is due.

-- name: segment_shops
SELECT segments_shop.shop_id, segments_shop.stage, shop.timezone, shop.currency
FROM segments_shop JOIN shop ON shop.id = segments_shop.shop_id WHERE segments_shop.shop_id {in:shops:bigint}

-- name: any_segments
-- What tells a worker, without a look at each shop, whether anything is due. `today` is that of the zone furthest east.
SELECT EXISTS (SELECT 1 FROM segments_shop), EXISTS (SELECT 1 FROM segments_touched),
    EXISTS (SELECT 1 FROM segments_segment WHERE status = 'counting'),
    EXISTS (SELECT 1 FROM segments_shop WHERE stage <> 'ready' OR day < :today)

-- name: segment_states
SELECT segments_shop.shop_id, segments_shop.stage, segments_shop.cursor, segments_shop.began_at, segments_shop.day,
    shop.timezone, shop.currency
FROM segments_shop JOIN shop ON shop.id = segments_shop.shop_id ORDER BY segments_shop.shop_id

-- name: share_segments
-- Whoever counts events of people, and whoever looks at everybody, keep out of each other's way.
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT pg_advisory_xact_lock_shared(84, CAST(CAST(:shop AS bigint) AS integer))

-- name: hold_segments
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT pg_advisory_xact_lock(84, CAST(CAST(:shop AS bigint) AS integer))

-- name: segments_of_shop
SELECT id, name, title, definition, tag, status, version, cursor,
    EXISTS (SELECT 1 FROM tools_audience WHERE tools_audience.segment_id = segments_segment.id)
FROM segments_segment WHERE shop_id = :shop ORDER BY id

-- name: begin_segments
INSERT INTO segments_shop (shop_id, stage, cursor, until, day, began_at) VALUES (:shop, 'goods', 0, 0, 0, :now)
ON CONFLICT (shop_id) DO NOTHING

-- name: move_segments
UPDATE segments_shop SET stage = :stage, cursor = :cursor WHERE shop_id = :shop

-- name: pass_segment_day
UPDATE segments_shop SET day = :day WHERE shop_id = :shop

-- name: customers_to_gather
SELECT id, key FROM customers_customer WHERE +shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: records_to_gather
SELECT key, data FROM customers_customer WHERE shop_id = :shop AND key {in:keys:text}

-- name: keys_of_emails
SELECT email, key FROM customers_customer WHERE shop_id = :shop AND email {in:emails:text}
ORDER BY CASE WHEN key LIKE 'email:%' THEN 0 ELSE 1 END, id

-- name: put_segment_people
-- rows: shop_id bigint, key text, is_known smallint, email text, phone text, name text, birthday int, country text, region text, city text, postal_code text, locale text, channel text, company text, status text, accepts_email smallint, accepts_sms smallint, is_guest smallint, created_on int, first_order_on int, last_order_on int, order_count float8, total_spent bigint, score_group text, recency float8, frequency float8, money float8, churn_risk float8, expected_orders float8, expected_value bigint, next_order_on int, last_seen_on int, lead_score float8, lead_stage text, form text, form_on int, nps float8, satisfaction float8, opinion_on int, tier text, points float8, store_credit bigint, last_channel text, telegram text, takes_push smallint, wishes float8, waits float8, first_visit_on int, last_visit_on int, visit_count float8, visit_pages float8, visit_products float8, device text, visit_language text, visit_source text, visit_medium text, visit_campaign text, first_source text, first_medium text, first_campaign text, crm_stage text, crm_owner text, deal_stage text, deal_amount bigint, lists text, topics text, tags text, custom text, answers text, x float8, y float8, z float8
INSERT INTO segments_person (shop_id, key, is_known, email, phone, name, birthday, country, region, city, postal_code,
    locale, channel, company, status, accepts_email, accepts_sms, is_guest, created_on, first_order_on, last_order_on,
    order_count, total_spent, score_group, recency, frequency, money, churn_risk, expected_orders, expected_value,
    next_order_on, last_seen_on, lead_score, lead_stage, form, form_on, nps, satisfaction, opinion_on, tier, points,
    store_credit, last_channel, telegram, takes_push, wishes, waits, first_visit_on, last_visit_on, visit_count,
    visit_pages, visit_products, device, visit_language, visit_source, visit_medium, visit_campaign, first_source,
    first_medium, first_campaign, crm_stage, crm_owner, deal_stage, deal_amount, lists, topics, tags, custom, answers,
    x, y, z) {rows}
ON CONFLICT (shop_id, key) DO UPDATE SET is_known = excluded.is_known, email = excluded.email, phone = excluded.phone,
    name = excluded.name, birthday = excluded.birthday, country = excluded.country, region = excluded.region,
    city = excluded.city, postal_code = excluded.postal_code, locale = excluded.locale, channel = excluded.channel,
    company = excluded.company, status = excluded.status, accepts_email = excluded.accepts_email,
    accepts_sms = excluded.accepts_sms, is_guest = excluded.is_guest, created_on = excluded.created_on,
    first_order_on = excluded.first_order_on, last_order_on = excluded.last_order_on,
    order_count = excluded.order_count, total_spent = excluded.total_spent, score_group = excluded.score_group,
    recency = excluded.recency, frequency = excluded.frequency, money = excluded.money,
    churn_risk = excluded.churn_risk, expected_orders = excluded.expected_orders,
    expected_value = excluded.expected_value, next_order_on = excluded.next_order_on,
    last_seen_on = excluded.last_seen_on, lead_score = excluded.lead_score, lead_stage = excluded.lead_stage,
    form = excluded.form, form_on = excluded.form_on, nps = excluded.nps, satisfaction = excluded.satisfaction,
    opinion_on = excluded.opinion_on, tier = excluded.tier, points = excluded.points,
    store_credit = excluded.store_credit, last_channel = excluded.last_channel, telegram = excluded.telegram,
    takes_push = excluded.takes_push, wishes = excluded.wishes, waits = excluded.waits,
    first_visit_on = excluded.first_visit_on, last_visit_on = excluded.last_visit_on,
    visit_count = excluded.visit_count, visit_pages = excluded.visit_pages, visit_products = excluded.visit_products,
    device = excluded.device, visit_language = excluded.visit_language, visit_source = excluded.visit_source,
    visit_medium = excluded.visit_medium, visit_campaign = excluded.visit_campaign,
    first_source = excluded.first_source, first_medium = excluded.first_medium,
    first_campaign = excluded.first_campaign, crm_stage = excluded.crm_stage, crm_owner = excluded.crm_owner,
    deal_stage = excluded.deal_stage, deal_amount = excluded.deal_amount, lists = excluded.lists,
    topics = excluded.topics,
    tags = excluded.tags, custom = excluded.custom, answers = excluded.answers, x = excluded.x, y = excluded.y,
    z = excluded.z

-- name: ids_of_segment_people
-- Locked in one order, so that what one worker counts of a person is seen by the next before it decides.
-- dialect: sqlite
SELECT key, id FROM segments_person WHERE shop_id = :shop AND key {in:keys:text} ORDER BY key
-- dialect: postgresql
SELECT key, id FROM segments_person WHERE shop_id = :shop AND key {in:keys:text} ORDER BY key FOR UPDATE

-- name: wanting_of
-- What they wait for (rank 0) and wish (1) now.
SELECT person, rank, count(*) FROM interests_interest
WHERE shop_id = :shop AND person {in:keys:text} AND rank <= 1 AND state = 'active' GROUP BY person, rank

-- name: count_segment_days
-- rows: shop_id bigint, kind int, person_id bigint, day int, count int
INSERT INTO segments_day (shop_id, kind, person_id, day, count) {rows}
ON CONFLICT (shop_id, kind, person_id, day) DO UPDATE SET count = segments_day.count + excluded.count

-- name: count_segment_looks
-- rows: shop_id bigint, kind int, person_id bigint, day int, product bigint, count int
INSERT INTO segments_look (shop_id, kind, person_id, day, product, count) {rows}
ON CONFLICT (shop_id, kind, person_id, day, product) DO UPDATE SET count = segments_look.count + excluded.count

-- name: drop_segment_looks
DELETE FROM segments_look WHERE shop_id = :shop AND kind {in:kinds:int} AND person_id {in:people:bigint}

-- name: drop_segment_days
DELETE FROM segments_day WHERE shop_id = :shop AND kind {in:kinds:int} AND person_id {in:people:bigint}

-- name: orders_to_count
SELECT key, customer_key, placed_at, currency, total, status, data FROM orders_order
WHERE shop_id = :shop AND key {in:orders:text}

-- name: orders_of_people
SELECT key, customer_key, placed_at, currency, total, status, data FROM orders_order
WHERE shop_id = :shop AND customer_key {in:keys:text}

-- name: drop_segment_orders
DELETE FROM segments_order WHERE shop_id = :shop AND order_key {in:orders:text}

-- name: drop_orders_of_people
DELETE FROM segments_order WHERE shop_id = :shop AND person_id {in:people:bigint}

-- name: put_segment_orders
-- rows: shop_id bigint, person_id bigint, day int, order_key text, amount bigint
INSERT INTO segments_order (shop_id, person_id, day, order_key, amount) {rows}
ON CONFLICT (shop_id, person_id, day, order_key) DO UPDATE SET amount = excluded.amount

-- name: drop_segment_lines
DELETE FROM segments_line WHERE shop_id = :shop AND order_key {in:orders:text}

-- name: drop_lines_of_people
DELETE FROM segments_line WHERE shop_id = :shop AND person_id {in:people:bigint}

-- name: put_segment_lines
-- rows: shop_id bigint, person_id bigint, day int, order_key text, number int, product bigint, sku bigint, amount bigint
INSERT INTO segments_line (shop_id, person_id, day, order_key, number, product, sku, amount) {rows}
ON CONFLICT (shop_id, person_id, day, order_key, number) DO UPDATE SET product = excluded.product, sku = excluded.sku,
    amount = excluded.amount

-- name: products_to_mark
SELECT key, data FROM catalog_product WHERE shop_id = :shop AND key {in:keys:text}

-- name: products_to_gather
SELECT id, key, data FROM catalog_product WHERE +shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: marks_of_products
SELECT mark, product FROM segments_mark WHERE shop_id = :shop AND product {in:products:bigint}

-- name: put_marks
-- rows: shop_id bigint, mark bigint, product bigint
INSERT INTO segments_mark (shop_id, mark, product) {rows} ON CONFLICT (shop_id, mark, product) DO NOTHING

-- name: drop_marks
-- rows: shop_id bigint, mark bigint, product bigint
-- dialect: sqlite
DELETE FROM segments_mark WHERE shop_id = :shop_id AND mark = :mark AND product = :product
-- dialect: postgresql
DELETE FROM segments_mark USING {table}
WHERE segments_mark.shop_id = r.shop_id AND segments_mark.mark = r.mark AND segments_mark.product = r.product

-- name: put_localities
-- rows: shop_id bigint, country text, postal_code text, north float8, east float8
INSERT INTO segments_locality (shop_id, country, postal_code, north, east) {rows}
ON CONFLICT (shop_id, country, postal_code) DO NOTHING

-- name: localities_of
SELECT country, postal_code, north, east FROM segments_locality WHERE shop_id = :shop AND postal_code {in:codes:text}

-- name: links_to_count
-- Events of these people that were offered to the flows already, or are history.
SELECT event_link.link, event_link.event_id, event_link.type, event_link.occurred_at FROM event_link
WHERE event_link.shop_id = :shop AND event_link.link {in:links:text}
    AND NOT EXISTS (SELECT 1 FROM event_queue WHERE event_queue.event_id = event_link.event_id)

-- name: held_memberships
SELECT segment_id, key, is_in, due, crossings FROM segments_member
WHERE segment_id {in:segments:bigint} AND key {in:keys:text}

-- name: put_memberships
-- rows: segment_id bigint, key text, person_id bigint, is_in smallint, due int, crossings int, since_at bigint
INSERT INTO segments_member (segment_id, key, person_id, is_in, due, crossings, since_at) {rows}
ON CONFLICT (segment_id, key) DO UPDATE SET is_in = excluded.is_in, due = excluded.due, crossings = excluded.crossings,
    since_at = excluded.since_at, person_id = excluded.person_id

-- name: tally_segments
-- rows: segment_id bigint, day int, slot smallint, began int, entered int, went int
INSERT INTO segments_tally (segment_id, day, slot, began, entered, went) {rows}
ON CONFLICT (segment_id, day, slot) DO UPDATE SET began = segments_tally.began + excluded.began,
    entered = segments_tally.entered + excluded.entered, went = segments_tally.went + excluded.went

-- name: due_members
SELECT key FROM segments_member WHERE segment_id = :segment AND due <= :today ORDER BY due, key LIMIT :limit

-- name: touch_segment_people
-- rows: shop_id bigint, key text
INSERT INTO segments_touched (shop_id, key) {rows} ON CONFLICT (shop_id, key) DO NOTHING

-- name: take_touched
-- dialect: sqlite
DELETE FROM segments_touched WHERE id IN (
    SELECT id FROM segments_touched WHERE shop_id = :shop ORDER BY key LIMIT :limit
) RETURNING key
-- dialect: postgresql
DELETE FROM segments_touched WHERE id IN (
    SELECT id FROM segments_touched WHERE shop_id = :shop ORDER BY key LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING key

-- name: drop_touched_elsewhere
DELETE FROM segments_touched WHERE shop_id NOT IN (SELECT shop_id FROM segments_shop)

-- name: end_of_people
-- The id after the `size`th person from here on; 0 where there are fewer. By ids, whatever index there is on the shop.
SELECT coalesce((SELECT id FROM segments_person WHERE +shop_id = :shop AND id >= :first
    ORDER BY id LIMIT 1 OFFSET CAST(:size AS bigint)), 0)

-- name: last_of_people
SELECT coalesce(max(id), 0) + 1 FROM segments_person

-- name: span_of_segment_people
SELECT (SELECT count(*) FROM segments_person WHERE shop_id = :shop), (SELECT min(id) FROM segments_person),
    (SELECT max(id) FROM segments_person)

-- name: go_on_counting
UPDATE segments_segment SET cursor = :cursor WHERE id = :id

-- name: end_counting
UPDATE segments_segment SET status = 'live', counted_at = :now WHERE id = :id AND version = :version

-- name: segment_by_name
SELECT id, title, status FROM segments_segment WHERE shop_id = :shop AND name = :name

-- name: segment_by_id
SELECT id, title, status FROM segments_segment WHERE shop_id = :shop AND id = :id

-- name: members_after
SELECT key FROM segments_member WHERE segment_id = :segment AND is_in = 1 AND key > :after ORDER BY key LIMIT :limit

-- name: sizes_of_segments
SELECT segment_id, sum(began) + sum(entered) - sum(went) FROM segments_tally
WHERE segment_id {in:segments:bigint} GROUP BY segment_id

-- name: is_member
SELECT 1 FROM segments_member WHERE segment_id = :segment AND key = :key AND is_in = 1

-- name: segments_of_people
SELECT segments_segment.shop_id, segments_member.key, segments_segment.name
FROM segments_segment JOIN segments_member ON segments_member.segment_id = segments_segment.id
WHERE segments_segment.shop_id {in:shops:bigint} AND segments_segment.status = 'live'
    AND segments_member.key {in:keys:text} AND segments_member.is_in = 1
ORDER BY segments_segment.name

-- name: put_segment
INSERT INTO segments_segment (shop_id, name, title, definition, tag, status, version, cursor, "by", created_at, changed_at)
VALUES (:shop, :name, :title, :definition, :tag, 'counting', 1, 0, :by, :now, :now)
ON CONFLICT (shop_id, name) DO NOTHING RETURNING id

-- name: change_segment
UPDATE segments_segment SET title = :title, definition = :definition, tag = :tag, status = :status,
    version = version + 1, cursor = :cursor, changed_at = :now WHERE id = :id

-- name: drop_segment
DELETE FROM segments_segment WHERE id = :id

-- name: drop_segment_members
DELETE FROM segments_member WHERE segment_id = :id

-- name: drop_tallies
DELETE FROM segments_tally WHERE segment_id = :id

-- name: untag_members
DELETE FROM tag WHERE shop_id = :shop AND kind = 'customer' AND tag = :tag
    AND key IN (SELECT key FROM segments_member WHERE segment_id = :segment AND is_in = 1)

-- name: touch_members
INSERT INTO segments_touched (shop_id, key)
SELECT CAST(:shop AS bigint), key FROM segments_member WHERE segment_id = :segment AND is_in = 1
ON CONFLICT (shop_id, key) DO NOTHING

-- name: put_snapshot
-- A step of a flow keeps one, however often it is tried.
INSERT INTO segments_snapshot (shop_id, segment_id, title, size, "by", taken_at, effect)
VALUES (:shop, :segment, :title, 0, :by, :now, :effect) ON CONFLICT (shop_id, effect) DO NOTHING RETURNING id

-- name: snapshot_of_effect
SELECT id, title, size FROM segments_snapshot WHERE shop_id = :shop AND effect = :effect

-- name: fill_snapshot
INSERT INTO segments_snapshot_member (snapshot_id, person_id)
SELECT CAST(:snapshot AS bigint), person_id FROM segments_member WHERE segment_id = :segment AND is_in = 1

-- name: size_snapshot
UPDATE segments_snapshot SET size = :size WHERE id = :snapshot

-- name: snapshot_sides
-- How many are in the first alone, in the second alone, in both.
SELECT (SELECT count(*) FROM segments_snapshot_member one WHERE one.snapshot_id = :one AND NOT EXISTS (
        SELECT 1 FROM segments_snapshot_member two WHERE two.snapshot_id = :two AND two.person_id = one.person_id)),
    (SELECT count(*) FROM segments_snapshot_member two WHERE two.snapshot_id = :two AND NOT EXISTS (
        SELECT 1 FROM segments_snapshot_member one WHERE one.snapshot_id = :one AND one.person_id = two.person_id)),
    (SELECT count(*) FROM segments_snapshot_member one
        JOIN segments_snapshot_member two ON two.snapshot_id = :two AND two.person_id = one.person_id
        WHERE one.snapshot_id = :one)

-- name: only_in_snapshot
SELECT segments_person.key FROM segments_snapshot_member one JOIN segments_person ON segments_person.id = one.person_id
WHERE one.snapshot_id = :one AND NOT EXISTS (
    SELECT 1 FROM segments_snapshot_member two WHERE two.snapshot_id = :two AND two.person_id = one.person_id)
ORDER BY one.person_id LIMIT :limit

-- name: drop_snapshot_members
DELETE FROM segments_snapshot_member WHERE snapshot_id IN (SELECT id FROM segments_snapshot WHERE segment_id = :id)

-- name: drop_snapshots
DELETE FROM segments_snapshot WHERE segment_id = :id

-- name: forget_snapshot
DELETE FROM segments_snapshot WHERE shop_id = :shop AND segment_id = :segment AND id = :id RETURNING title

-- name: empty_snapshot
DELETE FROM segments_snapshot_member WHERE snapshot_id = :id
