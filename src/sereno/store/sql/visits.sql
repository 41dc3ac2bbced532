-- Visits of the storefront by customers who are signed in.

-- name: put_view
INSERT INTO visits_view (shop_id, person, mark, product, at) VALUES (:shop, :person, :mark, :product, :now)
ON CONFLICT (shop_id, person, mark) DO NOTHING RETURNING id

-- name: go_on_visit
UPDATE visits_visit SET pages = pages + 1, last_at = CASE WHEN last_at < :now THEN :now ELSE last_at END
WHERE shop_id = :shop AND person = :person AND due_at IS NOT NULL AND last_at > :rest RETURNING id, started_at

-- name: count_product
-- Once a visit, however often it is looked at.
UPDATE visits_visit SET products = products + 1 WHERE id = :visit AND NOT EXISTS (
    SELECT 1 FROM visits_view WHERE visits_view.shop_id = :shop AND visits_view.person = :person
        AND visits_view.product = :product AND visits_view.at >= :since AND visits_view.id <> :view)

-- name: put_visitor
INSERT INTO visits_visitor (shop_id, person, first_at, last_at, visits, recent, device, language, source, medium,
    campaign, first_source, first_medium, first_campaign)
VALUES (:shop, :person, :now, :now, 0, 0, '', '', '', '', '', :source, :medium, :campaign)
ON CONFLICT (shop_id, person) DO NOTHING

-- name: hold_visitor
-- dialect: sqlite
SELECT id, first_at, last_at, visits, pages, products, first_source, first_medium, first_campaign FROM visits_visitor
WHERE shop_id = :shop AND person = :person
-- dialect: postgresql
SELECT id, first_at, last_at, visits, pages, products, first_source, first_medium, first_campaign FROM visits_visitor
WHERE shop_id = :shop AND person = :person FOR UPDATE

-- name: open_visit_of
SELECT id FROM visits_visit WHERE shop_id = :shop AND person = :person AND due_at IS NOT NULL

-- name: begin_visit
INSERT INTO visits_visit (shop_id, person, number, started_at, last_at, due_at, pages, products, device, language, source,
    medium, campaign)
VALUES (:shop, :person, :number, :now, :now, :due, 1, :products, :device, :language, :source, :medium, :campaign)
RETURNING id

-- name: visits_between
SELECT count(*) FROM visits_visit
WHERE shop_id = :shop AND person = :person AND started_at > :after AND started_at <= :until

-- name: set_visitor
UPDATE visits_visitor SET last_at = :now, visits = :visits, recent = :recent, device = :device, language = :language,
    source = :source, medium = :medium, campaign = :campaign WHERE id = :id

-- name: visits_due
SELECT EXISTS (SELECT 1 FROM visits_visit WHERE due_at <= :now)

-- name: hold_visits_due
-- The people first, as whoever begins a visit holds them: nobody waits for each other.
-- dialect: sqlite
SELECT v.id FROM visits_visit AS v WHERE v.due_at <= :now ORDER BY v.due_at LIMIT :limit
-- dialect: postgresql
SELECT v.id FROM visits_visit AS v JOIN visits_visitor AS p ON p.shop_id = v.shop_id AND p.person = v.person
WHERE v.due_at <= :now ORDER BY v.due_at LIMIT :limit FOR UPDATE OF p SKIP LOCKED

-- name: visits_to_end
-- dialect: sqlite
SELECT v.id, v.shop_id, v.person, v.number, v.started_at, v.last_at, v.pages, v.products, v.device, v.language, v.source,
    v.medium, v.campaign, p.id, p.first_at, p.last_at, p.visits, p.recent, p.first_source, p.first_medium,
    p.first_campaign
FROM visits_visit AS v JOIN visits_visitor AS p ON p.shop_id = v.shop_id AND p.person = v.person
WHERE v.id {in:ids:bigint} AND v.due_at IS NOT NULL ORDER BY v.id
-- dialect: postgresql
SELECT v.id, v.shop_id, v.person, v.number, v.started_at, v.last_at, v.pages, v.products, v.device, v.language, v.source,
    v.medium, v.campaign, p.id, p.first_at, p.last_at, p.visits, p.recent, p.first_source, p.first_medium,
    p.first_campaign
FROM visits_visit AS v JOIN visits_visitor AS p ON p.shop_id = v.shop_id AND p.person = v.person
WHERE v.id {in:ids:bigint} AND v.due_at IS NOT NULL ORDER BY v.id FOR UPDATE OF v

-- name: put_off_visits
-- rows: id bigint, due_at bigint
-- dialect: sqlite
UPDATE visits_visit SET due_at = :due_at WHERE id = :id
-- dialect: postgresql
UPDATE visits_visit SET due_at = r.due_at FROM {table} WHERE visits_visit.id = r.id

-- name: end_visits
UPDATE visits_visit SET due_at = NULL WHERE id {in:ids:bigint}

-- name: leave_visitors
-- rows: id bigint, pages integer, products integer
-- dialect: sqlite
UPDATE visits_visitor SET pages = :pages, products = :products WHERE id = :id
-- dialect: postgresql
UPDATE visits_visitor SET pages = r.pages, products = r.products FROM {table} WHERE visits_visitor.id = r.id

-- name: forget_views
-- The oldest are at the front.
DELETE FROM visits_view WHERE id IN (SELECT id FROM visits_view ORDER BY id LIMIT :limit) AND at < :before

-- name: old_visits
SELECT count(*) FROM (SELECT 1 FROM visits_visit
    WHERE shop_id = :shop AND started_at < :before AND due_at IS NULL LIMIT :limit) AS old

-- name: forget_visits
SELECT id FROM visits_visit WHERE shop_id = :shop AND started_at < :before AND due_at IS NULL
ORDER BY started_at LIMIT :limit

-- name: delete_visits
DELETE FROM visits_visit WHERE id {in:ids:bigint}
