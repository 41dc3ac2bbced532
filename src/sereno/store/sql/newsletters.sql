-- Newsletters: whose turn it is, whom they go to, what became of each mail.

-- name: due_newsletter
-- The one that waits longest and is nobody's. `
SELECT id FROM newsletters_newsletter
WHERE status IN ('scheduled', 'preparing', 'sending') AND due_at <= :now AND (lease_until IS NULL OR lease_until < :now)
ORDER BY due_at, id LIMIT 1

-- name: take_newsletter
UPDATE newsletters_newsletter SET worker = :worker, lease_until = :until
WHERE id = :id AND status IN ('scheduled', 'preparing', 'sending') AND due_at <= :now
    AND (lease_until IS NULL OR lease_until < :now)
RETURNING id

-- name: newsletter_at_work
SELECT shop_id, status, document, audience, schedule, trial, pace, cursor, winner, due_at, started_at, name
FROM newsletters_newsletter WHERE id = :id AND worker = :worker AND lease_until IS NOT NULL

-- name: keep_newsletter
-- Renews the lease; no row once it was paused, cancelled, or taken by another.
UPDATE newsletters_newsletter SET lease_until = :until
WHERE id = :id AND worker = :worker AND lease_until IS NOT NULL AND status = :status RETURNING id

-- name: newsletter_stage
UPDATE newsletters_newsletter SET status = :status, due_at = :due_at, cursor = :cursor, started_at = :started_at
WHERE id = :id AND worker = :worker

-- name: newsletter_cursor
UPDATE newsletters_newsletter SET cursor = :cursor WHERE id = :id AND worker = :worker

-- name: leave_newsletter
UPDATE newsletters_newsletter SET lease_until = NULL, worker = NULL, due_at = :due_at
WHERE id = :id AND worker = :worker

-- name: fail_newsletter
-- What cannot be sent waits for a person, with the reason.
UPDATE newsletters_newsletter SET status = 'paused', paused_as = status, error = :error, lease_until = NULL, worker = NULL
WHERE id = :id AND worker = :worker AND status IN ('scheduled', 'preparing', 'sending')

-- name: end_newsletter
UPDATE newsletters_newsletter SET status = 'sent', finished_at = :now, lease_until = NULL, worker = NULL, due_at = NULL
WHERE id = :id AND worker = :worker AND status = 'sending' RETURNING id

-- name: newsletter_verdict
UPDATE newsletters_newsletter SET winner = :winner, verdict = :verdict WHERE id = :id AND worker = :worker

-- name: newsletter_people
-- A page of the shop's customers who are a person's main record, in the order of their keys.
SELECT key FROM customers_customer WHERE shop_id = :shop AND merged_into = '' AND key > :after ORDER BY key LIMIT :limit

-- name: newsletter_people_count
-- Of very many, at least so many.
SELECT count(*) FROM (SELECT 1 FROM customers_customer WHERE shop_id = :shop LIMIT 1000000) AS people

-- name: newsletter_segment_keys
-- Which of these customers are in the segment.
SELECT member.key FROM segments_member AS member JOIN segments_segment AS segment ON segment.id = member.segment_id
WHERE segment.shop_id = :shop AND segment.name = :name AND member.is_in = 1 AND member.key {in:keys:text}

-- name: put_pieces
-- rows: newsletter_id bigint, shop_id bigint, person text, address text, provider text, variant text, status text, due_at bigint, attempts smallint, reason text
INSERT INTO newsletters_piece (newsletter_id, shop_id, person, address, provider, variant, status, due_at, attempts,
    reason) {rows} ON CONFLICT DO NOTHING RETURNING id, person, variant

-- name: drop_pieces_of
DELETE FROM newsletters_piece WHERE newsletter_id = :id AND person {in:people:text} RETURNING variant

-- name: count_newsletter
-- rows: newsletter_id bigint, variant text, name text, number bigint
INSERT INTO newsletters_count (newsletter_id, variant, name, number) {rows}
ON CONFLICT (newsletter_id, variant, name) DO UPDATE SET number = newsletters_count.number + excluded.number

-- name: newsletter_counts
SELECT variant, name, number FROM newsletters_count WHERE newsletter_id = :id

