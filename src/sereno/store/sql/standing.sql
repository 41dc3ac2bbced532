-- What holds for one person now, for the answer to "why".

-- name: slots_standing
-- What was written to the person or address lately, and what waits.
SELECT slot.channel, slot.purpose, slot.address, slot.status, slot.at, slot.reason, slot.details, flow.name, run.uid
FROM (
    SELECT * FROM message_slot WHERE shop_id = :shop AND person {in:people:text}
    UNION
    SELECT * FROM message_slot WHERE shop_id = :shop AND address {in:addresses:text}
) AS slot
LEFT JOIN flow ON flow.id = slot.flow_id LEFT JOIN run ON run.id = slot.run_id
WHERE slot.status <> 'sent' OR slot.at > :since
ORDER BY slot.at DESC LIMIT 50

-- name: exposures_standing
SELECT exposure.experiment, exposure.arm, exposure.unit, exposure.at, exposure.until, flow.name
FROM exposure LEFT JOIN flow ON flow.id = exposure.flow_id
WHERE exposure.shop_id = :shop AND exposure.unit {in:units:text} ORDER BY exposure.id DESC LIMIT 50

