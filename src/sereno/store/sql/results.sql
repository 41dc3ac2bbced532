-- What became of messages, which orders count for them, and the sums of both.

-- name: note_sent_messages
-- rows: key text, shop_id bigint, source text, source_id bigint, step text, variant text, channel text, locale text, day integer, purpose text, person text, address text, segments smallint, sent_at bigint
INSERT INTO insights_message (key, shop_id, source, source_id, step, variant, channel, locale, day, purpose, person, address,
    segments, sent_at) {rows}
ON CONFLICT (key) DO NOTHING RETURNING key

-- name: count_messages
-- rows: shop_id bigint, day integer, source text, source_id bigint, step text, variant text, channel text, locale text, currency text, shard smallint, sent bigint, segments bigint, failed bigint, withheld bigint, delivered bigint, opened bigint, machine bigint, clicked bigint, unsubscribed bigint, complained bigint, bounced bigint, orders bigint, revenue bigint, known bigint, margin bigint, codes bigint
INSERT INTO insights_tally (shop_id, day, source, source_id, step, variant, channel, locale, currency, shard, sent, segments,
    failed, withheld, delivered, opened, machine, clicked, unsubscribed, complained, bounced, orders, revenue, known, margin,
    codes) {rows}
ON CONFLICT (shop_id, day, source, source_id, step, variant, channel, locale, currency, shard) DO UPDATE SET
    sent = insights_tally.sent + excluded.sent, segments = insights_tally.segments + excluded.segments,
    failed = insights_tally.failed + excluded.failed, withheld = insights_tally.withheld + excluded.withheld,
    delivered = insights_tally.delivered + excluded.delivered, opened = insights_tally.opened + excluded.opened,
    machine = insights_tally.machine + excluded.machine, clicked = insights_tally.clicked + excluded.clicked,
    unsubscribed = insights_tally.unsubscribed + excluded.unsubscribed,
    complained = insights_tally.complained + excluded.complained, bounced = insights_tally.bounced + excluded.bounced,
    orders = insights_tally.orders + excluded.orders, revenue = insights_tally.revenue + excluded.revenue,
    known = insights_tally.known + excluded.known, margin = insights_tally.margin + excluded.margin,
    codes = insights_tally.codes + excluded.codes

-- name: count_months
-- as: count_messages, insights_tally = insights_month, day = month

-- name: messages_answered
-- dialect: sqlite
SELECT key, shop_id, day, source, source_id, step, variant, channel, locale, delivered_at, opened_at, machine_at, clicked_at,
    trouble
FROM insights_message WHERE key {in:keys:text} ORDER BY id
-- dialect: postgresql
SELECT key, shop_id, day, source, source_id, step, variant, channel, locale, delivered_at, opened_at, machine_at, clicked_at,
    trouble
FROM insights_message WHERE key {in:keys:text} ORDER BY id FOR UPDATE

-- name: answer_messages
-- rows: key text, delivered_at bigint, opened_at bigint, machine_at bigint, clicked_at bigint, trouble text
-- dialect: sqlite
UPDATE insights_message SET delivered_at = :delivered_at, opened_at = :opened_at, machine_at = :machine_at,
    clicked_at = :clicked_at, trouble = :trouble
WHERE key = :key
-- dialect: postgresql
UPDATE insights_message SET delivered_at = r.delivered_at, opened_at = r.opened_at, machine_at = r.machine_at,
    clicked_at = r.clicked_at, trouble = r.trouble
FROM {table} WHERE insights_message.key = r.key

-- name: pieces_named
SELECT id, newsletter_id, variant FROM newsletters_piece WHERE id {in:ids:bigint}

-- name: messages_before_orders
-- Marketing that went to these people or addresses. SQLite is told the way, for it may know the tables from when they
-- were small.
-- dialect: sqlite
SELECT key, shop_id, day, source, source_id, step, variant, channel, locale, person, address, sent_at
FROM insights_message INDEXED BY insights_message_person
WHERE shop_id {in:shops:bigint} AND person {in:people:text} AND sent_at > :since AND sent_at <= :until
    AND purpose = 'marketing'
UNION
SELECT key, shop_id, day, source, source_id, step, variant, channel, locale, person, address, sent_at
FROM insights_message INDEXED BY insights_message_address
WHERE shop_id {in:shops:bigint} AND address {in:addresses:text} AND sent_at > :since AND sent_at <= :until
    AND purpose = 'marketing'
-- dialect: postgresql
SELECT key, shop_id, day, source, source_id, step, variant, channel, locale, person, address, sent_at
FROM insights_message
WHERE shop_id {in:shops:bigint} AND person {in:people:text} AND sent_at > :since AND sent_at <= :until
    AND purpose = 'marketing'
