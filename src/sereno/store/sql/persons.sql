-- Which records of customers are one person.

-- name: lock_persons
-- Who decides about a shop's people does so alone, until the end of the transaction. In SQLite writers are alone anyway.
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT pg_advisory_xact_lock(83, CAST(CAST(:shop AS bigint) AS integer))

-- name: lock_entering
-- Nobody is let into a flow of the shop until the end of the transaction, and those who are just being are waited for.
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT pg_advisory_xact_lock(85, CAST(CAST(:shop AS bigint) AS integer))

-- name: share_entering
-- Many let people into flows beside each other; who joins people waits for them, and they for that one.
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT count(pg_advisory_xact_lock_shared(85, CAST(value AS integer)))
FROM (SELECT value FROM {list:shops:bigint} ORDER BY value) AS shop

-- name: live_runs_of_people
-- Each way by its own index; a run found by both is one.
SELECT id FROM run WHERE shop_id = :shop AND subject {in:subjects:text} AND status IN ('waiting', 'parked', 'running')
UNION SELECT run_id FROM run_link WHERE shop_id = :shop AND link {in:links:text}

-- name: ends_of_runs
SELECT uid, reason, updated_at FROM run WHERE uid {in:uids:text}

-- name: effects_of_ended
-- What these runs did, or will do though they are over.
SELECT run.uid, effect.key, effect.action, run.subject FROM run JOIN effect ON effect.run_id = run.id
WHERE run.uid {in:uids:text} AND effect.status IN ('pending', 'running', 'done', 'shadow')
ORDER BY effect.id

-- name: states_of_effects
SELECT key, status, result FROM effect WHERE key {in:keys:text}

-- name: runs_ended_joined
SELECT id FROM run
WHERE shop_id = :shop AND subject {in:subjects:text} AND reason = :reason AND status NOT IN ('waiting', 'parked', 'running')
ORDER BY id

-- name: put_to_match
-- rows: shop_id bigint, key text
INSERT INTO customers_to_match (shop_id, key) {rows}

-- name: shops_to_match
SELECT DISTINCT shop_id FROM (SELECT shop_id FROM customers_to_match ORDER BY id LIMIT 1000) AS waiting

-- name: take_to_match
DELETE FROM customers_to_match WHERE id IN (
    SELECT id FROM customers_to_match WHERE shop_id = :shop ORDER BY key, id LIMIT :limit
) RETURNING key

-- name: country_of_shop
SELECT settings FROM shop WHERE id = :shop

-- name: connections_to_match
SELECT kind, settings FROM connection WHERE shop_id = :shop

-- name: customers_by_keys
SELECT id, key, data, merged_into, is_main FROM customers_customer WHERE shop_id = :shop AND key {in:keys:text}

-- name: members_of
-- The records joined to these main ones.
SELECT id, key, merged_into FROM customers_customer
WHERE shop_id = :shop AND NOT (merged_into = '') AND merged_into {in:mains:text}

-- name: people_of
-- Of these records those that are joined with others: the person's main key, and the key of one who is joined to it.
-- SQLite uses a partial index only where its condition stands as it was written there: NOT (... = '').
WITH asked AS (
    SELECT shop_id, key, CASE WHEN merged_into = '' THEN key ELSE merged_into END AS main FROM customers_customer
    WHERE shop_id {in:shops:bigint} AND key {in:keys:text} AND (merged_into <> '' OR is_main)
)
SELECT asked.shop_id, asked.key, asked.main, member.key FROM asked JOIN customers_customer AS member
ON member.shop_id = asked.shop_id AND member.merged_into = asked.main AND NOT (member.merged_into = '')
ORDER BY member.id

-- name: forget_identities
DELETE FROM customers_identity WHERE shop_id = :shop AND key {in:keys:text}

-- name: put_identities
-- rows: shop_id bigint, kind text, value text, key text
INSERT INTO customers_identity (shop_id, kind, value, key) {rows} ON CONFLICT (shop_id, kind, value, key) DO NOTHING

