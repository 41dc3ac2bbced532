-- What people ask for: shops, drafts, versions, and the answers to why.

-- name: insert_shop
INSERT INTO shop (slug, name, currency, timezone, locale, settings, created_at)
VALUES (:slug, :name, :currency, :timezone, :locale, :settings, :now) RETURNING id

-- name: shop_by_slug
SELECT id FROM shop WHERE slug = :slug

-- name: all_shop_ids
SELECT id FROM shop ORDER BY id

-- name: flow_by_name
SELECT id, name, title, status, version, draft, is_derived FROM flow WHERE shop_id = :shop AND name = :name

-- name: insert_flow
INSERT INTO flow (shop_id, name, title, status, draft, is_derived, created_at, updated_at)
VALUES (:shop, :name, :title, 'draft', :draft, :is_derived, :now, :now) RETURNING id

-- name: update_draft
UPDATE flow SET title = :title, draft = :draft, updated_at = :now WHERE id = :id

-- name: last_version
SELECT coalesce(max(number), 0) FROM flow_version WHERE flow_id = :flow

-- name: published_document
SELECT document FROM flow_version WHERE flow_id = :flow AND number = :version

-- name: insert_version
INSERT INTO flow_version (flow_id, number, document, listens, published_at, published_by, note)
VALUES (:flow, :number, :document, :listens, :now, :by, :note)

-- name: set_version
UPDATE flow SET version = :version, status = :status, title = :title, draft = :draft, paused_reason = NULL,
    updated_at = :now
WHERE id = :id

-- name: set_status
UPDATE flow SET status = :status, paused_reason = :reason, updated_at = :now WHERE id = :id

-- name: runs_about
-- The plus keeps the index on flows out of it: a subject has few runs, a flow many.
SELECT run.flow_id, run.id, run.uid, run.version, run.subject, run.key, run.status, run.step, run.reason,
    run.started_at, run.due_at, run.is_shadow, event.source, event.uid, event.type, event.occurred_at
FROM run LEFT JOIN event ON event.id = run.event_id
WHERE run.shop_id = :shop AND run.subject {in:subjects:text} AND +run.flow_id {in:flows:bigint}
ORDER BY run.id DESC LIMIT 200

-- name: traces_of
SELECT run_id, entries FROM run_trace WHERE run_id {in:runs:bigint} ORDER BY id

-- name: effects_of
SELECT run_id, id, key, step, action, status, attempts, created_at, finished_at, config, result, error, message
FROM effect WHERE run_id {in:runs:bigint} ORDER BY id

-- name: skips_about
SELECT skip.flow_id, skip.version, skip.subject, skip.at, skip.reason, skip.details, skip.event, event.source, event.uid,
    event.type, event.occurred_at
FROM skip LEFT JOIN event ON event.id = skip.event
WHERE skip.shop_id = :shop AND skip.subject {in:subjects:text} AND +skip.flow_id {in:flows:bigint}
ORDER BY skip.id DESC LIMIT 200

-- name: events_of_links
SELECT event.subject, event_link.type, event_link.occurred_at, event.refs
FROM event_link JOIN event ON event.id = event_link.event_id
WHERE event_link.shop_id = :shop AND event_link.link {in:links:text} ORDER BY event_link.occurred_at DESC LIMIT 1000

-- name: flows_to_explain
SELECT flow.id, flow.name, flow.title, flow.status, flow.version, flow.is_derived, flow.paused_reason,
    flow_version.document
FROM flow LEFT JOIN flow_version ON flow_version.flow_id = flow.id AND flow_version.number = flow.version
WHERE flow.shop_id = :shop ORDER BY flow.title, flow.id
