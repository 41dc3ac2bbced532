-- What usually happens, how often, and whether it did.

-- name: watch_turn
SELECT coalesce((SELECT due_at FROM watch_turn WHERE name = :name), 0)

-- name: take_watch_turn
-- By whoever comes first.
INSERT INTO watch_turn (name, due_at, after) VALUES (:name, :next, 0)
ON CONFLICT (name) DO UPDATE SET due_at = :next WHERE watch_turn.due_at <= :now RETURNING after

-- name: watch_cursors
-- dialect: sqlite
SELECT name, after FROM watch_turn WHERE name {in:names:text} ORDER BY name
-- dialect: postgresql
SELECT name, after FROM watch_turn WHERE name {in:names:text} ORDER BY name FOR UPDATE

-- name: move_watch_cursors
-- rows: name text, due_at bigint, after bigint
INSERT INTO watch_turn (name, due_at, after) {rows} ON CONFLICT (name) DO UPDATE SET after = excluded.after

-- name: new_runs
SELECT id, shop_id, flow_id, started_at FROM run WHERE id > :after ORDER BY id LIMIT :limit

-- name: new_deliveries
SELECT delivery.id, connection.shop_id, delivery.connection_id, delivery.received_at
FROM delivery JOIN connection ON connection.id = delivery.connection_id
WHERE delivery.id > :after ORDER BY delivery.id LIMIT :limit

-- name: new_events
SELECT id, shop_id, type, received_at, connection_id FROM event WHERE id > :after ORDER BY id LIMIT :limit

-- name: watch_series
SELECT id, shop_id, kind, name, first_hour, last_at, learned_hour, is_ignored, tolerance, judged FROM watch_series
ORDER BY id

-- name: see_series
-- rows: shop_id bigint, kind text, name text, first_hour integer, last_at bigint, learned_hour integer, is_ignored boolean
INSERT INTO watch_series (shop_id, kind, name, first_hour, last_at, learned_hour, is_ignored) {rows}
ON CONFLICT (shop_id, kind, name) DO UPDATE SET last_at = CASE
    WHEN watch_series.last_at < excluded.last_at THEN excluded.last_at ELSE watch_series.last_at END
RETURNING id, shop_id, kind, name

-- name: series_named
SELECT shop_id, kind, name, last_at FROM watch_series
WHERE shop_id {in:shops:bigint} AND kind {in:kinds:text} AND name {in:names:text}

-- name: add_hours
-- rows: series_id bigint, hour integer, count integer, pause bigint, pause_end bigint
INSERT INTO watch_hour (series_id, hour, count, pause, pause_end) {rows}
ON CONFLICT (series_id, hour) DO UPDATE SET count = watch_hour.count + excluded.count,
    pause = CASE WHEN excluded.pause > watch_hour.pause THEN excluded.pause ELSE watch_hour.pause END,
    pause_end = CASE WHEN excluded.pause > watch_hour.pause THEN excluded.pause_end ELSE watch_hour.pause_end END

-- name: series_to_learn
SELECT watch_series.id, watch_series.shop_id, watch_series.kind, watch_series.name, watch_series.first_hour,
    watch_series.last_at, shop.timezone
FROM watch_series JOIN shop ON shop.id = watch_series.shop_id
WHERE watch_series.learned_hour < :before AND watch_series.last_at >= :since
ORDER BY watch_series.learned_hour, watch_series.id LIMIT :limit

-- name: hours_of
SELECT hour, count, pause, pause_end FROM watch_hour WHERE series_id = :series AND hour >= :since

-- name: keep_profile
UPDATE watch_series SET profile = :profile, learned_hour = :hour WHERE id = :id

-- name: forget_hours
DELETE FROM watch_hour WHERE series_id = :series AND hour < :before

-- name: profiles_of
SELECT id, profile FROM watch_series WHERE id {in:ids:bigint}

-- name: counts_now
SELECT series_id, count FROM watch_hour WHERE hour = :hour AND series_id {in:ids:bigint}

-- name: keep_judged
-- rows: id bigint, judged text
-- dialect: sqlite
UPDATE watch_series SET judged = :judged WHERE id = :id
-- dialect: postgresql
UPDATE watch_series SET judged = r.judged FROM {table} WHERE watch_series.id = r.id

-- name: pauses_since
SELECT shop_id, series_id, begins_at, ends_at FROM watch_pause WHERE ends_at > :since ORDER BY begins_at

-- name: add_watch_pause
INSERT INTO watch_pause (shop_id, series_id, begins_at, ends_at, note, "by") VALUES (:shop, :series, :begin, :end, :note, :by)
RETURNING id

-- name: stretch_pause
UPDATE watch_pause SET ends_at = :end WHERE id = (
    SELECT max(id) FROM watch_pause WHERE series_id = :series AND note = :note AND ends_at >= :begin
) RETURNING id

-- name: end_pause
DELETE FROM watch_pause WHERE id = :id AND shop_id = :shop RETURNING note

-- name: watched_flows
SELECT flow.id, flow.shop_id, flow.name, flow.title, flow.status, flow.is_derived, flow.version, flow.updated_at
FROM flow WHERE flow.shop_id {in:shops:bigint}

-- name: watched_connections
SELECT id, shop_id, name, is_active, settings FROM connection WHERE shop_id {in:shops:bigint}

-- name: change_series
UPDATE watch_series SET is_ignored = :is_ignored, tolerance = :tolerance WHERE id = :id AND shop_id = :shop
RETURNING kind, name

