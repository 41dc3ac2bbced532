-- Stores that may be written to.

-- name: writable_stores
SELECT id, name, kind, settings, access FROM connection
WHERE shop_id = :shop AND is_active AND access <> '' ORDER BY id
