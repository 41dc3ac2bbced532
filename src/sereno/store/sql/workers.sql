-- Workers and their heartbeats.

-- name: beat
-- rows: name text, seen_at bigint, started_at bigint
INSERT INTO worker (name, seen_at, started_at) {rows} ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at

-- name: forget_worker
DELETE FROM worker WHERE name = :name

-- name: bury_workers
DELETE FROM worker WHERE seen_at < :before

-- name: living_workers
SELECT count(*) FROM worker WHERE seen_at > :dead

-- name: database_time
-- dialect: postgresql
SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)

-- name: look
SELECT EXISTS (SELECT 1 FROM delivery WHERE status = 'pending'), EXISTS (SELECT 1 FROM event_queue),
    EXISTS (SELECT 1 FROM run WHERE due_at <= :now), EXISTS (SELECT 1 FROM flow_schedule WHERE due_at <= :now),
    EXISTS (SELECT 1 FROM effect WHERE status = 'pending' AND priority IN (0, 1, 2) AND due_at <= :now
        AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
        AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
            (switch.kind = 'connection' AND switch.name = effect.connection)
            OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))),
    EXISTS (SELECT 1 FROM flow_waking)

-- name: next_due
SELECT (SELECT min(due_at) FROM run WHERE due_at IS NOT NULL),
    (SELECT due_at FROM effect WHERE status = 'pending' AND priority = 0
        AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
        AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
            (switch.kind = 'connection' AND switch.name = effect.connection)
            OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
        ORDER BY due_at LIMIT 1),
    (SELECT due_at FROM effect WHERE status = 'pending' AND priority = 1
        AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
        AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
            (switch.kind = 'connection' AND switch.name = effect.connection)
            OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
        ORDER BY due_at LIMIT 1),
    (SELECT due_at FROM effect WHERE status = 'pending' AND priority = 2
        AND NOT EXISTS (SELECT 1 FROM flow WHERE flow.id = effect.flow_id AND flow.status = 'paused')
        AND NOT EXISTS (SELECT 1 FROM switch WHERE switch.shop_id = effect.shop_id AND (
            (switch.kind = 'connection' AND switch.name = effect.connection)
            OR (switch.kind <> 'connection' AND (switch.kind = 'channel')
                = (replace(switch.actions, ' ' || effect.action || ' ', '') <> switch.actions))))
        ORDER BY due_at LIMIT 1),
    (SELECT min(due_at) FROM flow_schedule)
