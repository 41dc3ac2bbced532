-- Baskets, what was learned of them, and what a request for recommendations reads.

-- name: claim_learning
-- The shop longest not looked at that has something new, or was asked for.
SELECT shop.id FROM shop LEFT JOIN recommendations_learned AS l ON l.shop_id = shop.id
WHERE (l.lease_until IS NULL OR l.lease_until < :now)
    AND (l.learned_at IS NULL OR l.asked_at > l.learned_at OR (l.learned_at < :before AND EXISTS (
        SELECT 1 FROM event WHERE event.shop_id = shop.id AND event.id > l.upto)))
ORDER BY l.learned_at, shop.id LIMIT 1

-- name: take_learning
INSERT INTO recommendations_learned (shop_id, upto, orders, carts, products, baskets, visits, measured, worker,
    lease_until, settings)
VALUES (:shop, 0, 0, 0, 0, 0, 0, '{}', :worker, :until, '{}')
ON CONFLICT (shop_id) DO UPDATE SET worker = :worker, lease_until = :until
WHERE recommendations_learned.lease_until IS NULL OR recommendations_learned.lease_until < :now
RETURNING shop_id

-- name: renew_learning
UPDATE recommendations_learned SET lease_until = :until WHERE shop_id = :shop AND worker = :worker

-- name: free_learning
UPDATE recommendations_learned SET lease_until = NULL, learned_at = :now, baskets = :baskets, visits = :visits
WHERE shop_id = :shop AND worker = :worker

-- name: ask_learning
INSERT INTO recommendations_learned (shop_id, upto, orders, carts, products, baskets, visits, measured, worker,
    asked_at, settings)
VALUES (:shop, 0, 0, 0, 0, 0, 0, '{}', '', :now, '{}')
ON CONFLICT (shop_id) DO UPDATE SET asked_at = :now, measured_at = NULL

-- name: learned_of
SELECT upto, orders, carts, products, baskets, visits, measured, measured_at, learned_at, settings
FROM recommendations_learned WHERE shop_id = :shop

-- name: set_learned_places
UPDATE recommendations_learned SET upto = :upto, orders = :orders, carts = :carts, products = :products
WHERE shop_id = :shop

-- name: set_measured
UPDATE recommendations_learned SET measured = :measured, measured_at = :now WHERE shop_id = :shop

-- name: newest_settled_event
-- All events up to it have been projected.
SELECT coalesce((SELECT min(event_id) - 1 FROM event_queue), (SELECT max(id) FROM event), 0)

-- name: subjects_after
SELECT DISTINCT subject FROM event
WHERE shop_id = :shop AND type = :type AND id > :after AND id <= :upto

-- name: orders_to_learn
SELECT id, key, customer_key, placed_at, status, data FROM orders_order
WHERE shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: orders_to_learn_by_key
SELECT id, key, customer_key, placed_at, status, data FROM orders_order WHERE shop_id = :shop AND key {in:keys:text}

-- name: carts_to_learn
SELECT id, key, customer_key, changed_at, completed_at, data FROM orders_cart
WHERE shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: carts_to_learn_by_key
SELECT id, key, customer_key, changed_at, completed_at, data FROM orders_cart WHERE shop_id = :shop AND key {in:keys:text}

-- name: products_to_learn
SELECT id, key, data FROM catalog_product WHERE shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: products_to_learn_by_key
SELECT id, key, data FROM catalog_product WHERE shop_id = :shop AND key {in:keys:text}

-- name: products_of_variants
SELECT key, sku, product_key FROM catalog_variant
WHERE shop_id = :shop AND product_key IS NOT NULL AND key {in:keys:text}

-- name: products_of_skus
SELECT key, sku, product_key FROM catalog_variant
WHERE shop_id = :shop AND product_key IS NOT NULL AND sku {in:keys:text}

-- name: known_things
SELECT item FROM recommendations_thing WHERE shop_id = :shop AND item {in:keys:text}

-- name: put_baskets
-- rows: shop_id bigint, key text, kind text, person text, at bigint, items text
INSERT INTO recommendations_basket (shop_id, key, kind, person, at, items) {rows}
ON CONFLICT (shop_id, key) DO UPDATE SET kind = excluded.kind, person = excluded.person, at = excluded.at,
    items = excluded.items

-- name: baskets_by_key
SELECT id, key, kind, person, at, items FROM recommendations_basket WHERE shop_id = :shop AND key {in:keys:text}

-- name: drop_members
DELETE FROM recommendations_member WHERE basket_id {in:ids:bigint}

-- name: drop_baskets
DELETE FROM recommendations_basket WHERE id {in:ids:bigint}

-- name: put_members
-- rows: shop_id bigint, basket_id bigint, kind text, item text, at bigint
INSERT INTO recommendations_member (shop_id, basket_id, kind, item, at) {rows}

