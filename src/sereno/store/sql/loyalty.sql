-- Points and credit: accounts are locked in the order of their rows, then postings, lines and lots are written together.

-- name: loyalty_programs
SELECT shop_id, document, started_at FROM loyalty_program WHERE shop_id {in:shops:bigint} AND is_on = true

-- name: loyalty_program
SELECT document, version, started_at, changed_at FROM loyalty_program WHERE shop_id = :shop

-- name: put_loyalty_program
INSERT INTO loyalty_program (shop_id, is_on, document, version, started_at, changed_at)
VALUES (:shop, :on, :document, 1, :started, :now)
ON CONFLICT (shop_id) DO UPDATE SET is_on = excluded.is_on, document = excluded.document,
    version = loyalty_program.version + 1, started_at = COALESCE(loyalty_program.started_at, excluded.started_at),
    changed_at = excluded.changed_at
RETURNING version

-- name: make_loyalty_accounts
-- rows: shop_id bigint, customer text, unit text, available bigint, pending bigint, tier text, changed_at bigint
INSERT INTO loyalty_account (shop_id, customer, unit, available, pending, tier, changed_at) {rows}
ON CONFLICT (shop_id, customer, unit) DO NOTHING

-- name: loyalty_account_ids
SELECT id, shop_id, customer, unit FROM loyalty_account
WHERE shop_id {in:shops:bigint} AND customer {in:customers:text} AND unit {in:units:text}

-- name: lock_loyalty_accounts
-- dialect: sqlite
SELECT id, shop_id, customer, unit, available, pending, tier, review_at FROM loyalty_account
WHERE id {in:ids:bigint} ORDER BY id
-- dialect: postgresql
SELECT id, shop_id, customer, unit, available, pending, tier, review_at FROM loyalty_account
WHERE id {in:ids:bigint} ORDER BY id FOR UPDATE

-- name: loyalty_lots
SELECT id, account, order_key, earned, taken, remaining, state, earned_at, release_at, expires_at, expires_days, warn_at
FROM loyalty_lot WHERE account {in:accounts:bigint}
    AND (state <> 'closed' OR earned_at > :since OR order_key {in:orders:text})
ORDER BY id

-- name: loyalty_posted
SELECT shop_id, source FROM loyalty_posting WHERE shop_id {in:shops:bigint} AND source {in:sources:text}

-- name: loyalty_lots_of_orders
SELECT l.shop_id, l.order_key, a.customer FROM loyalty_lot AS l JOIN loyalty_account AS a ON a.id = l.account
WHERE l.shop_id {in:shops:bigint} AND l.order_key {in:orders:text} AND NOT (l.order_key = '')

-- name: copy_loyalty_postings
-- copy: loyalty_posting (id, shop_id, account, kind, source, order_key, by, note, at)

-- name: copy_loyalty_lines
-- copy: loyalty_line (shop_id, posting, account, side, amount)

-- name: copy_loyalty_lots
-- copy: loyalty_lot (id, shop_id, account, order_key, earned, taken, remaining, state, earned_at, release_at, expires_at, expires_days, warn_at)

-- name: set_loyalty_lots
-- rows: id bigint, taken bigint, remaining bigint, state text, expires_at bigint, warn_at bigint
-- dialect: sqlite
UPDATE loyalty_lot SET taken = :taken, remaining = :remaining, state = :state, expires_at = :expires_at,
    warn_at = :warn_at WHERE id = :id
-- dialect: postgresql
UPDATE loyalty_lot SET taken = r.taken, remaining = r.remaining, state = r.state, expires_at = r.expires_at,
    warn_at = r.warn_at FROM {table} WHERE loyalty_lot.id = r.id

-- name: set_loyalty_accounts
-- rows: id bigint, available bigint, pending bigint, tier text, review_at bigint, changed_at bigint
-- dialect: sqlite
UPDATE loyalty_account SET available = :available, pending = :pending, tier = :tier, review_at = :review_at,
    changed_at = :changed_at WHERE id = :id
