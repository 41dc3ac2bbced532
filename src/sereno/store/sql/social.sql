-- Posts on social networks: accounts, posts, and a copy of each for every account it goes to.

-- name: social_habits
SELECT document FROM social_setting WHERE shop_id = :shop

-- name: put_social_habits
INSERT INTO social_setting (shop_id, document, changed_at) VALUES (:shop, :document, :now)
ON CONFLICT (shop_id) DO UPDATE SET document = excluded.document, changed_at = excluded.changed_at

-- name: social_accounts
SELECT id, network, title, language, access, settings, known_as, url, is_active, expires_at, trouble
FROM social_account WHERE shop_id = :shop ORDER BY id

-- name: add_social_account
INSERT INTO social_account (shop_id, network, title, language, access, settings, known_as, url, is_active, expires_at,
    trouble, made_at, changed_at)
VALUES (:shop, :network, :title, :language, :access, :settings, :known_as, :url, :active, :expires_at, '', :now, :now)
ON CONFLICT (shop_id, network, title) DO NOTHING RETURNING id

-- name: set_social_account
UPDATE social_account SET title = :title, language = :language, access = :access, settings = :settings,
    known_as = :known_as, url = :url, is_active = :active, expires_at = :expires_at, trouble = '', changed_at = :now
WHERE id = :id AND shop_id = :shop

-- name: trouble_social_account
UPDATE social_account SET trouble = :trouble, changed_at = :now WHERE id = :id AND trouble <> :trouble

-- name: social_pictures
SELECT digest, kind, width, height, size FROM message_picture WHERE shop_id = :shop AND digest {in:digests:text}

-- name: social_picture_bodies
SELECT digest, kind, width, height, body FROM message_picture WHERE shop_id = :shop AND digest {in:digests:text}

-- name: add_social_post
INSERT INTO social_post (shop_id, title, texts, pictures, link, campaign, accounts, plan, status, approver, revision,
    at, origin, by, made_at, changed_at)
VALUES (:shop, :title, :texts, :pictures, :link, :campaign, :accounts, :plan, 'draft', '', 1, NULL, :origin, :by,
    :now, :now)
ON CONFLICT (shop_id, origin) DO NOTHING RETURNING id

-- name: social_post_by_origin
SELECT id, at FROM social_post WHERE shop_id = :shop AND origin = :origin

-- name: social_post
SELECT id, title, texts, pictures, link, campaign, accounts, plan, status, approver, revision, at, origin, by
FROM social_post WHERE id = :id AND shop_id = :shop

-- name: lock_social_post
-- dialect: sqlite
SELECT id, title, texts, pictures, link, campaign, accounts, plan, status, approver, revision, at, origin, by
FROM social_post WHERE id = :id AND shop_id = :shop
-- dialect: postgresql
SELECT id, title, texts, pictures, link, campaign, accounts, plan, status, approver, revision, at, origin, by
FROM social_post WHERE id = :id AND shop_id = :shop FOR UPDATE

-- name: change_social_post
UPDATE social_post SET title = :title, texts = :texts, pictures = :pictures, link = :link, campaign = :campaign,
    accounts = :accounts, plan = :plan, revision = revision + 1, changed_at = :now
WHERE id = :id AND shop_id = :shop

-- name: move_social_post
UPDATE social_post SET status = :status, approver = :approver, at = :at, revision = revision + 1, changed_at = :now
WHERE id = :id AND shop_id = :shop RETURNING revision

-- name: mark_social_post
UPDATE social_post SET status = :status, changed_at = :now WHERE id = :id AND shop_id = :shop

-- name: drop_social_post
DELETE FROM social_post WHERE id = :id AND shop_id = :shop

-- name: drop_social_copies
DELETE FROM social_copy WHERE post = :post

-- name: add_social_copies
-- rows: shop_id bigint, post bigint, account bigint, network text, text text, status text, provider_id text, url text, reason text, said text, at bigint
INSERT INTO social_copy (shop_id, post, account, network, text, status, provider_id, url, reason, said, at) {rows}

