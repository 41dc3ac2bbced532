-- Who waits for, wishes, has in the cart or looked at what; and whom is told of it.

-- name: interest_items
-- dialect: sqlite
SELECT shop_id, key, product, sku, level, title, price, anchor, currency, available, is_counted, is_low, shelf
FROM interests_item WHERE shop_id {in:shops:bigint} AND key {in:keys:text}
-- dialect: postgresql
SELECT shop_id, key, product, sku, level, title, price, anchor, currency, available, is_counted, is_low, shelf
FROM interests_item WHERE shop_id {in:shops:bigint} AND key {in:keys:text} ORDER BY shop_id, key FOR UPDATE

-- name: put_interest_items
-- rows: shop_id bigint, key text, product text, sku text, level text, title text, price text, anchor text, currency text, available float8, is_counted boolean, is_low boolean, shelf text
INSERT INTO interests_item (shop_id, key, product, sku, level, title, price, anchor, currency, available, is_counted,
    is_low, shelf) {rows}
ON CONFLICT (shop_id, key) DO UPDATE SET product = excluded.product, sku = excluded.sku, level = excluded.level,
    title = excluded.title, price = excluded.price, anchor = excluded.anchor, currency = excluded.currency,
    available = excluded.available, is_counted = excluded.is_counted, is_low = excluded.is_low, shelf = excluded.shelf

-- name: put_interest_shelves
-- rows: shop_id bigint, product text, shelf text
-- dialect: sqlite
UPDATE interests_item SET shelf = :shelf WHERE shop_id = :shop_id AND product = :product AND shelf <> :shelf
-- dialect: postgresql
UPDATE interests_item SET shelf = r.shelf FROM {table} WHERE interests_item.shop_id = r.shop_id
    AND interests_item.product = r.product AND interests_item.shelf <> r.shelf

-- name: products_of_interest
SELECT DISTINCT shop_id, product FROM interests_interest
WHERE shop_id {in:shops:bigint} AND product {in:products:text} AND state = 'active'

-- name: put_interests
-- rows: shop_id bigint, person text, rank integer, product text, variant text, email text, source text, since bigint, last_at bigint
-- dialect: sqlite
INSERT INTO interests_interest (shop_id, person, rank, product, variant, email, source, since, last_at, state, times)
VALUES (:shop_id, :person, :rank, :product, :variant, :email, :source, :since, :last_at, 'active', 1)
ON CONFLICT (shop_id, person, rank, product, variant) DO UPDATE SET
    since = CASE WHEN interests_interest.state = 'active' THEN interests_interest.since ELSE excluded.since END,
    last_at = max(interests_interest.last_at, excluded.last_at),
    times = interests_interest.times + (excluded.last_at > interests_interest.last_at),
    email = coalesce(excluded.email, interests_interest.email), source = excluded.source, state = 'active'
-- dialect: postgresql
INSERT INTO interests_interest (shop_id, person, rank, product, variant, email, source, since, last_at, state, times)
SELECT r.shop_id, r.person, r.rank, r.product, r.variant, r.email, r.source, r.since, r.last_at, 'active', 1
FROM {table}
ON CONFLICT (shop_id, person, rank, product, variant) DO UPDATE SET
    since = CASE WHEN interests_interest.state = 'active' THEN interests_interest.since ELSE excluded.since END,
    last_at = greatest(interests_interest.last_at, excluded.last_at),
    times = interests_interest.times + CAST(excluded.last_at > interests_interest.last_at AS integer),
    email = coalesce(excluded.email, interests_interest.email), source = excluded.source, state = 'active'

-- name: interests_of_carts
SELECT id, shop_id, source, product, variant FROM interests_interest
WHERE shop_id {in:shops:bigint} AND source {in:carts:text} AND rank = 2 AND state = 'active'

-- name: interests_of_persons
SELECT id, shop_id, person, rank, product, variant, since FROM interests_interest
WHERE shop_id {in:shops:bigint} AND person {in:persons:text} AND state IN ('active', 'told')