-- name: due_pieces
-- While a trial goes on, only those in it.
SELECT id, person, address, provider, variant, due_at, wanted_at, attempts, reason FROM newsletters_piece
WHERE newsletter_id = :id AND status = 'waiting' AND due_at <= :now AND (:all OR variant <> '')
ORDER BY due_at, id LIMIT :limit

-- name: next_piece
SELECT min(due_at) FROM newsletters_piece WHERE newsletter_id = :id AND status = 'waiting' AND (:all OR variant <> '')

-- name: paced_until
SELECT provider, max(due_at) FROM newsletters_piece
WHERE newsletter_id = :id AND status = 'waiting' AND reason = 'newsletter.paced' GROUP BY provider

-- name: claim_pieces
-- rows: id bigint, claim text
-- dialect: sqlite
UPDATE newsletters_piece SET status = 'sending', claim = :claim, reason = NULL
WHERE id = :id AND status = 'waiting'
-- dialect: postgresql
UPDATE newsletters_piece SET status = 'sending', claim = r.claim, reason = NULL FROM {table}
WHERE newsletters_piece.id = r.id AND newsletters_piece.status = 'waiting'

-- name: put_off_pieces
-- rows: id bigint, due_at bigint, wanted_at bigint, reason text, tries smallint
-- dialect: sqlite
UPDATE newsletters_piece SET status = 'waiting', claim = NULL, due_at = :due_at, wanted_at = :wanted_at, reason = :reason,
    attempts = attempts + :tries
WHERE id = :id AND status IN ('waiting', 'sending')
-- dialect: postgresql
UPDATE newsletters_piece SET status = 'waiting', claim = NULL, due_at = r.due_at, wanted_at = r.wanted_at,
    reason = r.reason, attempts = attempts + r.tries FROM {table}
WHERE newsletters_piece.id = r.id AND newsletters_piece.status IN ('waiting', 'sending')

-- name: settle_pieces
-- rows: id bigint, status text, reason text, sent_at bigint
-- dialect: sqlite
UPDATE newsletters_piece SET status = :status, reason = :reason, sent_at = :sent_at
WHERE id = :id AND status IN ('waiting', 'sending') RETURNING id
-- dialect: postgresql
UPDATE newsletters_piece SET status = r.status, reason = r.reason, sent_at = r.sent_at FROM {table}
WHERE newsletters_piece.id = r.id AND newsletters_piece.status IN ('waiting', 'sending') RETURNING newsletters_piece.id

-- name: pieces_in_hand
-- Left by a process that is no more.
SELECT id, claim, variant, person, address FROM newsletters_piece
WHERE newsletter_id = :id AND status = 'sending' ORDER BY id

-- name: pieces_of_claim
SELECT id FROM newsletters_piece WHERE newsletter_id = :id AND status = 'sending' AND claim = :claim LIMIT 1

-- name: make_newsletter
INSERT INTO newsletters_newsletter (shop_id, name, status, message, audience, schedule, trial, pace, is_public, slug, "by",
    created_at, changed_at, cursor, verdict)
VALUES (:shop, :name, 'draft', :message, :audience, :schedule, :trial, :pace, :is_public, :slug, :by, :now, :now, '{}', '{}')
RETURNING id

-- name: newsletter_of
-- dialect: sqlite
SELECT status, name, message, audience, schedule, trial, pace, is_public, paused_as, slug, error
FROM newsletters_newsletter WHERE shop_id = :shop AND id = :id
-- dialect: postgresql
SELECT status, name, message, audience, schedule, trial, pace, is_public, paused_as, slug, error
FROM newsletters_newsletter WHERE shop_id = :shop AND id = :id FOR UPDATE

-- name: change_newsletter
UPDATE newsletters_newsletter SET name = :name, message = :message, audience = :audience, schedule = :schedule,
    trial = :trial, pace = :pace, is_public = :is_public, changed_at = :now
WHERE shop_id = :shop AND id = :id

-- name: schedule_newsletter
UPDATE newsletters_newsletter SET status = 'scheduled', document = :document, due_at = :due_at, changed_at = :now,
    cursor = '{}', error = NULL
WHERE shop_id = :shop AND id = :id

-- name: put_newsletter_status
UPDATE newsletters_newsletter SET status = :status, paused_as = :paused_as, due_at = :due_at, changed_at = :now,
    finished_at = :finished_at, lease_until = NULL, error = NULL
