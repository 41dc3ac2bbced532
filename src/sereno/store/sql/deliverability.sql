-- What became of mail: counts by day and mailbox provider, addresses in trouble, sending domains, warm-up.

-- name: count_mail
-- rows: shop_id bigint, day text, provider text, what text, shard smallint, count bigint
INSERT INTO mail_tally (shop_id, day, provider, what, shard, count) {rows}
ON CONFLICT (shop_id, day, provider, what, shard) DO UPDATE SET count = mail_tally.count + excluded.count

-- name: mail_tallies
SELECT day, provider, what, SUM(count) FROM mail_tally
WHERE shop_id = :shop AND day >= :since AND day <= :until GROUP BY day, provider, what ORDER BY day, provider, what

-- name: add_soft_bounces
-- rows: shop_id bigint, address text, count integer, last_at bigint
-- A row of trouble that came long after the one before begins anew: 30 days, in microseconds.
INSERT INTO mail_soft_bounce (shop_id, address, count, last_at) {rows}
ON CONFLICT (shop_id, address) DO UPDATE SET
    count = CASE WHEN mail_soft_bounce.last_at < excluded.last_at - 2592000000000 THEN excluded.count
        ELSE mail_soft_bounce.count + excluded.count END,
    last_at = excluded.last_at

-- name: forget_soft_bounces
-- rows: shop_id bigint, address text
-- dialect: sqlite
DELETE FROM mail_soft_bounce WHERE shop_id = :shop_id AND address = :address
-- dialect: postgresql
DELETE FROM mail_soft_bounce USING {table}
WHERE mail_soft_bounce.shop_id = r.shop_id AND mail_soft_bounce.address = r.address

-- name: suppress_repeated
-- rows: shop_id bigint, address text, most integer, now bigint
-- dialect: sqlite
INSERT INTO suppression (shop_id, address, channel, reason, at)
SELECT shop_id, address, 'email', 'bounce.repeated', :now FROM mail_soft_bounce
WHERE shop_id = :shop_id AND address = :address AND count >= :most
ON CONFLICT (shop_id, address, channel) DO NOTHING
-- dialect: postgresql
INSERT INTO suppression (shop_id, address, channel, reason, at)
SELECT m.shop_id, m.address, 'email', 'bounce.repeated', r.now
FROM {table} JOIN mail_soft_bounce m ON m.shop_id = r.shop_id AND m.address = r.address AND m.count >= r.most
ON CONFLICT (shop_id, address, channel) DO NOTHING

-- name: mail_domains
SELECT domain, selector, private_key, public_key, is_signing, checks, checked_at FROM mail_domain
WHERE shop_id = :shop ORDER BY domain

-- name: mail_domain
SELECT domain, selector, private_key, public_key, is_signing, checks, checked_at FROM mail_domain
WHERE shop_id = :shop AND domain = :domain

-- name: add_mail_domain
INSERT INTO mail_domain (shop_id, domain, selector, private_key, public_key, is_signing, checks, created_at)
VALUES (:shop, :domain, :selector, :private_key, :public_key, :is_signing, '{}', :now)
ON CONFLICT (shop_id, domain) DO NOTHING

-- name: change_mail_domain
UPDATE mail_domain SET is_signing = :is_signing WHERE shop_id = :shop AND domain = :domain

-- name: checked_mail_domain
UPDATE mail_domain SET checks = :checks, checked_at = :now WHERE shop_id = :shop AND domain = :domain

-- name: remove_mail_domain
DELETE FROM mail_domain WHERE shop_id = :shop AND domain = :domain

-- name: lock_warmup
-- rows: shop_id bigint, day text, provider text
-- Each row is there afterwards, and ours until this transaction ends.
-- dialect: sqlite
INSERT INTO mail_warmup (shop_id, day, provider, count) VALUES (:shop_id, :day, :provider, 0)
ON CONFLICT (shop_id, day, provider) DO UPDATE SET count = mail_warmup.count
-- dialect: postgresql
INSERT INTO mail_warmup (shop_id, day, provider, count)
SELECT r.shop_id, r.day, r.provider, 0 FROM {table}
ON CONFLICT (shop_id, day, provider) DO UPDATE SET count = mail_warmup.count

-- name: warmup_taken
SELECT shop_id, day, provider, count FROM mail_warmup WHERE shop_id {in:shops:bigint} AND day {in:days:text}

-- name: put_warmup
-- rows: shop_id bigint, day text, provider text, count bigint
INSERT INTO mail_warmup (shop_id, day, provider, count) {rows}
ON CONFLICT (shop_id, day, provider) DO UPDATE SET count = excluded.count