-- name: social_copies
SELECT id, account, network, status, provider_id, url, reason, published_at FROM social_copy
WHERE post = :post AND shop_id = :shop ORDER BY id

-- name: social_copy
SELECT c.id, c.post, c.account, c.network, c.text, c.status, c.provider_id, c.url, c.reason, c.said, c.at, c.begun_at,
    p.status, p.revision, p.pictures, p.link, p.title, c.held, c.held_at
FROM social_copy AS c JOIN social_post AS p ON p.id = c.post
WHERE c.id = :id AND c.shop_id = :shop

-- name: begin_social_copy
UPDATE social_copy SET status = 'begun', begun_at = coalesce(begun_at, :now), reason = '', said = ''
WHERE id = :id AND shop_id = :shop

-- name: free_social_copy
-- It surely was not published.
UPDATE social_copy SET status = 'planned', begun_at = NULL WHERE id = :id AND shop_id = :shop AND status = 'begun'

-- name: hold_social_copy
-- What the network holds of it before it is public; of the first thing it is noted when.
UPDATE social_copy SET held = :held, held_at = coalesce(held_at, :now) WHERE id = :id AND shop_id = :shop

-- name: end_social_copy
UPDATE social_copy SET status = CAST(:status AS text), provider_id = :provider_id, url = :url, reason = :reason, said = :said,
    published_at = CASE WHEN CAST(:status AS text) = 'published' THEN :now ELSE published_at END
WHERE id = :id AND shop_id = :shop

-- name: social_copy_states
SELECT status, count(*) FROM social_copy WHERE post = :post GROUP BY status

-- name: measure_social_copies
-- rows: id bigint, likes integer, reposts integer, replies integer, clicks integer, views integer, at bigint
-- dialect: sqlite
UPDATE social_copy SET likes = :likes, reposts = :reposts, replies = :replies, clicks = :clicks, views = :views,
    measured_at = :at WHERE id = :id
-- dialect: postgresql
UPDATE social_copy SET likes = r.likes, reposts = r.reposts, replies = r.replies, clicks = r.clicks, views = r.views,
    measured_at = r.at FROM {table} WHERE social_copy.id = r.id

-- name: social_past
-- What came of the newest posts of these accounts that were counted.
SELECT account, published_at, coalesce(likes, 0) + coalesce(reposts, 0) + coalesce(replies, 0) + coalesce(clicks, 0)
FROM social_copy WHERE account {in:accounts:bigint} AND published_at > :since AND measured_at IS NOT NULL
ORDER BY published_at DESC LIMIT 500

-- name: social_planned_hours
SELECT at FROM social_post WHERE shop_id = :shop AND at >= :since AND at < :until AND status IN ('scheduled', 'waiting')

-- name: social_between
SELECT id, title, status, at FROM social_post WHERE shop_id = :shop AND at >= :since AND at < :until
ORDER BY at LIMIT 1000

-- name: newsletters_between
SELECT id, name, status, coalesce(started_at, due_at) FROM newsletters_newsletter
WHERE shop_id = :shop AND status IN ('scheduled', 'preparing', 'sending', 'paused', 'sent')
    AND coalesce(started_at, due_at) >= :since AND coalesce(started_at, due_at) < :until
ORDER BY 4 LIMIT 500

-- name: launches_between
SELECT coalesce(p.title, substr(r.subject, 9)), r.due_at, r.uid FROM run AS r JOIN flow AS f ON f.id = r.flow_id
LEFT JOIN catalog_product AS p ON p.shop_id = f.shop_id AND p.key = substr(r.subject, 9)
WHERE f.shop_id = :shop AND f.name = :flow AND r.status = 'waiting' AND r.due_at >= :since AND r.due_at < :until
ORDER BY r.due_at LIMIT 500
