-- Values lie by the end of their window, so of the runs that end together the newest one has
-- them: an older one over another start is not shown with what is left of it.
create or replace view simdrift.dashboard_run as
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
    and not exists (
        select from simdrift.run as newer
        where
            newer.stream_key = r.stream_key
            and newer.window_end = r.window_end
            and newer.status = 'finished'
            and (newer.started_at, newer.finished_at, newer.run_id)
            > (r.started_at, r.finished_at, r.run_id)
    )
