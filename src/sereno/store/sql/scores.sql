-- Scores of customers, and the jobs that make them.

-- name: orders_to_score
-- A page of the shop's orders, oldest row first.
SELECT id, customer_key, placed_at, currency, total, status FROM orders_order
WHERE shop_id = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: money_and_zone
SELECT currency, timezone FROM shop WHERE id = :shop

-- name: scores_of_keys
SELECT key, order_days, due_on, told, told_risk, risk, scored_at FROM scores_customer
WHERE shop_id = :shop AND key {in:keys:text}

-- name: put_scores
-- rows: shop_id bigint, key text, order_days int, spent float8, last_on date, recency smallint, frequency smallint, money smallint, rfm_group text, risk float8, alive float8, orders float8, value float8, next_on date, next_from date, next_until date, due_on date, told text, told_risk float8, job bigint, scored_at bigint
INSERT INTO scores_customer (shop_id, key, order_days, spent, last_on, recency, frequency, money, rfm_group, risk, alive,
    orders, value, next_on, next_from, next_until, due_on, told, told_risk, job, scored_at) {rows}
ON CONFLICT (shop_id, key) DO UPDATE SET order_days = excluded.order_days, spent = excluded.spent,
    last_on = excluded.last_on, recency = excluded.recency, frequency = excluded.frequency, money = excluded.money,
    rfm_group = excluded.rfm_group, risk = excluded.risk, alive = excluded.alive, orders = excluded.orders,
    value = excluded.value, next_on = excluded.next_on, next_from = excluded.next_from,
    next_until = excluded.next_until, due_on = excluded.due_on, told = excluded.told, told_risk = excluded.told_risk,
    job = excluded.job, scored_at = excluded.scored_at

-- name: drop_old_scores
DELETE FROM scores_customer WHERE shop_id = :shop AND job <> :job

-- name: put_score_state
INSERT INTO scores_state (shop_id, currency, model, quality, groups, made_at)
VALUES (:shop, :currency, :model, :quality, :groups, :now)
ON CONFLICT (shop_id) DO UPDATE SET currency = excluded.currency, model = excluded.model, quality = excluded.quality,
    groups = excluded.groups, made_at = excluded.made_at

-- name: open_score
SELECT id FROM scores_job WHERE shop_id = :shop AND status IN ('waiting', 'running') LIMIT 1

-- name: any_open_score
SELECT id FROM scores_job WHERE status IN ('waiting', 'running') LIMIT 1

-- name: ask_scores
INSERT INTO scores_job (shop_id, slot, status, "by", attempts, done, total, facts, created_at)
VALUES (:shop, :slot, 'waiting', :by, 0, 0, 0, '{}', :now)
ON CONFLICT (shop_id, slot) DO NOTHING RETURNING id

-- name: ask_days_scores
-- Of every shop that knows anybody, and that has none asked for this slot yet.
INSERT INTO scores_job (shop_id, slot, status, "by", attempts, done, total, facts, created_at)
SELECT shop.id, CAST(:slot AS text), 'waiting', 'sereno', 0, 0, 0, '{}', CAST(:now AS bigint)
FROM shop WHERE EXISTS (SELECT 1 FROM orders_order WHERE orders_order.shop_id = shop.id)
    OR EXISTS (SELECT 1 FROM customers_customer WHERE customers_customer.shop_id = shop.id)
ON CONFLICT (shop_id, slot) DO NOTHING

-- name: claim_score
UPDATE scores_job SET status = 'running', worker = :worker, lease_until = :until, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM scores_job
    WHERE attempts < 3 AND (status = 'waiting' OR (status = 'running' AND lease_until < :now))
    ORDER BY id LIMIT 1
) AND (status = 'waiting' OR lease_until < :now)
RETURNING id, shop_id

-- name: give_up_scores
UPDATE scores_job SET status = 'failed', error = 'scores.broken', finished_at = :now
WHERE status = 'running' AND lease_until < :now AND attempts >= 3

-- name: keep_score
UPDATE scores_job SET lease_until = :until, done = :done, total = :total
WHERE id = :id AND worker = :worker AND status = 'running' RETURNING id

-- name: end_score
UPDATE scores_job SET status = :status, error = :error, facts = :facts, done = :done, total = :total,
    finished_at = :now, lease_until = NULL
WHERE id = :id AND worker = :worker AND status = 'running'

-- name: score_job
SELECT id, shop_id FROM scores_job WHERE id = :id AND worker = :worker AND status = 'running'

-- name: joined_to_score
-- Records joined to another one, and to which.
SELECT key, merged_into FROM customers_customer WHERE shop_id = :shop AND NOT (merged_into = '') AND merged_into > ''

-- name: people_to_score
-- By the primary key, for the shop's rows have no index of their own.
SELECT id, key, data FROM customers_customer WHERE shop_id + 0 = :shop AND id > :after ORDER BY id LIMIT :limit