-- name: end_interests
-- rows: id bigint, state text
-- dialect: sqlite
UPDATE interests_interest SET state = :state WHERE id = :id
-- dialect: postgresql
UPDATE interests_interest SET state = r.state FROM {table} WHERE interests_interest.id = r.id

-- name: leave_interests
-- rows: shop_id bigint, person text, rank integer, product text, variant text
-- dialect: sqlite
UPDATE interests_interest SET state = 'left' WHERE shop_id = :shop_id AND person = :person AND rank = :rank
    AND product = :product AND (:variant = '' OR variant = :variant) AND state IN ('active', 'told')
-- dialect: postgresql
UPDATE interests_interest SET state = 'left' FROM {table} WHERE interests_interest.shop_id = r.shop_id
    AND interests_interest.person = r.person AND interests_interest.rank = r.rank
    AND interests_interest.product = r.product AND (r.variant = '' OR interests_interest.variant = r.variant)
    AND state IN ('active', 'told')

-- name: count_demand
-- rows: shop_id bigint, product text
-- dialect: sqlite
INSERT INTO interests_demand (shop_id, product, waiting, wishes)
SELECT :shop_id, :product,
    (SELECT count(*) FROM interests_interest AS i WHERE i.shop_id = :shop_id AND i.product = :product AND i.rank = 0
        AND i.state = 'active'),
    (SELECT count(*) FROM interests_interest AS i WHERE i.shop_id = :shop_id AND i.product = :product AND i.rank = 1
        AND i.state = 'active')
WHERE true
ON CONFLICT (shop_id, product) DO UPDATE SET waiting = excluded.waiting, wishes = excluded.wishes
-- dialect: postgresql
INSERT INTO interests_demand (shop_id, product, waiting, wishes)
SELECT r.shop_id, r.product,
    (SELECT count(*) FROM interests_interest AS i WHERE i.shop_id = r.shop_id AND i.product = r.product AND i.rank = 0
        AND i.state = 'active'),
    (SELECT count(*) FROM interests_interest AS i WHERE i.shop_id = r.shop_id AND i.product = r.product AND i.rank = 1
        AND i.state = 'active')
FROM {table} WHERE true
ON CONFLICT (shop_id, product) DO UPDATE SET waiting = excluded.waiting, wishes = excluded.wishes

-- name: put_lookers
-- rows: shop_id bigint, person text, viewed_at bigint, due_at bigint
INSERT INTO interests_person (shop_id, person, viewed_at, due_at) {rows}
ON CONFLICT (shop_id, person) DO UPDATE SET viewed_at = excluded.viewed_at, due_at = excluded.due_at
WHERE excluded.viewed_at > interests_person.viewed_at

-- name: busy_lookers
-- rows: shop_id bigint, person text, at bigint
-- dialect: sqlite
UPDATE interests_person SET due_at = NULL WHERE shop_id = :shop_id AND person = :person AND due_at IS NOT NULL
    AND viewed_at - 86400000000 < :at
-- dialect: postgresql
UPDATE interests_person SET due_at = NULL FROM {table} WHERE interests_person.shop_id = r.shop_id
    AND interests_person.person = r.person AND due_at IS NOT NULL AND viewed_at - 86400000000 < r.at

-- name: open_rounds
-- rows: shop_id bigint, kind text, item text, product text, facts text, opened_at bigint, due_at bigint
-- dialect: sqlite
INSERT INTO interests_round (shop_id, kind, item, product, facts, is_open, wave, told, after_rank, after_since,
    after_id, opened_at, due_at)
VALUES (:shop_id, :kind, :item, :product, :facts, true, 0, 0, -1, 0, 0, :opened_at, :due_at)
ON CONFLICT (shop_id, kind, item) WHERE is_open DO UPDATE SET facts = excluded.facts
-- dialect: postgresql
INSERT INTO interests_round (shop_id, kind, item, product, facts, is_open, wave, told, after_rank, after_since,
    after_id, opened_at, due_at)
SELECT r.shop_id, r.kind, r.item, r.product, r.facts, true, 0, 0, -1, 0, 0, r.opened_at, r.due_at FROM {table}
ON CONFLICT (shop_id, kind, item) WHERE is_open DO UPDATE SET facts = excluded.facts

