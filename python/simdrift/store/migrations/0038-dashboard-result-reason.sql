-- The result row of every current run, with the reason of its status at the end. A query that does
-- not ask for the reason never reads it: the planner removes the join.
create or replace view simdrift.dashboard_result as
select
    v.ts, v.run_id, s.monitor, s.dataset, s.model, s.model_version, r.window_start,
    r.window_end, s.grain, s.segment, s.column_name, s.metric, s.params, v.value, v.ci_low,
    v.ci_high, v.p_value, v.q_value, v.effect_size, v.threshold, v.alert, v.status,
    v.null_quantile, v.n_reference, v.n_current, s.series_id, w.reason
from simdrift.series as s
inner join simdrift.metric_value as v on v.series_id = s.series_id
inner join simdrift.dashboard_run as r on r.run_id = v.run_id
left join simdrift.reason as w
    on w.series_id = v.series_id and w.ts = v.ts and w.run_id = v.run_id
