-- What a back-test takes from the shop beside its events.

-- name: live_documents
SELECT flow.name, flow_version.document
FROM flow JOIN flow_version ON flow_version.flow_id = flow.id AND flow_version.number = flow.version
WHERE flow.shop_id = :shop AND flow.status = 'live' AND NOT flow.is_derived ORDER BY flow.id

-- name: entries_before
SELECT key, entered_at FROM flow_entry
WHERE flow_id = (SELECT id FROM flow WHERE shop_id = :shop AND name = :name) AND key > :after AND lane = 0
    AND entered_at < :before
ORDER BY key LIMIT :limit
