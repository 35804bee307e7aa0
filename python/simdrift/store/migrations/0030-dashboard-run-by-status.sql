-- The current run of every window, as judge_runs has written it down.
create or replace view simdrift.dashboard_run as
select
    r.run_id, r.monitor, r.dataset, r.model, r.model_version, r.grain, r.window_start,
    r.window_end, r.started_at, r.finished_at, r.rows, r.results, r.library_version,
    r.spec_digest, r.data_digest, r.reference_digest
from simdrift.run as r
where r.status = 'finished'
