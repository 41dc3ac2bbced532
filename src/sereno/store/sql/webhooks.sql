-- Outgoing webhooks: who wants to hear what, and how they fare.

-- name: active_webhooks
SELECT webhook.id, webhook.shop_id, webhook.run, run.flow_id, webhook.types
FROM webhook JOIN run ON run.id = webhook.run WHERE webhook.status = 'active' ORDER BY webhook.id

-- name: webhook_target
SELECT url, secrets, status FROM webhook WHERE id = :id AND shop_id = :shop

-- name: webhooks_succeeded
UPDATE webhook SET failing_since = NULL, succeeded_at = :now WHERE run {in:runs:bigint}

-- name: webhooks_failed
UPDATE webhook SET failing_since = :now WHERE run {in:runs:bigint} AND failing_since IS NULL

-- name: disable_webhooks
UPDATE webhook SET status = 'disabled', updated_at = :now,
    reason = CASE WHEN run {in:gone:bigint} THEN 'The other side says that nobody listens there any more.'
        ELSE 'Nothing could be delivered for days.' END
WHERE status = 'active' AND run {in:runs:bigint} AND (run {in:gone:bigint} OR failing_since <= :before)
RETURNING id, shop_id, run, (SELECT flow_id FROM run WHERE run.id = webhook.run), name, reason

-- name: insert_webhook
INSERT INTO webhook (shop_id, name, url, types, secrets, status, run, created_by, created_at, updated_at)
VALUES (:shop, :name, :url, :types, :secrets, 'active', :run, :by, :now, :now) RETURNING id

-- name: webhook_by_id
SELECT webhook.id, webhook.name, webhook.url, webhook.types, webhook.secrets, webhook.status, webhook.run, run.flow_id
FROM webhook JOIN run ON run.id = webhook.run WHERE webhook.id = :id AND webhook.shop_id = :shop

-- name: change_webhook
UPDATE webhook SET name = :name, url = :url, types = :types, updated_at = :now WHERE id = :id

-- name: set_webhook_status
UPDATE webhook SET status = :status, reason = NULL, failing_since = NULL, updated_at = :now WHERE id = :id

-- name: set_webhook_secrets
UPDATE webhook SET secrets = :secrets, updated_at = :now WHERE id = :id

-- name: remove_webhook
DELETE FROM webhook WHERE id = :id

-- name: cancel_messages
UPDATE effect SET status = 'cancelled', finished_at = :now WHERE run_id = :run AND status = 'pending'

-- name: webhooks_of
SELECT id FROM webhook WHERE shop_id = :shop
