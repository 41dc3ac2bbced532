-- What a back-test reports.

-- name: backtest_runs
SELECT run.id, run.uid, flow.name, run.version, run.subject, run.key, run.status, run.step, run.reason, run.started_at,
    run.due_at, event.source, event.uid, event.type, event.refs
FROM run JOIN flow ON flow.id = run.flow_id LEFT JOIN event ON event.id = run.event_id
WHERE NOT flow.is_derived ORDER BY run.id

-- name: backtest_traces
SELECT run_trace.run_id, run_trace.entries
FROM run_trace JOIN run ON run.id = run_trace.run_id JOIN flow ON flow.id = run.flow_id
WHERE NOT flow.is_derived ORDER BY run_trace.id

-- name: backtest_effects
SELECT effect.id, effect.key, flow.name, run.uid, effect.step, effect.action, effect.created_at, effect.subject,
    effect.config, effect.status, effect.result, effect.error, effect.message
FROM effect JOIN flow ON flow.id = effect.flow_id JOIN run ON run.id = effect.run_id
WHERE NOT flow.is_derived ORDER BY effect.id

-- name: backtest_skips
SELECT skip.id, flow.name, skip.subject, skip.at, skip.reason, skip.details, event.source, event.uid,
    event.type, event.refs
FROM skip JOIN flow ON flow.id = skip.flow_id LEFT JOIN event ON event.id = skip.event
WHERE NOT flow.is_derived ORDER BY skip.id

-- name: backtest_failed_events
SELECT id, source, uid, type, error FROM event WHERE error IS NOT NULL ORDER BY id
