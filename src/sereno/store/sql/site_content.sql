-- What shops show on their sites for a time.

-- name: content_on
-- Of one shop, those that are on and not over.
SELECT name, document, version FROM content_campaign
WHERE shop_id = :shop AND is_on = true AND (ends_at IS NULL OR ends_at > :now) ORDER BY name

-- name: content_language
SELECT locale FROM shop WHERE id = :shop

-- name: content_exists
SELECT id FROM content_campaign WHERE shop_id = :shop AND name = :name

-- name: content_shown
-- To everyone, and to this customer ("" for nobody known): found by whom, and then put in order (the text added keeps
-- SQLite from reading the whole shop for the sake of the order).
SELECT campaign, customer, product, until, is_by_hand FROM content_showing
WHERE shop_id = :shop AND customer {in:customers:text} AND (until IS NULL OR until > :now)
ORDER BY campaign || '', product LIMIT :most

-- name: show_content
INSERT INTO content_showing (shop_id, campaign, customer, product, until, is_by_hand, "by", since)
VALUES (:shop, :campaign, :customer, :product, :until, false, :by, :now)
ON CONFLICT (shop_id, customer, campaign, product) DO UPDATE SET until = excluded.until, "by" = excluded."by"
    WHERE content_showing.is_by_hand = false OR content_showing.until <= excluded.since
RETURNING id

-- name: hide_content
DELETE FROM content_showing WHERE shop_id = :shop AND customer = :customer AND campaign = :campaign
    AND product = :product AND is_by_hand = false
RETURNING id

-- name: forget_shown_content
DELETE FROM content_showing WHERE shop_id = :shop AND campaign = :campaign AND until < :now

-- name: content_between
-- Of one shop, what stands at any time of a span; what has no dates of its own is on no calendar.
SELECT name, document, is_on, starts_at, ends_at FROM content_campaign
WHERE shop_id = :shop AND (starts_at IS NOT NULL OR ends_at IS NOT NULL)
    AND coalesce(starts_at, ends_at) < :until AND coalesce(ends_at, starts_at) >= :since
ORDER BY starts_at, name