-- name: old_baskets
SELECT id, key, kind, person, at, items FROM recommendations_basket
WHERE shop_id = :shop AND kind = :kind AND at < :before ORDER BY at LIMIT :limit

-- name: count_baskets
SELECT kind, count(*) FROM recommendations_basket WHERE shop_id = :shop GROUP BY kind

-- name: want_things
-- rows: shop_id bigint, item text
-- dialect: sqlite
INSERT INTO recommendations_thing (shop_id, item, bought, seen, warm, hot, together, alike, beside, facts, is_due, is_new)
VALUES (:shop_id, :item, 0, 0, -1e9, -1e9, '[]', '[]', '[]', '{}', 1, 1)
ON CONFLICT (shop_id, item) DO UPDATE SET is_due = 1
-- dialect: postgresql
INSERT INTO recommendations_thing (shop_id, item, bought, seen, warm, hot, together, alike, beside, facts, is_due, is_new)
SELECT r.shop_id, r.item, 0, 0, -1e9, -1e9, '[]', '[]', '[]', '{}', true, true FROM {table}
ON CONFLICT (shop_id, item) DO UPDATE SET is_due = true

-- name: put_facts
-- rows: shop_id bigint, item text, facts text, since bigint
-- dialect: sqlite
INSERT INTO recommendations_thing (shop_id, item, bought, seen, warm, hot, together, alike, beside, facts, since, is_due,
    is_new)
VALUES (:shop_id, :item, 0, 0, -1e9, -1e9, '[]', '[]', '[]', :facts, :since, 0, 1)
ON CONFLICT (shop_id, item) DO UPDATE SET facts = excluded.facts, since = excluded.since,
    is_new = recommendations_thing.is_new OR recommendations_thing.facts <> excluded.facts
-- dialect: postgresql
INSERT INTO recommendations_thing (shop_id, item, bought, seen, warm, hot, together, alike, beside, facts, since, is_due,
    is_new)
SELECT r.shop_id, r.item, 0, 0, -1e9, -1e9, '[]', '[]', '[]', r.facts, r.since, false, true FROM {table}
ON CONFLICT (shop_id, item) DO UPDATE SET facts = excluded.facts, since = excluded.since,
    is_new = recommendations_thing.is_new OR recommendations_thing.facts <> excluded.facts

-- name: drop_shelves
DELETE FROM recommendations_shelf WHERE shop_id = :shop AND item {in:items:text}

-- name: put_shelves
-- rows: shop_id bigint, name text, item text
INSERT INTO recommendations_shelf (shop_id, name, item) {rows} ON CONFLICT DO NOTHING

-- name: due_things
SELECT id, item FROM recommendations_thing WHERE shop_id = :shop AND is_due AND id > :after ORDER BY id LIMIT :limit

-- name: new_things
SELECT id, item FROM recommendations_thing WHERE shop_id = :shop AND is_new AND id > :after ORDER BY id LIMIT :limit

-- name: facts_of_things
SELECT id, item, facts FROM recommendations_thing WHERE shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: counts_of_things
SELECT item, bought FROM recommendations_thing WHERE shop_id = :shop AND item {in:items:text}

-- name: newest_with
-- The newest baskets with a thing.
SELECT m.kind, m.at, b.items FROM recommendations_member m JOIN recommendations_basket b ON b.id = m.basket_id
WHERE m.shop_id = :shop AND m.item = :item AND m.kind = :kind ORDER BY m.at DESC LIMIT :limit

-- name: count_with
SELECT count(*) FROM recommendations_member WHERE shop_id = :shop AND item = :item AND kind = :kind

-- name: set_things
-- rows: id bigint, bought int, seen int, warm float8, hot float8, together text, beside text
-- dialect: sqlite
UPDATE recommendations_thing SET bought = :bought, seen = :seen, warm = :warm, hot = :hot, together = :together,
    beside = :beside, is_due = 0 WHERE id = :id
-- dialect: postgresql
UPDATE recommendations_thing SET bought = r.bought, seen = r.seen, warm = r.warm, hot = r.hot, together = r.together,
    beside = r.beside, is_due = false FROM {table} WHERE recommendations_thing.id = r.id

-- name: forget_pulls
UPDATE recommendations_thing SET lean = NULL, pulls = NULL WHERE shop_id = :shop AND lean IS NOT NULL

-- name: set_pulls
-- rows: shop_id bigint, item text, lean float8, pulls text
-- dialect: sqlite
UPDATE recommendations_thing SET lean = :lean, pulls = :pulls WHERE shop_id = :shop_id AND item = :item
-- dialect: postgresql
UPDATE recommendations_thing SET lean = r.lean, pulls = r.pulls FROM {table}
WHERE recommendations_thing.shop_id = r.shop_id AND recommendations_thing.item = r.item