UNION
SELECT key, shop_id, day, source, source_id, step, variant, channel, locale, person, address, sent_at
FROM insights_message
WHERE shop_id {in:shops:bigint} AND address {in:addresses:text} AND sent_at > :since AND sent_at <= :until
    AND purpose = 'marketing'

-- name: credits_of_orders
SELECT shop_id, order_key, message_key, day, source, source_id, step, variant, channel, locale, currency, amount, margin,
    counted, placed_at
FROM insights_credit WHERE shop_id {in:shops:bigint} AND order_key {in:orders:text}

-- name: credit_orders
-- rows: shop_id bigint, order_key text, message_key text, day integer, source text, source_id bigint, step text, variant text, channel text, locale text, currency text, amount bigint, margin bigint, counted smallint, placed_at bigint
INSERT INTO insights_credit (shop_id, order_key, message_key, day, source, source_id, step, variant, channel, locale, currency,
    amount, margin, counted, placed_at) {rows}
ON CONFLICT (shop_id, order_key) DO UPDATE SET amount = excluded.amount, margin = excluded.margin,
    counted = excluded.counted, currency = excluded.currency

-- name: flows_named
SELECT id, shop_id, name FROM flow WHERE shop_id {in:shops:bigint} AND name {in:names:text}

-- name: forget_messages
DELETE FROM insights_message WHERE shop_id IN (SELECT id FROM shop) AND sent_at < :before

-- name: first_message_since
SELECT id FROM insights_message WHERE shop_id = :shop AND sent_at >= :since ORDER BY sent_at LIMIT 1

-- name: message_sums_of_days
-- Of one flow or newsletter by day; rows of the step `*` are sums of the others, so few are read for a year.
SELECT '', 0, '', '', channel, '', currency, day, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_tally
WHERE shop_id = :shop AND day >= :since AND day <= :until AND source = :source AND source_id = :id AND step = '*'
GROUP BY day, channel, currency

-- name: message_sums_of_step
SELECT '', 0, step, '', channel, '', currency, day, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_tally
WHERE shop_id = :shop AND day >= :since AND day <= :until AND source = :source AND source_id = :id AND step = :step
GROUP BY day, step, channel, currency

-- name: message_sums_of_kinds
-- By all that a message is told apart by: whole months, and the days at both ends that make none.
SELECT '', 0, step, variant, channel, locale, currency, 0, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_tally
WHERE shop_id = :shop AND day {in:days:integer} AND source = :source AND source_id = :id AND step <> '*'
GROUP BY step, variant, channel, locale, currency
UNION ALL
SELECT '', 0, step, variant, channel, locale, currency, 0, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_month
WHERE shop_id = :shop AND month >= :first AND month <= :last AND source = :source AND source_id = :id AND step <> '*'
GROUP BY step, variant, channel, locale, currency

-- name: message_sums_of_shop
-- Of each flow and newsletter, in the same way. SQLite would read all of the shop, for it comes in the order of its groups.
-- dialect: sqlite
SELECT source, source_id, '', '', channel, '', currency, 0, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_tally INDEXED BY insights_tally_whole
WHERE shop_id = :shop AND day {in:days:integer} AND step = '*' AND source <> '*'
GROUP BY source, source_id, channel, currency
UNION ALL
SELECT source, source_id, '', '', channel, '', currency, 0, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_month INDEXED BY insights_month_whole
WHERE shop_id = :shop AND month >= :first AND month <= :last AND step = '*'
GROUP BY source, source_id, channel, currency
-- dialect: postgresql
SELECT source, source_id, '', '', channel, '', currency, 0, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_tally
WHERE shop_id = :shop AND day {in:days:integer} AND step = '*' AND source <> '*'
GROUP BY source, source_id, channel, currency
UNION ALL
SELECT source, source_id, '', '', channel, '', currency, 0, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_month
WHERE shop_id = :shop AND month >= :first AND month <= :last AND step = '*'
GROUP BY source, source_id, channel, currency

-- name: message_sums_by_day
SELECT '', 0, '', '', channel, '', currency, day, SUM(sent), SUM(segments), SUM(failed), SUM(withheld),
    SUM(delivered), SUM(opened), SUM(machine), SUM(clicked), SUM(unsubscribed), SUM(complained), SUM(bounced), SUM(orders),
    SUM(revenue), SUM(known), SUM(margin), SUM(codes)
FROM insights_tally
WHERE shop_id = :shop AND day >= :since AND day <= :until AND source = '*' AND source_id = 0 AND step = '*'
GROUP BY day, channel, currency

-- name: sources_named
SELECT 'flow', id, name, title FROM flow WHERE shop_id = :shop AND id {in:flows:bigint}
UNION ALL
SELECT 'newsletter', id, CAST(id AS text), name FROM newsletters_newsletter WHERE shop_id = :shop AND id {in:newsletters:bigint}