-- name: interests_due
SELECT EXISTS (SELECT 1 FROM interests_round WHERE is_open AND due_at <= :now),
    EXISTS (SELECT 1 FROM interests_person WHERE due_at <= :now)

-- name: claim_round
-- dialect: sqlite
SELECT id, shop_id, kind, item, product, facts, wave, room, told, after_rank, after_since, after_id, opened_at
FROM interests_round WHERE is_open AND due_at <= :now ORDER BY due_at, id LIMIT 1
-- dialect: postgresql
SELECT id, shop_id, kind, item, product, facts, wave, room, told, after_rank, after_since, after_id, opened_at
FROM interests_round WHERE is_open AND due_at <= :now ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: item_of_round
SELECT key, product, sku, level, title, price, anchor, currency, available, is_counted, is_low, shelf
FROM interests_item WHERE shop_id = :shop AND key = :item

-- name: next_in_line
-- From the place after which the round goes on, in the order they came; whoever wants any variant, or this one.
SELECT id, person, rank, since, email, times, variant FROM interests_interest
WHERE shop_id = :shop AND product = :product AND state = 'active' AND (rank, since, id) > (:rank, :since, :id)
    AND rank >= :strongest AND rank <= :weakest AND variant IN ('', :item) AND (rank <= 1 OR last_at >= :fresh)
ORDER BY rank, since, id LIMIT :limit

-- name: interests_told
UPDATE interests_interest SET told_at = :now, round_id = :round,
    state = CASE WHEN rank = 0 AND :is_back THEN 'told' ELSE state END
WHERE shop_id = :shop AND product = :product AND person {in:persons:text} AND state = 'active'
    AND variant IN ('', :item)

-- name: told_before
SELECT DISTINCT person FROM interests_interest
WHERE shop_id = :shop AND person {in:persons:text} AND product = :product AND round_id = :round

-- name: move_round
UPDATE interests_round SET is_open = :open, wave = :wave, room = :room, told = :told, after_rank = :rank,
    after_since = :since, after_id = :after, due_at = :due WHERE id = :id

-- name: set_round_facts
UPDATE interests_round SET facts = :facts WHERE id = :id

-- name: lookers_due
-- dialect: sqlite
SELECT id, shop_id, person, viewed_at, told_at FROM interests_person
WHERE due_at <= :now ORDER BY due_at LIMIT :limit
-- dialect: postgresql
SELECT id, shop_id, person, viewed_at, told_at FROM interests_person
WHERE due_at <= :now ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED

-- name: looked_at
SELECT shop_id, person, rank, product, variant, email, times, last_at FROM interests_interest
WHERE shop_id {in:shops:bigint} AND person {in:persons:text} AND rank IN (2, 3) AND state = 'active'
    AND last_at >= :since

-- name: lookers_told
UPDATE interests_person SET due_at = NULL, told_at = viewed_at WHERE id {in:ids:bigint}

-- name: purchases_of
SELECT shop_id, person, item, order_key, quantity, times, last_at FROM interests_purchase
WHERE shop_id {in:shops:bigint} AND person {in:persons:text} AND item {in:items:text}

-- name: put_purchases
-- rows: shop_id bigint, person text, item text, product text, order_key text, quantity integer, times integer, last_at bigint
INSERT INTO interests_purchase (shop_id, person, item, product, order_key, quantity, times, last_at) {rows}
ON CONFLICT (shop_id, person, item) DO UPDATE SET product = excluded.product, order_key = excluded.order_key,
    quantity = excluded.quantity, times = excluded.times, last_at = excluded.last_at, told_at = NULL

-- name: put_gaps
-- rows: shop_id bigint, item text, days float8, at bigint
INSERT INTO interests_gap (shop_id, item, days, at) {rows}

