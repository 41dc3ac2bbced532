-- What holds for one person now, for the answer to "why".

-- name: standing_of_person
-- In one statement, for a page asks for it: (source, whom, what, which, by, flow, at, until, details).
SELECT 'consent' AS source, address AS whom, channel AS what, CASE WHEN granted THEN 'given' ELSE 'refused' END AS which,
    CAST(NULL AS text) AS who, CAST(NULL AS text) AS flow, at, CAST(NULL AS bigint) AS until, CAST(NULL AS text) AS details
FROM (
    SELECT address, channel, granted, at,
        row_number() OVER (PARTITION BY address, channel ORDER BY at DESC, id DESC) AS place
    FROM consent WHERE shop_id = :shop AND address {in:addresses:text} AND purpose = 'marketing'
) AS said WHERE place = 1
UNION ALL
SELECT 'suppression', address, channel, reason, NULL, NULL, at, NULL, NULL
FROM suppression WHERE shop_id = :shop AND address {in:addresses:text}
UNION ALL
SELECT 'message', slot.address, slot.channel, slot.status, slot.purpose, flow.name, slot.at, NULL,
    CASE WHEN slot.status = 'waiting' THEN slot.reason END
FROM (
    SELECT key, address, channel, status, purpose, flow_id, at, reason FROM message_slot
    WHERE shop_id = :shop AND person {in:people:text}
    UNION
    SELECT key, address, channel, status, purpose, flow_id, at, reason FROM message_slot
    WHERE shop_id = :shop AND address {in:addresses:text}
) AS slot LEFT JOIN flow ON flow.id = slot.flow_id
WHERE slot.status <> 'sent' OR slot.at > :since
UNION ALL
SELECT 'exposure', exposure.unit, exposure.experiment, exposure.arm, NULL, flow.name, exposure.at, exposure.until, NULL
FROM exposure LEFT JOIN flow ON flow.id = exposure.flow_id
WHERE exposure.shop_id = :shop AND exposure.unit {in:units:text}
UNION ALL
SELECT 'erased', NULL, NULL, NULL, NULL, NULL, MAX(at), NULL, NULL
FROM erased WHERE shop_id = :shop AND digest {in:digests:text} HAVING MAX(at) IS NOT NULL
UNION ALL
SELECT 'switch', name, kind, reason, "by", NULL, at, NULL, NULL FROM switch WHERE shop_id = :shop