-- name: set_alike
-- rows: id bigint, alike text
-- dialect: sqlite
UPDATE recommendations_thing SET alike = :alike, is_new = 0 WHERE id = :id
-- dialect: postgresql
UPDATE recommendations_thing SET alike = r.alike, is_new = false FROM {table} WHERE recommendations_thing.id = r.id

-- name: neighbours_of
SELECT item, bought, seen, together, alike, facts, pulls FROM recommendations_thing
WHERE shop_id = :shop AND item {in:items:text}

-- name: beside_of
SELECT item, beside FROM recommendations_thing WHERE shop_id = :shop AND item {in:items:text}

-- name: candidates
SELECT t.item, t.bought, t.seen, t.warm, t.hot, t.facts, p.title, p.status, p.price, p.currency, p.available, p.key, t.lean
FROM recommendations_thing t LEFT JOIN catalog_product p ON p.shop_id = t.shop_id AND p.key = t.item
WHERE t.shop_id = :shop AND t.item {in:items:text}

-- name: stock_of_products
SELECT product, available, is_tracked, can_oversell FROM stock_item
WHERE shop_id = :shop AND product {in:items:text}

-- name: warmest
SELECT item, warm FROM recommendations_thing WHERE shop_id = :shop ORDER BY warm DESC LIMIT :limit

-- name: newest_things
SELECT item, since FROM recommendations_thing WHERE shop_id = :shop AND NOT (since IS NULL) AND since <= :now
ORDER BY since DESC LIMIT :limit

-- name: hottest
SELECT item, hot, warm FROM recommendations_thing WHERE shop_id = :shop ORDER BY hot DESC LIMIT :limit

-- name: on_shelf
-- From the shelf to its things: by warmth first, all things of the shop would be walked for those of one shelf.
SELECT s.item, t.warm, t.hot FROM recommendations_shelf s
JOIN recommendations_thing t ON t.shop_id = s.shop_id AND t.item = s.item
WHERE s.shop_id = :shop AND s.name = :name ORDER BY t.warm + 0 DESC LIMIT :limit

-- name: baskets_of_person
SELECT kind, at, items FROM recommendations_basket
WHERE shop_id = :shop AND person = :person ORDER BY at DESC LIMIT :limit

-- name: recommendation_rules
SELECT does, "by", value, place, factor FROM recommendations_rule
WHERE shop_id = :shop AND (until IS NULL OR until > :now) ORDER BY id

-- name: add_shown
INSERT INTO recommendations_shown (shop_id, day, place, arm, shown, clicked)
VALUES (:shop, :day, :place, :arm, :shown, :clicked)
ON CONFLICT (shop_id, day, place, arm) DO UPDATE SET shown = recommendations_shown.shown + excluded.shown,
    clicked = recommendations_shown.clicked + excluded.clicked

-- name: newest_baskets
SELECT person, at, items FROM recommendations_basket
WHERE shop_id = :shop AND kind = :kind ORDER BY at DESC LIMIT :limit

-- name: put_showing
INSERT INTO recommendations_showing (shop_id, visit, arm, at, clicked, is_ordered)
VALUES (:shop, :visit, :arm, :now, 0, false) ON CONFLICT DO NOTHING

-- name: click_showing
UPDATE recommendations_showing SET clicked = clicked + 1 WHERE shop_id = :shop AND visit = :visit

-- name: claim_bought
-- The first order of a visit, and no order twice.
UPDATE recommendations_showing SET bought = :bought
WHERE shop_id = :shop AND visit = :visit AND bought IS NULL AND NOT EXISTS (
    SELECT 1 FROM recommendations_showing o WHERE o.shop_id = :shop AND o.bought = :bought AND NOT (o.bought IS NULL))

-- name: any_bought
SELECT 1 FROM recommendations_showing WHERE shop_id = :shop AND NOT (bought IS NULL) LIMIT 1

-- name: settle_bought
-- An order that was placed after the visit saw something (`at`), and not long after (`since`).
-- rows: shop_id bigint, bought text, at bigint, is_held boolean, since bigint
-- dialect: sqlite
UPDATE recommendations_showing SET is_ordered = :is_held AND at BETWEEN :since AND :at
WHERE shop_id = :shop_id AND bought = :bought AND NOT (bought IS NULL)
-- dialect: postgresql
UPDATE recommendations_showing SET is_ordered = r.is_held AND recommendations_showing.at BETWEEN r.since AND r.at
FROM {table}
WHERE recommendations_showing.shop_id = r.shop_id AND recommendations_showing.bought = r.bought

-- name: forget_showings
DELETE FROM recommendations_showing WHERE shop_id = :shop AND at < :before

-- name: showings_by_arm
SELECT arm, count(*), sum(CASE WHEN clicked > 0 THEN 1 ELSE 0 END), sum(CASE WHEN is_ordered THEN 1 ELSE 0 END)
FROM recommendations_showing WHERE shop_id = :shop AND at >= :since GROUP BY arm
