-- Several metrics of a column side by side, in the order asked for: 'drift.ks', or with its
-- parameters 'quality.quantile(q=0.5)'. One row a window, segment and column.
create function simdrift.metric_wide(metrics text[])
returns table (
    ts timestamptz, monitor text, dataset text, model text, model_version text, segment text,
    column_name text, metric_values double precision[]
)
language sql stable
as $$
    select
        d.ts, d.monitor, d.dataset, d.model, d.model_version, d.segment, d.column_name,
        array(
            select max(one.value)
            from unnest(metrics) with ordinality as asked (name, place)
            left join unnest(array_agg(d.metric), array_agg(d.params), array_agg(d.value))
                as one (metric, params, value)
                on asked.name in (one.metric, one.metric || '(' || one.params || ')')
            group by asked.place
            order by asked.place
        )
    from simdrift.dashboard_result as d
    where d.metric = any (select split_part(m, '(', 1) from unnest(metrics) as m)
    group by
        d.ts, d.monitor, d.dataset, d.model, d.model_version, d.grain, d.segment, d.column_name
$$
