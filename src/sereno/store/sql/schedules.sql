-- Flows that are due by the clock.

-- name: due_schedule
-- dialect: sqlite
SELECT flow_id, version, due_at, since_at, until_at, cursor FROM flow_schedule
WHERE due_at <= :now ORDER BY due_at LIMIT 1
-- dialect: postgresql
SELECT flow_id, version, due_at, since_at, until_at, cursor FROM flow_schedule
WHERE due_at <= :now ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: put_schedule
-- rows: flow_id bigint, version integer, due_at bigint, since_at bigint, until_at bigint, cursor text
INSERT INTO flow_schedule (flow_id, version, due_at, since_at, until_at, cursor) {rows}
ON CONFLICT (flow_id) DO UPDATE SET version = excluded.version, due_at = excluded.due_at, since_at = excluded.since_at,
    until_at = excluded.until_at, cursor = excluded.cursor

-- name: schedule_of
SELECT flow_version.document FROM flow_schedule
JOIN flow_version ON flow_version.flow_id = flow_schedule.flow_id AND flow_version.number = flow_schedule.version
WHERE flow_schedule.flow_id = :flow

-- name: move_schedule
UPDATE flow_schedule SET version = :version WHERE flow_id = :flow

-- name: postpone_schedule
UPDATE flow_schedule SET due_at = :at, until_at = coalesce(until_at, due_at) WHERE flow_id = :flow AND due_at = :due

-- name: drop_schedule
DELETE FROM flow_schedule WHERE flow_id = :flow

-- name: next_due_schedule
SELECT min(due_at) FROM flow_schedule
