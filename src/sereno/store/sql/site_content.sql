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

-- name: add_content_due
INSERT INTO content_due (shop_id, at) VALUES (:shop, :at)

-- name: is_content_due
SELECT count(*) FROM (SELECT 1 FROM content_due WHERE at <= :now LIMIT 1) AS due

-- name: take_content_due
DELETE FROM content_due WHERE id IN (SELECT id FROM content_due WHERE at <= :now ORDER BY at LIMIT :most)
RETURNING shop_id, id

-- name: take_written
-- The row is there before the store is asked; whoever has it under a lease is waited for.
INSERT INTO content_written (shop_id, store, kind, key, place, url, document, state, is_campaign, lease_by, lease_until,
    changed_at)
VALUES (:shop, :store, :kind, :key, '', '', '{}', 'working', :is_campaign, :by, :until, :now)
ON CONFLICT (shop_id, store, kind, key) DO UPDATE SET lease_by = excluded.lease_by, lease_until = excluded.lease_until,
    is_campaign = (content_written.is_campaign OR excluded.is_campaign)
    WHERE content_written.lease_until IS NULL OR content_written.lease_until <= excluded.changed_at
        OR content_written.lease_by = excluded.lease_by
RETURNING id, document, place, url

-- name: keep_written
UPDATE content_written SET document = :document, state = :state, place = :place, url = :url, changed_at = :now,
    lease_until = :until
WHERE id = :id AND lease_by = :by AND lease_until IS NOT NULL
RETURNING id

-- name: forget_written
DELETE FROM content_written WHERE id = :id AND lease_by = :by AND lease_until IS NOT NULL
RETURNING id

-- name: written_by_campaigns
SELECT kind, key, store FROM content_written WHERE shop_id = :shop AND is_campaign = true ORDER BY id

-- name: put_content_claim
INSERT INTO content_claim (shop_id, store, kind, key, "by", fields, until, since)
VALUES (:shop, :store, :kind, :key, :by, :fields, :until, :now)
ON CONFLICT (shop_id, store, kind, key, "by") DO UPDATE SET fields = excluded.fields, until = excluded.until,
    since = excluded.since

-- name: drop_content_claim
DELETE FROM content_claim WHERE shop_id = :shop AND store = :store AND kind = :kind AND key = :key AND "by" = :by

-- name: content_claims
-- Of one thing, the newest first.
SELECT fields FROM content_claim
WHERE shop_id = :shop AND store = :store AND kind = :kind AND key = :key AND (until IS NULL OR until > :now)
ORDER BY since DESC, id DESC

-- name: content_claims_over
SELECT kind, key, store FROM content_claim WHERE shop_id = :shop AND until IS NOT NULL AND until <= :now ORDER BY id

-- name: forget_content_claims
DELETE FROM content_claim WHERE shop_id = :shop AND store = :store AND kind = :kind AND key = :key
    AND until IS NOT NULL AND until <= :now

-- name: written_things
SELECT id, kind, key, store, state, url, document, changed_at FROM content_written
WHERE shop_id = :shop ORDER BY changed_at DESC LIMIT :most

-- name: written_edited_things
SELECT id, kind, key, store, state, url, document, changed_at FROM content_written
WHERE shop_id = :shop AND state = 'edited' ORDER BY changed_at DESC LIMIT :most

-- name: lock_written
-- dialect: sqlite
SELECT kind, key, store, document FROM content_written
WHERE id = :id AND shop_id = :shop AND (lease_until IS NULL OR lease_until <= :now)
-- dialect: postgresql
SELECT kind, key, store, document FROM content_written
WHERE id = :id AND shop_id = :shop AND (lease_until IS NULL OR lease_until <= :now) FOR UPDATE

-- name: decide_written
UPDATE content_written SET document = :document, state = 'standing' WHERE id = :id
