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

-- name: drop_schedule
DELETE FROM flow_schedule WHERE flow_id = :flow

-- name: next_due_schedule
SELECT min(due_at) FROM flow_schedule
