-- A shop's own messages, as the workers read them.

-- name: messages_changed
-- Grows with every publishing; goes down when one is withdrawn.
SELECT count(*), coalesce(sum(version), 0), coalesce(max(id), 0)
FROM message_template WHERE version IS NOT NULL

-- name: published_messages
-- All of them as one JSON text, so that it can be asked within a transaction as well as without.
-- dialect: sqlite
SELECT json_group_array(json_array(t.shop_id, t.name, t.title, t.version, v.document))
FROM message_template AS t JOIN message_version AS v ON v.template_id = t.id AND v.number = t.version
-- dialect: postgresql
SELECT coalesce(json_agg(json_build_array(t.shop_id, t.name, t.title, t.version, v.document))::text, '[]')
FROM message_template AS t JOIN message_version AS v ON v.template_id = t.id AND v.number = t.version
