-- What customers answer when they are asked.

-- name: held_answer
SELECT answers, is_whole, first_at, at FROM surveys_answer
WHERE shop_id = :shop AND survey = :survey AND email = :email AND about = :about

-- name: held_answer_locked
-- Two presses of one mail are one answer and its change.
-- dialect: sqlite
SELECT answers, is_whole, first_at, at FROM surveys_answer
WHERE shop_id = :shop AND survey = :survey AND email = :email AND about = :about
-- dialect: postgresql
SELECT answers, is_whole, first_at, at FROM surveys_answer
WHERE shop_id = :shop AND survey = :survey AND email = :email AND about = :about FOR UPDATE

-- name: put_answer
INSERT INTO surveys_answer (shop_id, survey, email, about, customer, effect, locale, answers, satisfaction, nps,
    is_whole, first_at, at)
VALUES (:shop, :survey, :email, :about, :customer, :effect, :locale, :answers, :satisfaction, :nps, :is_whole, :now, :now)
ON CONFLICT (shop_id, survey, email, about) DO UPDATE SET answers = excluded.answers, locale = excluded.locale,
    satisfaction = excluded.satisfaction, nps = excluded.nps, is_whole = excluded.is_whole, at = excluded.at
RETURNING id