WHERE shop_id = :shop AND id = :id

-- name: publish_newsletter
UPDATE newsletters_newsletter SET is_public = :is_public, changed_at = :now WHERE shop_id = :shop AND id = :id

-- name: drop_newsletter
DELETE FROM newsletters_newsletter WHERE shop_id = :shop AND id = :id AND status = 'draft'

-- name: unknown_pieces
SELECT id, variant FROM newsletters_piece WHERE newsletter_id = :id AND status = 'unknown' ORDER BY id

-- name: answer_pieces
-- rows: id bigint, shop_id bigint, delivered_at bigint, opened_at bigint, machine_opened_at bigint, clicked_at bigint, trouble text
-- dialect: sqlite
UPDATE newsletters_piece SET delivered_at = COALESCE(delivered_at, :delivered_at), opened_at = COALESCE(opened_at, :opened_at),
    machine_opened_at = COALESCE(machine_opened_at, :machine_opened_at), clicked_at = COALESCE(clicked_at, :clicked_at),
    trouble = COALESCE(:trouble, trouble)
WHERE id = :id AND shop_id = :shop_id
-- dialect: postgresql
UPDATE newsletters_piece SET delivered_at = COALESCE(newsletters_piece.delivered_at, r.delivered_at),
    opened_at = COALESCE(newsletters_piece.opened_at, r.opened_at),
    machine_opened_at = COALESCE(newsletters_piece.machine_opened_at, r.machine_opened_at),
    clicked_at = COALESCE(newsletters_piece.clicked_at, r.clicked_at),
    trouble = COALESCE(r.trouble, newsletters_piece.trouble)
FROM {table} WHERE newsletters_piece.id = r.id AND newsletters_piece.shop_id = r.shop_id

-- name: answered_pieces
-- dialect: sqlite
SELECT id, shop_id, newsletter_id, variant, delivered_at, opened_at, machine_opened_at, clicked_at, trouble
FROM newsletters_piece WHERE id {in:ids:bigint} ORDER BY id
-- dialect: postgresql
SELECT id, shop_id, newsletter_id, variant, delivered_at, opened_at, machine_opened_at, clicked_at, trouble
FROM newsletters_piece WHERE id {in:ids:bigint} ORDER BY id FOR UPDATE

-- name: ordered_pieces
-- The newest of each person's mails that went since `since` and has no order yet.
SELECT person, id, newsletter_id, variant, sent_at FROM newsletters_piece
WHERE shop_id = :shop AND person {in:people:text} AND sent_at > :since AND status = 'sent' AND order_key IS NULL
ORDER BY person, sent_at, id

-- name: order_pieces
-- rows: id bigint, order_key text
-- dialect: sqlite
UPDATE newsletters_piece SET order_key = :order_key WHERE id = :id AND order_key IS NULL
-- dialect: postgresql
UPDATE newsletters_piece SET order_key = r.order_key FROM {table}
WHERE newsletters_piece.id = r.id AND newsletters_piece.order_key IS NULL

-- name: newsletter_worth
-- What was ordered after it, by currency.
SELECT orders_order.currency, orders_order.total FROM newsletters_piece AS piece
JOIN orders_order ON orders_order.shop_id = piece.shop_id AND orders_order.key = piece.order_key
WHERE piece.newsletter_id = :id AND piece.order_key IS NOT NULL LIMIT :limit

-- name: drop_newsletter_slots
-- Room that its pieces waited for. `head` is what their keys begin with.
DELETE FROM message_slot WHERE shop_id = :shop AND status = 'waiting' AND key IN (
    SELECT :head || CAST(id AS text) FROM newsletters_piece
    WHERE newsletter_id = :id AND status = 'waiting' AND wanted_at IS NOT NULL)

-- name: put_off_unknown
-- rows: id bigint, due_at bigint
-- dialect: sqlite
UPDATE newsletters_piece SET status = 'waiting', claim = NULL, due_at = :due_at, wanted_at = NULL, reason = NULL
WHERE id = :id AND status = 'unknown'
-- dialect: postgresql
UPDATE newsletters_piece SET status = 'waiting', claim = NULL, due_at = r.due_at, wanted_at = NULL, reason = NULL
FROM {table} WHERE newsletters_piece.id = r.id AND newsletters_piece.status = 'unknown'
