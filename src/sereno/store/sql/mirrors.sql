-- Lists over there that are read back: whose turn it is, who is on them, and who was not seen any more.

-- name: due_mirrors
SELECT id FROM tools_mirror WHERE next_at <= :now AND coalesce(lease_until, 0) < :now ORDER BY next_at, id LIMIT 20

-- name: claim_mirror
UPDATE tools_mirror SET worker = :worker, lease_until = :until
WHERE id = :id AND coalesce(lease_until, 0) < :now AND next_at <= :now
RETURNING id, shop_id, connection_id, list, title, failures

-- name: keep_mirror
UPDATE tools_mirror SET lease_until = :until WHERE id = :id AND worker = :worker AND lease_until IS NOT NULL
RETURNING phase, cursor, round

-- name: begin_mirror_round
UPDATE tools_mirror SET phase = 'read', cursor = '', round = round + 1, seen = 0 WHERE id = :id AND worker = :worker

-- name: step_mirror
UPDATE tools_mirror SET phase = :phase, cursor = :cursor, seen = seen + :seen WHERE id = :id AND worker = :worker

-- name: rest_mirror
UPDATE tools_mirror SET phase = 'rest', cursor = '', people = seen, read_at = :now, next_at = :next, failures = 0,
    error = NULL, message = NULL, failed_at = NULL, worker = NULL, lease_until = NULL
WHERE id = :id AND worker = :worker

-- name: release_mirror
UPDATE tools_mirror SET worker = NULL, lease_until = NULL WHERE id = :id AND worker = :worker

-- name: fail_mirror
-- What the tool refused is begun anew: its cursor may be what it does not take any more.
UPDATE tools_mirror SET worker = NULL, lease_until = NULL, next_at = :next, failures = :failures, error = :error,
    message = :message, failed_at = :now, phase = CASE WHEN phase = 'read' AND :anew THEN 'rest' ELSE phase END
WHERE id = :id AND worker = :worker

-- name: put_mirror
INSERT INTO tools_mirror (shop_id, connection_id, list, title, "by", made_at, phase, cursor, round, seen, people,
    next_at, failures)
VALUES (:shop, :connection, :list, :title, :by, :now, 'rest', '', 0, 0, 0, :now, 0)
ON CONFLICT (connection_id, list) DO NOTHING RETURNING id

-- name: end_mirror
UPDATE tools_mirror SET phase = 'drop', next_at = :now, lease_until = NULL, worker = NULL, failures = 0, error = NULL,
    message = NULL, failed_at = NULL
WHERE id = :id AND shop_id = :shop AND phase <> 'drop' RETURNING list, title

-- name: hurry_mirror
UPDATE tools_mirror SET next_at = :now WHERE id = :id AND shop_id = :shop AND phase <> 'drop' RETURNING list, title

-- name: drop_mirror
DELETE FROM tools_mirror WHERE id = :id AND worker = :worker

-- name: mirrors_of_shop
SELECT m.id, c.name AS connection, c.kind, c.settings, m.list, m.title, m."by", m.made_at, m.phase, m.round, m.seen,
    m.people, m.read_at, m.next_at, m.failures, m.error, m.message, m.failed_at
FROM tools_mirror m JOIN connection c ON c.id = m.connection_id
WHERE m.shop_id = :shop ORDER BY m.id

-- name: mirrored_lists
SELECT c.name AS connection, m.list, m.title FROM tools_mirror m JOIN connection c ON c.id = m.connection_id
WHERE m.shop_id = :shop ORDER BY m.title, m.id LIMIT :limit

-- name: mirror_people
SELECT address, key, mark FROM tools_mirror_person WHERE mirror_id = :mirror AND address {in:addresses:text}

-- name: put_mirror_people
-- rows: shop_id bigint, mirror_id bigint, address text, key text, round bigint, mark text
INSERT INTO tools_mirror_person (shop_id, mirror_id, address, key, round, mark) {rows}
ON CONFLICT (mirror_id, address) DO UPDATE SET round = excluded.round, mark = excluded.mark

-- name: unseen_mirror_people
SELECT id, address, key FROM tools_mirror_person WHERE mirror_id = :mirror AND round <= :round
ORDER BY round, id LIMIT :limit

-- name: forget_mirror_people
DELETE FROM tools_mirror_person WHERE id {in:ids:bigint}

-- name: any_missed_of_mirror
SELECT 1 FROM tools_mirror_person WHERE mirror_id = :mirror AND round < :round LIMIT 1
