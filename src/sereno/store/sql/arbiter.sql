-- What was written to whom, what is on its way and what waits: the arbiter's slots.

-- name: lock_recipients
-- dialect: postgresql
-- One lock for each person and address, in the order given, until the end of the transaction. In SQLite writers come
-- one after the other anyway.
SELECT count(pg_advisory_xact_lock(value)) FROM {list:recipients:bigint}

-- name: slots_of
-- What went since `since`, and all that has not gone yet, to these people or addresses. A slot whose effect is over
-- says how that ended. SQLite is told the way, for what it knows of a table may be from when that was small.
-- dialect: sqlite
SELECT slot.key, slot.shop_id, slot.channel, slot.purpose, slot.person, slot.address, slot.status, slot.at, slot.wanted_at,
    slot.priority, slot.merge, slot.flow_id, slot.reason,
    CASE WHEN slot.reason = 'message.merged' THEN slot.details END, COALESCE(effect.id, 0), effect.status
FROM message_slot AS slot INDEXED BY message_slot_person LEFT JOIN effect ON effect.key = slot.key AND slot.status <> 'sent'
WHERE slot.shop_id {in:shops:bigint} AND slot.person {in:people:text}
    AND (slot.status <> 'sent' OR slot.at > :since)
UNION ALL
SELECT slot.key, slot.shop_id, slot.channel, slot.purpose, slot.person, slot.address, slot.status, slot.at, slot.wanted_at,
    slot.priority, slot.merge, slot.flow_id, slot.reason,
    CASE WHEN slot.reason = 'message.merged' THEN slot.details END, COALESCE(effect.id, 0), effect.status
FROM message_slot AS slot INDEXED BY message_slot_address LEFT JOIN effect ON effect.key = slot.key AND slot.status <> 'sent'
WHERE slot.shop_id {in:shops:bigint} AND slot.address {in:addresses:text}
    AND (slot.status <> 'sent' OR slot.at > :since)
-- dialect: postgresql
SELECT slot.key, slot.shop_id, slot.channel, slot.purpose, slot.person, slot.address, slot.status, slot.at, slot.wanted_at,
    slot.priority, slot.merge, slot.flow_id, slot.reason,
    CASE WHEN slot.reason = 'message.merged' THEN slot.details END, COALESCE(effect.id, 0), effect.status
FROM message_slot AS slot LEFT JOIN effect ON effect.key = slot.key AND slot.status <> 'sent'
WHERE slot.shop_id {in:shops:bigint} AND slot.person {in:people:text}
    AND (slot.status <> 'sent' OR slot.at > :since)
UNION ALL
SELECT slot.key, slot.shop_id, slot.channel, slot.purpose, slot.person, slot.address, slot.status, slot.at, slot.wanted_at,
    slot.priority, slot.merge, slot.flow_id, slot.reason,
    CASE WHEN slot.reason = 'message.merged' THEN slot.details END, COALESCE(effect.id, 0), effect.status
FROM message_slot AS slot LEFT JOIN effect ON effect.key = slot.key AND slot.status <> 'sent'
WHERE slot.shop_id {in:shops:bigint} AND slot.address {in:addresses:text}
    AND (slot.status <> 'sent' OR slot.at > :since)

-- name: keep_slots
-- rows: key text, shop_id bigint, flow_id bigint, run_id bigint, channel text, purpose text, person text, address text, status text, at bigint, wanted_at bigint, expires_at bigint, priority smallint, merge text, reason text, details text
INSERT INTO message_slot (key, shop_id, flow_id, run_id, channel, purpose, person, address, status, at, wanted_at,
    expires_at, priority, merge, reason, details) {rows}
ON CONFLICT (key) DO UPDATE SET status = excluded.status, at = excluded.at, person = excluded.person,
    address = excluded.address, priority = excluded.priority, expires_at = excluded.expires_at,
    reason = excluded.reason, details = excluded.details

-- name: merge_slots
-- rows: key text, details text
-- dialect: sqlite
UPDATE message_slot SET reason = 'message.merged', details = :details WHERE key = :key
-- dialect: postgresql
UPDATE message_slot SET reason = 'message.merged', details = r.details FROM {table} WHERE message_slot.key = r.key

