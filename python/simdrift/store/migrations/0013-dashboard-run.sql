-- The current run of every window: the newest finished one. What dashboards and notebooks read
-- starts here, so a half run or a superseded one is never shown.
create view simdrift.dashboard_run as
select
    r.run_id, r.monitor, r.dataset, r.model, r.model_version, r.grain, r.window_start,
    r.window_end, r.started_at, r.finished_at, r.rows, r.results, r.library_version,
    r.spec_digest, r.data_digest, r.reference_digest
from simdrift.run as r
where
    r.status = 'finished'
    and not exists (
        select from simdrift.run as newer
        where
            newer.stream_key = r.stream_key
            and newer.window_start = r.window_start
            and newer.status = 'finished'
            and (newer.started_at, newer.finished_at, newer.run_id)
            > (r.started_at, r.finished_at, r.run_id)
    )