-- name: series_by_about
SELECT id, kind, name, last_at, learned_hour, is_ignored, tolerance, profile FROM watch_series
WHERE shop_id = :shop AND kind = :kind AND name = :name

-- name: forget_listener
DELETE FROM alert_listener WHERE shop_id = :shop AND user_id = :user

-- name: insert_listener
INSERT INTO alert_listener (shop_id, user_id, hears, quiet_from, quiet_until)
VALUES (:shop, :user, :hears, :quiet_from, :quiet_until)

-- name: alert_of
SELECT kind, about, status FROM alert WHERE id = :id AND shop_id = :shop

-- name: lost_workers
-- Those that went without a word, and the newest that came after.
SELECT name, seen_at, (SELECT count(*) FROM worker AS other WHERE other.started_at >= worker.seen_at - :overlap
    AND other.seen_at > :dead) FROM worker WHERE seen_at <= :dead

-- name: late_timers
SELECT shop_id, min(due_at), count(*) FROM (
    SELECT shop_id, due_at FROM run WHERE due_at <= :before ORDER BY due_at LIMIT 1000
) AS late GROUP BY shop_id

-- name: late_events
SELECT event.shop_id, event.received_at FROM event_queue JOIN event ON event.id = event_queue.event_id
ORDER BY event_queue.event_id LIMIT 1

-- name: late_deliveries
SELECT connection.shop_id, delivery.received_at FROM delivery JOIN connection ON connection.id = delivery.connection_id
WHERE delivery.status = 'pending' ORDER BY delivery.id LIMIT 1

-- name: late_effects
-- Not what may not go (`claim_effects` has the same), nor what of a shop has just been let go on: it is being caught up.
SELECT shop_id, since, count FROM (
    SELECT shop_id, min(due_at) AS since, count(*) AS count FROM (
        SELECT shop_id, due_at FROM effect
        WHERE status = 'pending' AND priority IN (0, 1) AND due_at <= :before
            AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
            AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
                (switch.kind = 'connection' AND switch.name = effect.connection)
                OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                    = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
        LIMIT 1000
    ) AS late GROUP BY shop_id
) AS found
WHERE NOT EXISTS (SELECT 1 FROM audit WHERE audit.shop_id = found.shop_id
    AND audit.action IN ('switch.on', 'flow.live', 'flow.shadow') AND audit.at > :before)

-- name: troubled_webhooks
SELECT shop_id, id, name, status, failing_since FROM webhook
WHERE status = 'disabled' OR (status = 'active' AND failing_since <= :before)

-- name: has_failed_effect
SELECT EXISTS (SELECT 1 FROM effect WHERE flow_id = :flow AND step = :step AND status = 'failed' AND created_at > 0
    AND coalesce(error, '') = :reason), EXISTS (SELECT 1 FROM (
        SELECT step, finished_at FROM effect WHERE flow_id = :flow AND status = 'done' ORDER BY id DESC LIMIT 500
    ) AS newest WHERE step = :step AND finished_at > :since)

-- name: has_failed_delivery
SELECT EXISTS (SELECT 1 FROM delivery WHERE connection_id = :connection AND status = 'failed'
    AND coalesce(substr(reason, 1, 120), '') = :reason)

-- name: has_failed_event
SELECT EXISTS (SELECT 1 FROM event WHERE shop_id = :shop AND error IS NOT NULL AND type = :type)

-- name: alerts_to_tell
SELECT id, shop_id, kind, about, severity, text_code, facts, status, count, told, told_state, first_at, opened_at
FROM alert WHERE tell_at <= :now ORDER BY tell_at, id LIMIT 500

-- name: mark_told
-- rows: id bigint, told integer, told_state text, status text, quiet_until bigint
-- dialect: sqlite
UPDATE alert SET told = :told + 1, told_state = :told_state, told_count = count, quiet_until = :quiet_until,
    tell_at = NULL, status = :status, snoozed_until = NULL
WHERE id = :id AND told = :told AND tell_at IS NOT NULL RETURNING id
-- dialect: postgresql
UPDATE alert SET told = r.told + 1, told_state = r.told_state, told_count = alert.count, quiet_until = r.quiet_until,
    tell_at = NULL, status = r.status, snoozed_until = NULL
FROM {table} WHERE alert.id = r.id AND alert.told = r.told AND alert.tell_at IS NOT NULL RETURNING alert.id

-- name: hush_alerts
UPDATE alert SET tell_at = :at WHERE id {in:ids:bigint} AND tell_at IS NOT NULL

-- name: tellings_since
SELECT count(*), min(at) FROM alert_telling WHERE shop = :shop AND at > :since

-- name: insert_telling
INSERT INTO alert_telling (shop, at) VALUES (:shop, :at) RETURNING id

-- name: forget_tellings
DELETE FROM alert_telling WHERE shop = :shop AND at < :before

-- name: alert_listeners
SELECT alert_listener.shop_id, alert_listener.hears, alert_listener.quiet_from, alert_listener.quiet_until,
    auth_user.email, auth_user.username
FROM alert_listener JOIN auth_user ON auth_user.id = alert_listener.user_id
WHERE alert_listener.shop_id {in:shops:bigint}

-- name: alerts_by_id
SELECT id, kind, about, severity, text_code, facts, status, count, first_at, last_at, settled_at FROM alert
WHERE shop_id = :shop AND id {in:ids:bigint} ORDER BY id

-- name: any_to_tell
SELECT EXISTS (SELECT 1 FROM alert WHERE tell_at <= :now)

-- name: run_of_alerts
SELECT id, flow_id FROM run WHERE uid = :uid