-- name: sent_slots
-- rows: key text, at bigint
-- dialect: sqlite
UPDATE message_slot SET status = 'sent', at = :at, reason = NULL, details = NULL WHERE key = :key
-- dialect: postgresql
UPDATE message_slot SET status = 'sent', at = r.at, reason = NULL, details = NULL FROM {table}
WHERE message_slot.key = r.key

-- name: give_back_slots
DELETE FROM message_slot WHERE key {in:keys:text} RETURNING shop_id, person, address

-- name: give_back_cancelled
-- What runs cut short had asked for and nobody had begun.
DELETE FROM message_slot
WHERE key IN (SELECT key FROM effect WHERE run_id {in:runs:bigint} AND status = 'cancelled' AND recalled_at = :now)
RETURNING shop_id, person, address

-- name: wake_waiting
-- Those that wait for the same people are looked at again; another worker that has one in hand looks anyway.
-- dialect: sqlite
UPDATE effect SET due_at = :now WHERE id IN (
    SELECT effect.id FROM (
        SELECT key FROM message_slot INDEXED BY message_slot_person
        WHERE shop_id {in:shops:bigint} AND person {in:people:text} AND status = 'waiting'
        UNION SELECT key FROM message_slot INDEXED BY message_slot_address
        WHERE shop_id {in:shops:bigint} AND address {in:addresses:text} AND status = 'waiting'
    ) AS slot CROSS JOIN effect ON effect.key = slot.key
    WHERE effect.status = 'pending' AND effect.due_at > :now)
-- dialect: postgresql
UPDATE effect SET due_at = :now WHERE id IN (
    SELECT effect.id FROM effect JOIN message_slot AS slot ON slot.key = effect.key
    WHERE slot.status = 'waiting' AND slot.shop_id {in:shops:bigint}
        AND (slot.person {in:people:text} OR slot.address {in:addresses:text})
        AND effect.status = 'pending' AND effect.due_at > :now
    ORDER BY effect.id FOR UPDATE OF effect SKIP LOCKED)

-- name: wake_effects
-- dialect: sqlite
UPDATE effect SET due_at = :now WHERE id IN (
    SELECT effect.id FROM {list:keys:text} CROSS JOIN effect ON effect.key = value
    WHERE effect.status = 'pending' AND effect.due_at > :now)
-- dialect: postgresql
UPDATE effect SET due_at = :now WHERE id IN (
    SELECT id FROM effect WHERE key {in:keys:text} AND status = 'pending' AND due_at > :now
    ORDER BY id FOR UPDATE SKIP LOCKED)

-- name: defer_effects
-- rows: id bigint, due_at bigint, error text, message text
-- dialect: sqlite
UPDATE effect SET status = 'pending', worker = NULL, lease_until = NULL, attempts = attempts - 1, due_at = :due_at,
    error = :error, message = :message
WHERE id = :id
-- dialect: postgresql
UPDATE effect SET status = 'pending', worker = NULL, lease_until = NULL, attempts = attempts - 1, due_at = r.due_at,
    error = r.error, message = r.message
FROM {table} WHERE effect.id = r.id

-- name: forget_slots
-- dialect: sqlite
DELETE FROM message_slot INDEXED BY message_slot_sent
WHERE status = 'sent' AND shop_id IN (SELECT id FROM shop) AND at < :before
-- dialect: postgresql
DELETE FROM message_slot WHERE status = 'sent' AND shop_id IN (SELECT id FROM shop) AND at < :before

-- name: shadow_slots_of
-- What versions in shadow would have sent to these people or addresses since `since`.
-- dialect: sqlite
SELECT key, shop_id, flow_id, version, channel, purpose, person, address, at
FROM shadow_slot INDEXED BY shadow_slot_person
WHERE shop_id {in:shops:bigint} AND person {in:people:text} AND at > :since
UNION
SELECT key, shop_id, flow_id, version, channel, purpose, person, address, at
FROM shadow_slot INDEXED BY shadow_slot_address
WHERE shop_id {in:shops:bigint} AND address {in:addresses:text} AND at > :since
-- dialect: postgresql
SELECT key, shop_id, flow_id, version, channel, purpose, person, address, at FROM shadow_slot
WHERE shop_id {in:shops:bigint} AND person {in:people:text} AND at > :since
UNION
SELECT key, shop_id, flow_id, version, channel, purpose, person, address, at FROM shadow_slot
WHERE shop_id {in:shops:bigint} AND address {in:addresses:text} AND at > :since

