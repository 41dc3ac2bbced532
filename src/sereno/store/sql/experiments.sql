-- Who was in which arm, and what came of it.

-- name: expose
-- rows: shop_id bigint, flow_id bigint, experiment text, design text, unit text, version integer, arm text, customer text, at bigint, until bigint, due_at bigint
INSERT INTO exposure (shop_id, flow_id, experiment, design, unit, version, arm, customer, at, until, due_at) {rows}
ON CONFLICT (shop_id, flow_id, experiment, design, unit) DO NOTHING

-- name: claim_exposures
-- dialect: sqlite
SELECT id, shop_id, flow_id, experiment, design, arm, unit, customer, at, until, looks, outcome FROM exposure
WHERE due_at <= :now ORDER BY due_at, id LIMIT :limit
-- dialect: postgresql
SELECT id, shop_id, flow_id, experiment, design, arm, unit, customer, at, until, looks, outcome FROM exposure
WHERE due_at <= :now ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED

-- name: settle_exposures
-- rows: id bigint, looks smallint, due_at bigint, outcome text
-- dialect: sqlite
UPDATE exposure SET looks = :looks, due_at = :due_at, outcome = :outcome WHERE id = :id
-- dialect: postgresql
UPDATE exposure SET looks = r.looks, due_at = r.due_at, outcome = r.outcome FROM {table} WHERE exposure.id = r.id

-- name: orders_after
SELECT event_link.shop_id, event_link.link, event.refs, event_link.occurred_at
FROM event_link JOIN event ON event.id = event_link.event_id
WHERE event_link.shop_id {in:shops:bigint} AND event_link.link {in:links:text}
    AND event_link.occurred_at > :since AND event_link.occurred_at <= :until AND event_link.type {in:types:text}

-- name: last_written_to
SELECT shop_id, address, flow_id, at FROM message_slot
WHERE shop_id {in:shops:bigint} AND address {in:addresses:text} AND at > :since AND at <= :until
    AND status = 'sent' AND purpose = 'marketing' ORDER BY at

-- name: add_sums
-- rows: shop_id bigint, flow_id bigint, experiment text, design text, arm text, metric text, day integer, total bigint, squares float8, events bigint
INSERT INTO experiment_sum (shop_id, flow_id, experiment, design, arm, metric, day, total, squares, events) {rows}
ON CONFLICT (shop_id, flow_id, experiment, design, arm, metric, day) DO UPDATE SET
    total = experiment_sum.total + excluded.total, squares = experiment_sum.squares + excluded.squares,
    events = experiment_sum.events + excluded.events

-- name: sums_of_flow
SELECT experiment, design, arm, metric, day, total, squares, events FROM experiment_sum
WHERE shop_id = :shop AND flow_id = :flow AND (day = 0 OR metric {in:daily:text})

-- name: sums_of_shop
SELECT flow_id, experiment, design, arm, metric, total, squares, events FROM experiment_sum
WHERE shop_id = :shop AND flow_id {in:flows:bigint} AND day = 0

-- name: sums_of_experiment
SELECT experiment, design, arm, metric, day, total, squares, events FROM experiment_sum
WHERE shop_id = :shop AND flow_id = :flow AND experiment = :experiment AND (day = 0 OR metric {in:daily:text})

-- name: newsletters_titled
SELECT id, name FROM newsletters_newsletter WHERE shop_id = :shop AND id {in:ids:bigint}

-- name: measured_newsletter
SELECT newsletters_newsletter.name, newsletters_newsletter.audience, shop.currency
FROM newsletters_newsletter JOIN shop ON shop.id = newsletters_newsletter.shop_id
WHERE newsletters_newsletter.shop_id = :shop AND newsletters_newsletter.id = :id

-- name: first_days
SELECT flow_id, experiment, design, arm, (
    SELECT min(one.day) FROM experiment_sum AS one
    WHERE one.shop_id = whole.shop_id AND one.flow_id = whole.flow_id AND one.experiment = whole.experiment
        AND one.design = whole.design AND one.arm = whole.arm AND one.metric = 'exposed' AND one.day > 0)
FROM experiment_sum AS whole
WHERE shop_id = :shop AND flow_id {in:flows:bigint} AND day = 0 AND metric = 'exposed'

-- name: measured_flow
SELECT flow.id, flow.name, flow.title, flow.status, flow.version, flow_version.document, shop.currency
FROM flow JOIN shop ON shop.id = flow.shop_id
LEFT JOIN flow_version ON flow_version.flow_id = flow.id AND flow_version.number = flow.version
WHERE flow.shop_id = :shop AND flow.name = :name

-- name: measured_flows
SELECT flow.id, flow.name, flow.title, flow.status, flow.version, flow_version.document, shop.currency
FROM flow JOIN shop ON shop.id = flow.shop_id
LEFT JOIN flow_version ON flow_version.flow_id = flow.id AND flow_version.number = flow.version
WHERE flow.shop_id = :shop AND NOT flow.is_derived ORDER BY flow.title, flow.id

-- name: measured_shop
SELECT currency, settings FROM shop WHERE id = :shop
