-- Flows that came from those that ship.

-- name: keep_origin
INSERT INTO flow_origin (flow_id, template, digest, document, installed_at)
VALUES (:flow, :template, :digest, :document, :now)
ON CONFLICT (flow_id) DO UPDATE SET template = excluded.template, digest = excluded.digest,
    document = excluded.document, installed_at = excluded.installed_at
