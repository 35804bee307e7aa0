-- The runs that are there already. One that its host's clock had begin in the future began, for all
-- that is known, by now: what is computed from here on is not hidden by it.
update simdrift.run as r
set began_at = least(r.started_at, now()), errors = coalesce(failed.errors, 0)
from
    simdrift.run as same
    left join (
        select v.run_id, count(*) as errors
        from simdrift.metric_value as v
        where v.status = 'error'
        group by v.run_id
    ) as failed on failed.run_id = same.run_id
where same.run_id = r.run_id
