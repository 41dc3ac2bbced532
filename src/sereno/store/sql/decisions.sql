-- What a checkout offers: the document, who counts as which visitor, and how comparisons ended.

-- name: live_decisions
-- One row even for a shop that decides nothing; the document only where another version is known so far.
SELECT shop.currency, kept.version,
    CASE WHEN kept.version <> :known THEN published.document END,
    (SELECT count(*) FROM decisions_winner WHERE decisions_winner.shop_id = :shop)
FROM shop LEFT JOIN decisions_document AS kept ON kept.shop_id = shop.id
LEFT JOIN decisions_version AS published ON published.shop_id = shop.id AND published.number = kept.version
WHERE shop.id = :shop

-- name: decision_winners
SELECT experiment, design, arm, at FROM decisions_winner WHERE shop_id = :shop

-- name: declare_winner
INSERT INTO decisions_winner (shop_id, experiment, design, arm, at, evidence)
VALUES (:shop, :experiment, :design, :arm, :now, :evidence)
ON CONFLICT (shop_id, experiment, design) DO NOTHING RETURNING id

-- name: shops_with_variants
SELECT kept.shop_id, shop.currency, published.document FROM decisions_document AS kept
JOIN shop ON shop.id = kept.shop_id
JOIN decisions_version AS published ON published.shop_id = kept.shop_id AND published.number = kept.version

-- name: lock_decisions
-- Whoever changes the draft or publishes begins here.
-- dialect: sqlite
SELECT draft, before, revision, version FROM decisions_document WHERE shop_id = :shop
-- dialect: postgresql
SELECT draft, before, revision, version FROM decisions_document WHERE shop_id = :shop FOR UPDATE

-- name: begin_decisions
INSERT INTO decisions_document (shop_id, draft, before, revision, version, changed_by, changed_at)
VALUES (:shop, :draft, NULL, 0, NULL, :by, :now) ON CONFLICT (shop_id) DO NOTHING

-- name: keep_decisions_draft
UPDATE decisions_document SET draft = :draft, before = :before, revision = revision + 1, changed_by = :by, changed_at = :now
WHERE shop_id = :shop

-- name: set_decisions_version
UPDATE decisions_document SET version = :number WHERE shop_id = :shop

-- name: add_decisions_version
INSERT INTO decisions_version (shop_id, number, document, note, published_by, published_at)
SELECT :shop, coalesce(max(number), 0) + 1, :document, :note, :by, :now FROM decisions_version WHERE shop_id = :shop
RETURNING number

-- name: decisions_version
SELECT document FROM decisions_version WHERE shop_id = :shop AND number = :number

-- name: history_of_person
SELECT status, payment_status, currency, total, placed_at,
    CASE WHEN data LIKE '%"return_to_sender"%' OR data LIKE '%"delivery_failed"%' THEN 1 ELSE 0 END
FROM orders_order WHERE id IN (
    SELECT id FROM (
        SELECT id, placed_at FROM orders_order WHERE shop_id = :shop AND customer_key = :customer
        UNION
        SELECT id, placed_at FROM orders_order WHERE shop_id = :shop AND email = :email
    ) AS found ORDER BY placed_at DESC LIMIT 200)

-- name: link_visitors
-- rows: shop_id bigint, visitor text, link text, at bigint
INSERT INTO decisions_visitor (shop_id, visitor, link, at) {rows}
ON CONFLICT (shop_id, visitor, link) DO NOTHING

-- name: links_of_visitors
SELECT shop_id, visitor, link FROM decisions_visitor
WHERE shop_id {in:shops:bigint} AND visitor {in:visitors:text}

-- name: count_decisions
-- rows: shop_id bigint, day integer, rule text, held bigint, missed bigint, unknown bigint
INSERT INTO decisions_tally (shop_id, day, rule, held, missed, unknown) {rows}
ON CONFLICT (shop_id, day, rule) DO UPDATE SET held = decisions_tally.held + excluded.held,
    missed = decisions_tally.missed + excluded.missed, unknown = decisions_tally.unknown + excluded.unknown
