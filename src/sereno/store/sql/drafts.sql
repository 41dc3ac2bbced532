-- The history of drafts: states of a flow's document, the newest of which is the draft.

-- name: draft_head
SELECT revision, text, what, "by", at, back, forth FROM flow_draft_change
WHERE flow_id = :flow ORDER BY revision DESC LIMIT 1

-- name: draft_at
SELECT revision, text, what, "by", at, back, forth FROM flow_draft_change WHERE flow_id = :flow AND revision = :revision

-- name: draft_changes_since
SELECT revision, what, "by", at FROM flow_draft_change WHERE flow_id = :flow AND revision > :revision
ORDER BY revision DESC LIMIT 50

-- name: insert_draft_change
INSERT INTO flow_draft_change (flow_id, revision, text, what, "by", at, back, forth)
VALUES (:flow, :revision, :text, :what, :by, :now, :back, :forth)

-- name: forget_draft_changes
DELETE FROM flow_draft_change WHERE flow_id = :flow AND revision <= :revision

-- name: set_draft_text
UPDATE flow SET draft = :draft, title = CASE WHEN version IS NULL THEN :title ELSE title END WHERE id = :flow

-- name: lock_flow
-- Changes of one draft pass one after the other.
-- dialect: sqlite
SELECT id, draft FROM flow WHERE id = :flow
-- dialect: postgresql
SELECT id, draft FROM flow WHERE id = :flow FOR UPDATE
