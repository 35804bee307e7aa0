-- Annotations, for a reader who sees views only.
create view simdrift.dashboard_event as
select e.ts, e.dataset, e.kind, e.text
from simdrift.event as e