-- name: acts_to_score
-- The data only of events that do not count whatever they say.
SELECT id, occurred_at, refs, CASE
    WHEN type IN ('message.opened', 'message.clicked', 'consent.changed', 'form.submitted') THEN data END FROM event
WHERE shop_id = :shop AND type = :type AND id > :after AND occurred_at >= :since ORDER BY id LIMIT :limit

-- name: leads_of_keys
SELECT key, told FROM scores_lead WHERE shop_id = :shop AND key {in:keys:text}

-- name: put_leads
-- rows: shop_id bigint, key text, known_on date, last_on date, chance float8, signals text, told float8, job bigint, scored_at bigint
INSERT INTO scores_lead (shop_id, key, known_on, last_on, chance, signals, told, job, scored_at) {rows}
ON CONFLICT (shop_id, key) DO UPDATE SET known_on = excluded.known_on, last_on = excluded.last_on,
    chance = excluded.chance, signals = excluded.signals, told = excluded.told, job = excluded.job,
    scored_at = excluded.scored_at

-- name: drop_old_leads
DELETE FROM scores_lead WHERE id IN (
    SELECT id FROM scores_lead WHERE shop_id = :shop AND job <> :job ORDER BY id LIMIT :limit
) RETURNING key, told

-- name: sent_to_learn
-- Marketing by mail, the newest first, before (`at`, `id`); what bounced reached nobody.
SELECT id, person, source, source_id, sent_at, opened_at FROM insights_message
WHERE shop_id = :shop AND sent_at >= :since AND sent_at <= :at AND (sent_at < :at OR id < :id)
    AND purpose = 'marketing' AND channel = 'email' AND (trouble IS NULL OR trouble <> 'bounced')
ORDER BY sent_at DESC, id DESC LIMIT :limit

-- name: put_moments
-- rows: shop_id bigint, key text, hours text, days text, acts int, job bigint, made_at bigint
INSERT INTO scores_moment (shop_id, key, hours, days, acts, job, made_at) {rows}
ON CONFLICT (shop_id, key) DO UPDATE SET hours = excluded.hours, days = excluded.days, acts = excluded.acts,
    job = excluded.job, made_at = excluded.made_at

-- name: drop_old_moments
DELETE FROM scores_moment WHERE shop_id = :shop AND job <> :job

-- name: put_moment_state
INSERT INTO scores_moment_state (shop_id, takes_own, takes_shop, hours, days, facts, made_at)
VALUES (:shop, :takes_own, :takes_shop, :hours, :days, :facts, :now)
ON CONFLICT (shop_id) DO UPDATE SET takes_own = excluded.takes_own, takes_shop = excluded.takes_shop,
    hours = excluded.hours, days = excluded.days, facts = excluded.facts, made_at = excluded.made_at

-- name: moment_states
SELECT shop_id, takes_own, takes_shop, hours, days FROM scores_moment_state
WHERE shop_id {in:shops:bigint} AND (takes_own OR takes_shop)

-- name: moments_of
SELECT shop_id, key, hours, days, acts FROM scores_moment WHERE shop_id {in:shops:bigint} AND key {in:people:text}

-- name: note_moments
-- rows: key text, shop_id bigint, person text, arm text, wanted_at bigint, best_at bigint
INSERT INTO scores_moment_send (key, shop_id, person, arm, wanted_at, best_at) {rows} ON CONFLICT (key) DO NOTHING

-- name: moment_arms
-- By arm: people, messages, how many went, were opened and clicked in time after they were wanted, and were answered
-- soon after they went; with the sums of squares and products by person that an interval is made of.
SELECT arm, COUNT(*), SUM(wanted), SUM(went), SUM(opened), SUM(clicked), SUM(soon), SUM(wanted * wanted),
    SUM(wanted * opened), SUM(opened * opened), SUM(wanted * clicked), SUM(clicked * clicked), SUM(wanted * soon),
    SUM(soon * soon)
FROM (
    SELECT send.arm AS arm, COUNT(*) AS wanted, COUNT(message.id) AS went,
        COUNT(CASE WHEN message.opened_at <= send.wanted_at + :within THEN 1 END) AS opened,
        COUNT(CASE WHEN message.clicked_at <= send.wanted_at + :within THEN 1 END) AS clicked,
        COUNT(CASE WHEN message.opened_at <= message.sent_at + :soon THEN 1 END) AS soon
    FROM scores_moment_send AS send LEFT JOIN insights_message AS message ON message.key = send.key
    WHERE send.shop_id = :shop AND send.wanted_at >= :since AND send.wanted_at <= :until
    GROUP BY send.arm, send.person
) AS each_person GROUP BY arm

-- name: forget_moment_sends
DELETE FROM scores_moment_send WHERE id IN (
    SELECT id FROM scores_moment_send WHERE shop_id = :shop AND wanted_at < :before ORDER BY wanted_at LIMIT :limit
)
