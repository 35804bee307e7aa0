-- Which series there are, without touching a value: what the choices at the top of a dashboard
-- are filled from.
create view simdrift.dashboard_series as
select
    s.series_id, s.monitor, s.dataset, s.model, s.model_version, s.segment, s.column_name,
    s.metric, s.params, s.grain
from simdrift.series as s
