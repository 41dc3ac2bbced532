-- Forms in storefronts: how often they are seen and sent, what is sent, and the leads that come of it.

-- name: count_form
-- Views and submits of one day.
INSERT INTO forms_count (shop_id, form, variant, day, views, submits)
VALUES (:shop, :form, :variant, :day, :views, :submits)
ON CONFLICT (shop_id, form, variant, day) DO UPDATE SET views = forms_count.views + excluded.views,
    submits = forms_count.submits + excluded.submits

-- name: add_submission
-- A form is sent once from each view: who sends it again gets what the first got.
INSERT INTO forms_submission (shop_id, form, uid, variant, customer, email, phone, answers, consents, result, page,
    locale, points, at)
VALUES (:shop, :form, :uid, :variant, :customer, :email, :phone, :answers, :consents, :result, :page, :locale, :points,
    :now)
ON CONFLICT (shop_id, uid) DO NOTHING
RETURNING id

-- name: submission_result
SELECT result FROM forms_submission WHERE shop_id = :shop AND uid = :uid

-- name: finish_submission
UPDATE forms_submission SET consents = :consents, result = :result WHERE id = :id

-- name: form_leads_of
-- dialect: sqlite
SELECT id, shop_id, person, email, form, points, stage, since, changed_at FROM forms_lead
WHERE shop_id {in:shops:bigint} AND person {in:persons:text}
UNION
SELECT id, shop_id, person, email, form, points, stage, since, changed_at FROM forms_lead
WHERE shop_id {in:shops:bigint} AND email {in:emails:text}
-- dialect: postgresql
SELECT id, shop_id, person, email, form, points, stage, since, changed_at FROM forms_lead
WHERE id IN (
    SELECT id FROM forms_lead WHERE shop_id {in:shops:bigint} AND person {in:persons:text}
    UNION SELECT id FROM forms_lead WHERE shop_id {in:shops:bigint} AND email {in:emails:text}
) ORDER BY id FOR UPDATE

-- name: put_form_leads
-- rows: shop_id bigint, person text, email text, form text, points integer, stage text, since bigint, changed_at bigint
INSERT INTO forms_lead (shop_id, person, email, form, points, stage, since, changed_at) {rows}
ON CONFLICT (shop_id, person) DO UPDATE SET points = excluded.points, stage = excluded.stage,
    email = coalesce(forms_lead.email, excluded.email), changed_at = excluded.changed_at

-- name: lead_settings
SELECT id, settings FROM shop WHERE id {in:shops:bigint}

-- name: set_lead_rules
UPDATE shop SET settings = :settings WHERE id = :shop
