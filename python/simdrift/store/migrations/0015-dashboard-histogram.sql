-- The histograms of every current run.
create view simdrift.dashboard_histogram as
select
    h.ts, h.run_id, s.monitor, s.dataset, s.model, s.model_version, r.window_start,
    r.window_end, s.grain, s.segment, s.column_name, h.edges, h.labels, h.reference, h.current,
    s.series_id
from simdrift.series as s
inner join simdrift.histogram as h on h.series_id = s.series_id
inner join simdrift.dashboard_run as r on r.run_id = h.run_id
