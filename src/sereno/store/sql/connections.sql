-- Connections as people make and change them.

-- name: connection_of_name
-- dialect: sqlite
SELECT connection.id, connection.shop_id, shop.slug, connection.kind, connection.secrets, connection.settings,
    connection.is_active
FROM connection JOIN shop ON shop.id = connection.shop_id WHERE connection.name = :name
-- dialect: postgresql
SELECT connection.id, connection.shop_id, shop.slug, connection.kind, connection.secrets, connection.settings,
    connection.is_active
FROM connection JOIN shop ON shop.id = connection.shop_id WHERE connection.name = :name FOR UPDATE OF connection

-- name: lock_shop
-- dialect: sqlite
SELECT id FROM shop WHERE id = :shop
-- dialect: postgresql
SELECT id FROM shop WHERE id = :shop FOR UPDATE

-- name: connections_of_shop
SELECT name, kind, settings FROM connection WHERE shop_id = :shop ORDER BY id

-- name: connection_names_like
SELECT name FROM connection WHERE name = :name OR name LIKE :pattern

-- name: insert_connection
INSERT INTO connection (shop_id, name, kind, secrets, settings, is_active, created_at)
VALUES (:shop, :name, :kind, :secrets, :settings, TRUE, :now) RETURNING id

-- name: update_connection
UPDATE connection SET secrets = :secrets, settings = :settings, is_active = :is_active WHERE id = :id

-- name: delivery_of_connection
SELECT id FROM delivery WHERE connection_id = :id LIMIT 1

-- name: delete_connection
DELETE FROM connection WHERE id = :id
