-- What is amiss, and who was told of it.

-- name: see_alert
-- What people know of comes again as a digest: not before `quiet_until`, and never while it is acknowledged.
UPDATE alert SET count = count + :count, last_at = :now, text_code = :text_code, facts = :facts, severity = CASE
        WHEN severity = 'critical' OR :severity = 'critical' THEN 'critical' ELSE :severity END,
    tell_at = CASE
        WHEN :severity = 'critical' AND severity <> 'critical' THEN :now
        WHEN status = 'acknowledged' OR tell_at IS NOT NULL THEN tell_at
        WHEN status = 'snoozed' AND snoozed_until > quiet_until THEN snoozed_until
        ELSE quiet_until END
WHERE shop_id = :shop AND kind = :kind AND about = :about AND status <> 'settled' RETURNING id

-- name: reopen_alert
UPDATE alert SET status = 'open', count = count + :count, opened_at = :now, last_at = :now, settled_at = NULL,
    snoozed_until = NULL, taken_by = '', text_code = :text_code, facts = :facts, severity = :severity,
    tell_at = CASE WHEN quiet_until > :now THEN quiet_until ELSE :now END
WHERE id = (
    SELECT max(id) FROM alert
    WHERE shop_id = :shop AND kind = :kind AND about = :about AND status = 'settled' AND settled_at > :since
) RETURNING id

-- name: insert_alert
INSERT INTO alert (shop_id, kind, about, severity, text_code, facts, status, count, first_at, opened_at, last_at,
    taken_by, tell_at, quiet_until, told, told_count, told_state)
VALUES (:shop, :kind, :about, :severity, :text_code, :facts, 'open', :count, :now, :now, :now, '', :now, 0, 0, 0, '')
ON CONFLICT (shop_id, kind, about) WHERE NOT (status = 'settled') DO NOTHING RETURNING id

-- name: settle_alert
-- Who heard of it hears that it is over; who did not need not.
UPDATE alert SET status = 'settled', settled_at = :now, snoozed_until = NULL,
    tell_at = CASE WHEN told_state = 'open' THEN CAST(:now AS bigint) END
WHERE shop_id = :shop AND kind = :kind AND about = :about AND status <> 'settled' RETURNING id

-- name: change_alert
UPDATE alert SET status = :status, snoozed_until = :until, taken_by = :by, tell_at = :tell_at
WHERE id = :id AND shop_id = :shop AND status <> 'settled' RETURNING kind, about

-- name: settle_alert_by_hand
-- Its people know: one of them did it.
UPDATE alert SET status = 'settled', settled_at = :now, snoozed_until = NULL, taken_by = :by, tell_at = NULL
WHERE id = :id AND shop_id = :shop AND status <> 'settled' RETURNING kind, about

-- name: unsettled_alerts
SELECT id, shop_id, kind, about, facts, status, last_at FROM alert
WHERE shop_id {in:shops:bigint} AND status IN ('open', 'acknowledged', 'snoozed') ORDER BY id

-- name: copy_alert_notes
-- copy: alert_note (shop, kind, about, facts, count, at)

-- name: take_alert_notes
DELETE FROM alert_note WHERE id IN (SELECT id FROM alert_note ORDER BY id LIMIT 2000)
RETURNING id, shop, kind, about, facts, count, at
