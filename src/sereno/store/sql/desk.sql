-- Questions to staff in chats: where they stand, who is who there, and what has to be said of decided ones.

-- name: desk_people_of_shops
SELECT shop_id, kind, account, person FROM desk_person WHERE shop_id {in:shops:bigint} ORDER BY id

-- name: desk_people
SELECT kind, account, person, source, made_at FROM desk_person WHERE shop_id = :shop ORDER BY person, kind

-- name: desk_person
SELECT person FROM desk_person WHERE shop_id = :shop AND kind = :kind AND account = :account

-- name: drop_desk_person
-- An account is one person's, and a person has one account in each chat.
DELETE FROM desk_person
WHERE shop_id = :shop AND kind = :kind AND (account = :account OR person = :person)

-- name: put_desk_person
INSERT INTO desk_person (shop_id, kind, account, person, source, made_at)
VALUES (:shop, :kind, :account, :person, :source, :now)

-- name: member_by_number
SELECT auth_user.email, auth_user.username FROM membership JOIN auth_user ON auth_user.id = membership.user_id
WHERE membership.shop_id = :shop AND auth_user.id = :user AND auth_user.is_active

-- name: desk_approval
SELECT approval.id, approval.text, flow.title, run.uid, approval.by, approval.not_by, approval.status,
    approval.expires_at, approval.decided_at, approval.decided_by, approval.note
FROM approval JOIN run ON run.id = approval.run_id JOIN flow ON flow.id = run.flow_id
WHERE approval.id = :number AND approval.shop_id = :shop

-- name: desk_approval_of_key
SELECT id FROM approval WHERE key = :key AND shop_id = :shop

-- name: desk_limit
SELECT limit_question.id, flow.title, limit_question.status, limit_question.decided_at, limit_question.decided_by,
    limit_question.note, limit_question.kind, limit_question."limit", limit_question.wanted, limit_question.currency
FROM limit_question JOIN flow ON flow.id = limit_question.flow_id
WHERE limit_question.id = :number AND limit_question.shop_id = :shop

-- name: desk_post
SELECT status, chat, message, at FROM desk_post WHERE effect_key = :key

-- name: desk_post_by_id
SELECT about, number, kind, chat, message, status FROM desk_post WHERE id = :id AND shop_id = :shop

-- name: begin_desk_post
INSERT INTO desk_post (shop_id, effect_key, kind, about, number, chat, message, status, at, changed_at)
VALUES (:shop, :key, :kind, :about, :number, :chat, '', 'begun', :now, :now)
ON CONFLICT (effect_key) DO NOTHING

-- name: end_desk_post
UPDATE desk_post SET status = 'posted', chat = :chat, message = :message, changed_at = :now
WHERE effect_key = :key AND status = 'begun'

-- name: forget_desk_post
DELETE FROM desk_post WHERE effect_key = :key AND status = 'begun'

-- name: desk_post_there
SELECT id FROM desk_post WHERE about = :about AND number = :number AND shop_id = :shop AND kind = :kind
    AND chat = :chat AND message = :message

-- name: adopt_desk_post
-- A card whose answer was lost: who presses its button shows where it stands.
INSERT INTO desk_post (shop_id, effect_key, kind, about, number, chat, message, status, at, changed_at)
VALUES (:shop, :key, :kind, :about, :number, :chat, :message, 'posted', :now, :now)
ON CONFLICT (effect_key) DO NOTHING

-- name: desk_posts_wait
SELECT EXISTS (
    SELECT 1 FROM desk_post JOIN approval ON approval.id = desk_post.number
    WHERE desk_post.status = 'posted' AND desk_post.about = 'approval' AND approval.status <> 'open')
OR EXISTS (
    SELECT 1 FROM desk_post JOIN limit_question ON limit_question.id = desk_post.number
    WHERE desk_post.status = 'posted' AND desk_post.about = 'limit' AND limit_question.status <> 'open')

-- name: desk_posts_to_settle
SELECT desk_post.id, desk_post.shop_id, desk_post.kind, run.flow_id, run.id, approval.step, run.subject
FROM desk_post JOIN approval ON approval.id = desk_post.number JOIN run ON run.id = approval.run_id
WHERE desk_post.status = 'posted' AND desk_post.about = 'approval' AND approval.status <> 'open'
UNION ALL
SELECT desk_post.id, desk_post.shop_id, desk_post.kind, run.flow_id, run.id, '0', run.subject
FROM desk_post JOIN limit_question ON limit_question.id = desk_post.number JOIN run ON run.id = limit_question.run_id
WHERE desk_post.status = 'posted' AND desk_post.about = 'limit' AND limit_question.status <> 'open'
ORDER BY 1 LIMIT 200

-- name: mark_desk_posts
UPDATE desk_post SET status = 'settling', changed_at = :now WHERE id {in:ids:bigint} AND status = 'posted' RETURNING id

-- name: settle_desk_post
UPDATE desk_post SET status = 'settled', changed_at = :now WHERE id = :id AND status <> 'settled'

-- name: forget_desk_posts
DELETE FROM desk_post WHERE status = 'settled' AND changed_at < :before