-- name: keep_shadow_slots
-- rows: key text, shop_id bigint, flow_id bigint, version integer, channel text, purpose text, person text, address text, at bigint
INSERT INTO shadow_slot (key, shop_id, flow_id, version, channel, purpose, person, address, at) {rows}
ON CONFLICT (key) DO NOTHING

-- name: forget_shadow_slots
DELETE FROM shadow_slot WHERE at < :before

-- name: settings_of_shop
-- dialect: sqlite
SELECT settings, slug FROM shop WHERE id = :shop
-- dialect: postgresql
SELECT settings, slug FROM shop WHERE id = :shop FOR UPDATE

-- name: keep_settings
UPDATE shop SET settings = :settings WHERE id = :shop

-- name: wake_all_waiting
-- dialect: sqlite
UPDATE effect SET due_at = :now WHERE id IN (
    SELECT effect.id FROM message_slot AS slot CROSS JOIN effect ON effect.key = slot.key
    WHERE slot.status = 'waiting' AND slot.shop_id = :shop AND effect.status = 'pending' AND effect.due_at > :now)
-- dialect: postgresql
UPDATE effect SET due_at = :now WHERE id IN (
    SELECT effect.id FROM effect JOIN message_slot AS slot ON slot.key = effect.key
    WHERE slot.status = 'waiting' AND slot.shop_id = :shop AND effect.status = 'pending' AND effect.due_at > :now
    ORDER BY effect.id FOR UPDATE OF effect SKIP LOCKED)

-- name: waiting_messages
-- In the order of their moments, after (`at`, `key`).
SELECT slot.key, slot.channel, slot.purpose, slot.person, slot.address, slot.at, slot.wanted_at, slot.expires_at,
    slot.priority, slot.reason, slot.details, flow.name, flow.title, run.uid, run.subject, effect.id
FROM message_slot AS slot JOIN effect ON effect.key = slot.key JOIN flow ON flow.id = slot.flow_id
    JOIN run ON run.id = slot.run_id
WHERE slot.shop_id = :shop AND slot.status = 'waiting' AND effect.status IN ('pending', 'running')
    AND (slot.at > :at OR (slot.at = :at AND slot.key > :key))
ORDER BY slot.at, slot.key LIMIT :limit

-- name: messages_to
-- All that went, goes and waits to one person, the latest first.
SELECT slot.key, slot.channel, slot.purpose, slot.person, slot.address, slot.at, slot.wanted_at, slot.expires_at,
    slot.priority, slot.reason, slot.details, flow.name, flow.title, run.uid, run.subject, effect.id, slot.status
FROM message_slot AS slot LEFT JOIN effect ON effect.key = slot.key LEFT JOIN flow ON flow.id = slot.flow_id
    LEFT JOIN run ON run.id = slot.run_id
WHERE slot.shop_id = :shop AND slot.person = :who
UNION
SELECT slot.key, slot.channel, slot.purpose, slot.person, slot.address, slot.at, slot.wanted_at, slot.expires_at,
    slot.priority, slot.reason, slot.details, flow.name, flow.title, run.uid, run.subject, effect.id, slot.status
FROM message_slot AS slot LEFT JOIN effect ON effect.key = slot.key LEFT JOIN flow ON flow.id = slot.flow_id
    LEFT JOIN run ON run.id = slot.run_id
WHERE slot.shop_id = :shop AND slot.address = :who
ORDER BY 6 DESC, 1 LIMIT :limit

-- name: messages_lately
-- The latest that went since `since`, for trying rules on.
SELECT slot.channel, slot.purpose, slot.person, slot.wanted_at, slot.at, slot.priority, flow.name
FROM message_slot AS slot LEFT JOIN flow ON flow.id = slot.flow_id
WHERE slot.shop_id = :shop AND slot.status = 'sent' AND slot.at > :since ORDER BY slot.at DESC LIMIT :limit