-- dialect: postgresql
UPDATE loyalty_account SET available = r.available, pending = r.pending, tier = r.tier, review_at = r.review_at,
    changed_at = r.changed_at FROM {table} WHERE loyalty_account.id = r.id

-- name: loyalty_due
-- Accounts in which something falls due: points that count from now, that end, that are to be warned of, a year over.
SELECT account FROM (
    SELECT account FROM (SELECT account FROM loyalty_lot
        WHERE state = 'pending' AND release_at <= :now ORDER BY release_at LIMIT :limit) AS due
    UNION SELECT account FROM (SELECT account FROM loyalty_lot
        WHERE state = 'open' AND expires_at <= :now ORDER BY expires_at LIMIT :limit) AS ended
    UNION SELECT account FROM (SELECT account FROM loyalty_lot
        WHERE state = 'open' AND warn_at <= :now ORDER BY warn_at LIMIT :limit) AS warned
    UNION SELECT id FROM (SELECT id FROM loyalty_account
        WHERE review_at <= :now ORDER BY review_at LIMIT :limit) AS reviewed) AS found
ORDER BY account LIMIT :limit

-- name: add_loyalty_purchase
INSERT INTO loyalty_purchase (shop_id, account, source, unit, paid, name, kind, value, currency, status, code, at)
VALUES (:shop, :account, :source, :unit, :paid, :name, :kind, :value, :currency, :status, '', :now)
ON CONFLICT (shop_id, source) DO NOTHING
RETURNING id

-- name: loyalty_purchase
SELECT p.id, p.source, p.unit, p.paid, p.status, p.code, a.customer FROM loyalty_purchase AS p
JOIN loyalty_account AS a ON a.id = p.account WHERE p.shop_id = :shop AND p.id = :id

-- name: end_loyalty_purchase
UPDATE loyalty_purchase SET status = :status, code = :code WHERE shop_id = :shop AND id = :id AND status = 'asked'
RETURNING id

-- name: loyalty_wrong
-- Accounts whose balance is not the sum of their lines, or whose open lots are not what is available. None, ever.
SELECT a.customer, a.unit, a.available, a.pending,
    COALESCE((SELECT sum(l.amount) FROM loyalty_line AS l WHERE l.account = a.id AND l.side = 'available'), 0),
    COALESCE((SELECT sum(l.amount) FROM loyalty_line AS l WHERE l.account = a.id AND l.side = 'pending'), 0),
    COALESCE((SELECT sum(t.remaining) FROM loyalty_lot AS t WHERE t.account = a.id AND t.state = 'open'), 0),
    COALESCE((SELECT sum(t.remaining) FROM loyalty_lot AS t WHERE t.account = a.id AND t.state = 'pending'), 0)
FROM loyalty_account AS a WHERE a.id {in:ids:bigint} ORDER BY a.id

-- name: loyalty_customers
SELECT id FROM loyalty_account WHERE shop_id = :shop ORDER BY id

-- name: loyalty_unbalanced
SELECT posting, sum(amount) FROM loyalty_line WHERE shop_id = :shop GROUP BY posting HAVING sum(amount) <> 0 LIMIT 20

-- name: incentives_due
-- Whether anything of codes or points may be due: four looks at the end of an index.
SELECT EXISTS (SELECT 1 FROM pricing_code WHERE status = 'issued' AND expires_at <= :now)
    OR EXISTS (SELECT 1 FROM loyalty_lot WHERE state = 'pending' AND release_at <= :now)
    OR EXISTS (SELECT 1 FROM loyalty_lot WHERE state = 'open' AND expires_at <= :now)
    OR EXISTS (SELECT 1 FROM loyalty_lot WHERE state = 'open' AND warn_at <= :now)
    OR EXISTS (SELECT 1 FROM loyalty_account WHERE review_at <= :now)