-- name: identities_shared
-- Who else has these values, so many of each at most.
SELECT kind, value, key FROM (
    SELECT kind, value, key, row_number() OVER (PARTITION BY kind, value ORDER BY id) AS place FROM customers_identity
    WHERE shop_id = :shop AND kind {in:kinds:text} AND value {in:texts:text}
) AS held WHERE place <= :most

-- name: joins_among
-- Each end by its own index; a pair found by both is one.
SELECT one, other, status, rule, "by" FROM customers_join WHERE shop_id = :shop AND one {in:keys:text}
UNION SELECT one, other, status, rule, "by" FROM customers_join WHERE shop_id = :shop AND other {in:keys:text}

-- name: joins_decided
-- What people said, not the rules.
SELECT at, one, other, status, rule, "by" FROM customers_join
WHERE shop_id = :shop AND "by" <> '' AND status IN ('joined', 'apart') ORDER BY at, id

-- name: put_joins
-- rows: shop_id bigint, one text, other text, status text, rule text, at bigint, who text
INSERT INTO customers_join (shop_id, one, other, status, rule, at, "by") {rows}
ON CONFLICT (shop_id, one, other) DO UPDATE SET status = excluded.status, rule = excluded.rule, at = excluded.at,
    "by" = excluded."by"

-- name: forget_proposals
-- What is said of the same two people now follows from what was joined.
DELETE FROM customers_join WHERE shop_id = :shop AND status = 'proposed' AND one {in:keys:text} AND other {in:keys:text}

-- name: join_by_id
SELECT one, other, status, rule FROM customers_join WHERE shop_id = :shop AND id = :id

-- name: place_in_person
-- rows: shop_id bigint, key text, merged_into text, is_main boolean
-- dialect: sqlite
UPDATE customers_customer SET merged_into = :merged_into, is_main = :is_main WHERE shop_id = :shop_id AND key = :key
-- dialect: postgresql
UPDATE customers_customer SET merged_into = r.merged_into, is_main = r.is_main FROM {table}
WHERE customers_customer.shop_id = r.shop_id AND customers_customer.key = r.key

-- name: lock_customers
-- In the order in which everybody locks them.
-- dialect: sqlite
SELECT 1
-- dialect: postgresql
SELECT key FROM customers_customer WHERE shop_id = :shop AND key {in:keys:text} ORDER BY shop_id, key FOR UPDATE

-- name: tags_known
-- The shop's tags on customers, each found by one step along the index.
WITH RECURSIVE known(tag) AS (
    SELECT (SELECT min(tag) FROM tag WHERE shop_id = :shop AND kind = 'customer')
    UNION ALL
    SELECT (SELECT min(tag) FROM tag WHERE shop_id = :shop AND kind = 'customer' AND tag > known.tag) FROM known
    WHERE known.tag IS NOT NULL
)
SELECT tag FROM known WHERE tag IS NOT NULL LIMIT 40

-- name: put_customers_view
INSERT INTO customers_view (shop_id, name, query, "by") VALUES (:shop, :name, :query, :by)
ON CONFLICT (shop_id, name) DO UPDATE SET query = excluded.query, "by" = excluded."by"

-- name: drop_customers_view
DELETE FROM customers_view WHERE shop_id = :shop AND id = :id

-- name: people_after
-- Main records, in the order of the keys' rows; the primary key is walked, for the shop's rows have no index of their own.
SELECT id, key, data FROM customers_customer
WHERE shop_id + 0 = :shop AND id > :after AND merged_into = '' ORDER BY id LIMIT :limit

-- name: put_pause
INSERT INTO customers_marketing (shop_id, address, paused_until, updated_at) VALUES (:shop, :address, :until, :now)
ON CONFLICT (shop_id, address) DO UPDATE SET paused_until = excluded.paused_until, updated_at = excluded.updated_at

-- name: end_marketing_pause
DELETE FROM customers_marketing WHERE shop_id = :shop AND address = :address