-- name: shops_to_learn_habits
-- dialect: sqlite
SELECT shop.id, l.day, l.step, l.cursor FROM shop LEFT JOIN interests_learning AS l ON l.shop_id = shop.id
WHERE l.day IS NULL OR l.day < :day ORDER BY shop.id LIMIT 1
-- dialect: postgresql
SELECT shop.id, l.day, l.step, l.cursor FROM shop LEFT JOIN interests_learning AS l ON l.shop_id = shop.id
WHERE l.day IS NULL OR l.day < :day ORDER BY shop.id LIMIT 1 FOR NO KEY UPDATE OF shop SKIP LOCKED

-- name: put_habit_place
INSERT INTO interests_learning (shop_id, day, step, cursor) VALUES (:shop, :day, :step, :cursor)
ON CONFLICT (shop_id) DO UPDATE SET day = :day, step = :step, cursor = :cursor

-- name: forget_gaps
DELETE FROM interests_gap WHERE shop_id = :shop AND at < :before

-- name: gaps_after
SELECT item, days FROM interests_gap WHERE shop_id = :shop AND item > :after ORDER BY item LIMIT :limit

-- name: put_habits
-- rows: shop_id bigint, item text, days float8, low float8, high float8, count integer, is_regular boolean
INSERT INTO interests_habit (shop_id, item, days, low, high, count, is_regular) {rows}
ON CONFLICT (shop_id, item) DO UPDATE SET days = excluded.days, low = excluded.low, high = excluded.high,
    count = excluded.count, is_regular = excluded.is_regular

-- name: running_out
-- Who bought what is bought again by now, by its usual interval for so many pieces; not who is more than a week late.
SELECT p.id, p.person, p.item, p.product, p.quantity, p.times, h.days, g.sku, g.level, g.title, g.price, g.currency,
    g.available, g.is_counted
FROM interests_habit AS h
JOIN interests_purchase AS p ON p.shop_id = h.shop_id AND p.item = h.item AND p.told_at IS NULL
    AND p.last_at <= :now - h.days * :share
    AND p.last_at + h.days * :share * p.quantity <= :now AND p.last_at + h.days * :share * p.quantity > :late
JOIN interests_item AS g ON g.shop_id = h.shop_id AND g.key = h.item
WHERE h.shop_id = :shop AND h.is_regular
ORDER BY p.id LIMIT :limit

-- name: purchases_told
UPDATE interests_purchase SET told_at = :now WHERE id {in:ids:bigint}

-- name: shelf_lookers
-- Who showed an interest in goods of this type since then, by their names.
SELECT DISTINCT i.person FROM interests_item AS g
JOIN interests_interest AS i ON i.shop_id = g.shop_id AND i.product = g.product
WHERE g.shop_id = :shop AND g.shelf = :shelf AND i.person > :after AND i.state <> 'left' AND i.last_at >= :fresh
ORDER BY i.person LIMIT :limit

-- name: shelf_buyers
SELECT DISTINCT p.person FROM interests_item AS g
JOIN interests_purchase AS p ON p.shop_id = g.shop_id AND p.item = g.key
WHERE g.shop_id = :shop AND g.shelf = :shelf AND p.person > :after AND p.last_at >= :fresh
ORDER BY p.person LIMIT :limit

-- name: interest_settings
SELECT id, settings FROM shop WHERE id {in:shops:bigint}

-- name: open_arrivals
-- dialect: sqlite
SELECT shop_id, item, facts FROM interests_round
WHERE shop_id {in:shops:bigint} AND kind = 'arrival' AND item {in:shelves:text} AND is_open
-- dialect: postgresql
SELECT shop_id, item, facts FROM interests_round
WHERE shop_id {in:shops:bigint} AND kind = 'arrival' AND item {in:shelves:text} AND is_open ORDER BY id FOR UPDATE

-- name: interests_of_address
SELECT count(*) FROM interests_interest WHERE shop_id = :shop AND email = :email AND state = 'active'

-- name: wishes_of
SELECT product FROM interests_interest
WHERE shop_id = :shop AND person = :person AND rank = 1 AND state = 'active' ORDER BY last_at DESC, id DESC LIMIT :limit

-- name: set_interest_rules
UPDATE shop SET settings = :settings WHERE id = :shop
