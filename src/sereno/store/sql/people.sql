-- Tags, consent, suppression, and the trail of who did what.

-- name: tags_of
SELECT shop_id, kind, key, tag FROM tag
WHERE shop_id {in:shops:bigint} AND kind {in:kinds:text} AND key {in:keys:text} ORDER BY id

-- name: add_tags
-- rows: shop_id bigint, kind text, key text, tag text, added_at bigint
INSERT INTO tag (shop_id, kind, key, tag, added_at) {rows} ON CONFLICT (shop_id, kind, key, tag) DO NOTHING

-- name: remove_tags
-- rows: shop_id bigint, kind text, key text, tag text
-- dialect: sqlite
DELETE FROM tag WHERE shop_id = :shop_id AND kind = :kind AND key = :key AND tag = :tag
-- dialect: postgresql
DELETE FROM tag USING {table}
WHERE tag.shop_id = r.shop_id AND tag.kind = r.kind AND tag.key = r.key AND tag.tag = r.tag

-- name: add_consents
-- rows: shop_id bigint, address text, channel text, purpose text, granted boolean, at bigint, source text, proof text, uid text
INSERT INTO consent (shop_id, address, channel, purpose, granted, at, source, proof, uid) {rows}
ON CONFLICT (shop_id, uid) DO NOTHING

-- name: consent_of
SELECT granted FROM consent
WHERE shop_id = :shop AND address {in:addresses:text} AND channel = :channel AND purpose = :purpose
ORDER BY at DESC, id DESC LIMIT 1

-- name: last_words
-- The newest line of each address for each purpose: marketing, its topics, how often; without `at` for one that is
-- suppressed, which outweighs it.
SELECT shop_id, address, channel, granted, at, purpose FROM (
    SELECT shop_id, address, channel, granted, at, purpose,
        row_number() OVER (PARTITION BY shop_id, address, channel, purpose ORDER BY at DESC, id DESC) AS place
    FROM consent
    WHERE shop_id {in:shops:bigint} AND address {in:addresses:text}
) AS lines
WHERE place = 1
UNION ALL
SELECT shop_id, address, channel, FALSE, CAST(NULL AS bigint), 'marketing' FROM suppression
WHERE shop_id {in:shops:bigint} AND address {in:addresses:text}
UNION ALL
-- A pause is a no of its day, until it is over.
SELECT shop_id, address, way.channel, FALSE, updated_at, 'marketing' FROM customers_marketing
CROSS JOIN (SELECT 'email' AS channel UNION ALL SELECT 'sms' UNION ALL SELECT 'whatsapp') AS way
WHERE shop_id {in:shops:bigint} AND address {in:addresses:text} AND paused_until > :now

-- name: is_suppressed
SELECT reason FROM suppression WHERE shop_id = :shop AND address {in:addresses:text} AND channel = :channel

-- name: suppress
-- rows: shop_id bigint, address text, channel text, reason text, at bigint
INSERT INTO suppression (shop_id, address, channel, reason, at) {rows} ON CONFLICT (shop_id, address, channel) DO NOTHING

-- name: lift_bounces
DELETE FROM suppression WHERE shop_id = :shop AND address {in:addresses:text} AND channel = :channel AND reason LIKE 'bounce.%'

-- name: lift_suppression
DELETE FROM suppression WHERE shop_id = :shop AND address {in:addresses:text} AND channel = :channel RETURNING reason

-- name: add_audit
-- rows: shop_id bigint, at bigint, by text, action text, target text, details text
INSERT INTO audit (shop_id, at, "by", action, target, details) {rows}

-- name: people_of_shops
SELECT membership.shop_id, membership.role, auth_user.email, auth_user.username
FROM membership JOIN auth_user ON auth_user.id = membership.user_id
WHERE auth_user.is_active AND membership.shop_id {in:shops:bigint} ORDER BY membership.id

-- name: question_by_key
SELECT approval.id, approval.text, approval.expires_at, flow.title
FROM approval JOIN run ON run.id = approval.run_id JOIN flow ON flow.id = run.flow_id
WHERE approval.key = :key AND approval.shop_id = :shop AND approval.status = 'open'
