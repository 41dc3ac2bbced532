-- Channels beside mail: accounts, messages by channel, who is reached where.

-- name: channel_connections
SELECT id, name, kind, settings, access FROM connection
WHERE shop_id = :shop AND is_active AND access <> '' AND kind {in:kinds:text} ORDER BY id

-- name: channel_connection
SELECT id, shop_id, kind, settings, access, is_active FROM connection WHERE shop_id = :shop AND name = :name

-- name: set_channel
UPDATE connection SET access = :access, settings = :settings, secrets = :secrets, is_active = :is_active
WHERE id = :id

-- name: choose_channel
UPDATE connection SET settings = :settings WHERE id = :id

-- name: channel_message
SELECT status, reason, said, provider_id, segments, at, address, connection FROM channels_message
WHERE effect_key = :key AND channel = :channel

-- name: begun_channel
-- By which a message went, or may have gone: all but what failed.
SELECT max(channel), max(address) FROM channels_message WHERE effect_key = :key AND status <> 'failed'

-- name: forget_failed_ways
-- Of effects that a person has tried again.
DELETE FROM channels_message WHERE status IN ('failed', 'unclear')
    AND effect_key IN (SELECT key FROM effect WHERE id {in:ids:bigint})

-- name: begin_channel_message
INSERT INTO channels_message (shop_id, effect_key, channel, address, customer, connection, status, provider_id, reason,
    said, segments, at, changed_at)
VALUES (:shop, :key, :channel, :address, :customer, :connection, 'begun', '', '', '', 1, :now, :now)
ON CONFLICT (effect_key, channel) DO NOTHING

-- name: end_channel_message
-- What a webhook said meanwhile stands.
UPDATE channels_message SET status = CASE WHEN status = 'begun' OR status = 'unclear' THEN :status ELSE status END,
    provider_id = CASE WHEN provider_id = '' THEN :provider_id ELSE provider_id END, reason = :reason, said = :said,
    segments = :segments, changed_at = :now
WHERE effect_key = :key AND channel = :channel

-- name: forget_channel_message
DELETE FROM channels_message WHERE effect_key = :key AND channel = :channel AND status = 'begun'

-- name: failed_channels
SELECT max(CASE WHEN channel = 'email' THEN reason END), max(CASE WHEN channel = 'sms' THEN reason END),
    max(CASE WHEN channel = 'whatsapp' THEN reason END), max(CASE WHEN channel = 'telegram' THEN reason END),
    max(CASE WHEN channel = 'push' THEN reason END)
FROM channels_message WHERE effect_key = :key AND status = 'failed'

-- name: channel_message_of_provider
-- dialect: sqlite
SELECT id, effect_key, channel, customer, address, status FROM channels_message
WHERE shop_id = :shop AND channel = :channel AND provider_id = :provider_id
-- dialect: postgresql
SELECT id, effect_key, channel, customer, address, status FROM channels_message
WHERE shop_id = :shop AND channel = :channel AND provider_id = :provider_id FOR UPDATE

-- name: channel_message_of_effect
-- dialect: sqlite
SELECT id, effect_key, channel, customer, address, status FROM channels_message
WHERE shop_id = :shop AND channel = :channel AND effect_key = :key
-- dialect: postgresql
SELECT id, effect_key, channel, customer, address, status FROM channels_message
WHERE shop_id = :shop AND channel = :channel AND effect_key = :key FOR UPDATE

-- name: move_channel_message
UPDATE channels_message SET status = :status, reason = :reason, said = :said, changed_at = :now,
    provider_id = CASE WHEN provider_id = '' THEN :provider_id ELSE provider_id END
WHERE id = :id

-- name: channel_contact
SELECT customer, inbound_at FROM channels_contact
WHERE shop_id = :shop AND channel = :channel AND address = :address

-- name: put_channel_contact
INSERT INTO channels_contact (shop_id, channel, address, customer, name, inbound_at, made_at)
VALUES (:shop, :channel, :address, :customer, :name, :inbound_at, :now)
ON CONFLICT (shop_id, channel, address) DO UPDATE SET
    customer = CASE WHEN excluded.customer <> '' THEN excluded.customer ELSE channels_contact.customer END,
    name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE channels_contact.name END,
    inbound_at = CASE WHEN channels_contact.inbound_at IS NULL OR channels_contact.inbound_at < excluded.inbound_at
        THEN coalesce(excluded.inbound_at, channels_contact.inbound_at) ELSE channels_contact.inbound_at END

-- name: customer_of_identity
SELECT key FROM customers_identity WHERE shop_id = :shop AND kind = :kind AND value = :value ORDER BY key LIMIT 2

-- name: customer_of_number
SELECT key FROM customers_customer WHERE shop_id = :shop AND id = :id

-- name: number_of_customer
SELECT id FROM customers_customer WHERE shop_id = :shop AND key = :key

-- name: browsers_of
SELECT id, subscription FROM channels_browser WHERE shop_id = :shop AND customer = :customer ORDER BY id DESC LIMIT 10

-- name: put_browser
INSERT INTO channels_browser (shop_id, digest, customer, subscription, locale, made_at)
VALUES (:shop, :digest, :customer, :subscription, :locale, :now)
ON CONFLICT (shop_id, digest) DO UPDATE SET customer = excluded.customer, subscription = excluded.subscription,
    locale = excluded.locale

-- name: drop_browsers
DELETE FROM channels_browser WHERE id {in:ids:bigint}

-- name: fall_back_effect
-- Its step goes on to the next channel: the second attempt looks which ones failed.
UPDATE effect SET status = 'pending', due_at = :now, attempts = 1, error = NULL, message = NULL, finished_at = NULL
WHERE key = :key AND shop_id = :shop AND action = 'messages.send' AND status = 'done'

-- name: channels_of_effect
SELECT channel, status FROM channels_message WHERE effect_key = :key

-- name: channel_effect
SELECT status, config FROM effect WHERE key = :key AND shop_id = :shop AND action = 'messages.send'

-- name: contacts_of_customer
SELECT channel, address, inbound_at FROM channels_contact WHERE shop_id = :shop AND customer = :customer
ORDER BY inbound_at DESC, id LIMIT 50

-- name: has_browser
SELECT 1 FROM channels_browser WHERE shop_id = :shop AND customer = :customer LIMIT 1

-- name: channel_accounts
SELECT name, kind, settings, access, is_active FROM connection WHERE shop_id = :shop AND kind {in:kinds:text}
ORDER BY id

-- name: channel_word
SELECT kind, settings FROM connection WHERE name = :name AND is_active

-- name: shop_slug
SELECT slug FROM shop WHERE id = :shop

-- name: drop_browsers_of
DELETE FROM channels_browser WHERE shop_id = :shop AND customer = :customer

-- name: channel_switch
SELECT 1 FROM switch WHERE shop_id = :shop AND kind = 'channel' AND name = :name

-- name: channel_order
SELECT channels FROM channels_order WHERE shop_id = :shop AND customer = :customer

-- name: drop_channel_order
DELETE FROM channels_order WHERE shop_id = :shop AND customer = :customer

-- name: put_channel_order
INSERT INTO channels_order (shop_id, customer, channels, made_at) VALUES (:shop, :customer, :channels, :now)
