-- What a back-test reports.

-- name: backtest_runs
SELECT run.uid, flow.name, run.version, run.subject, run.key, run.status, run.step, run.reason, run.started_at,
    run.due_at
FROM run JOIN flow ON flow.id = run.flow_id WHERE NOT flow.is_derived ORDER BY run.id

-- name: backtest_effects
SELECT flow.name, run.uid, effect.step, effect.action, effect.created_at, effect.subject, effect.config, effect.status,
    effect.error, effect.message
FROM effect JOIN flow ON flow.id = effect.flow_id JOIN run ON run.id = effect.run_id
WHERE NOT flow.is_derived ORDER BY effect.id

-- name: backtest_skips
SELECT flow.name, skip.subject, skip.at, skip.reason, skip.details
FROM skip JOIN flow ON flow.id = skip.flow_id WHERE NOT flow.is_derived ORDER BY skip.id

-- name: backtest_failed_events
SELECT source, uid, type, error FROM event WHERE error IS NOT NULL ORDER BY id
