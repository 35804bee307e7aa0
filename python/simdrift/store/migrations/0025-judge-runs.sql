-- Of the finished runs of a stream that start together, or end together, the newest is current and
-- the others are superseded. That is written down whenever a run comes, changes or goes, whoever
-- does it: a panel then asks one row a value for it, not three.
create function simdrift.judge_runs()
returns trigger
language plpgsql
as $$
begin
    update simdrift.run as r
    set status = judged.status
    from (
        select
            near.run_id,
            case
                when exists (
                    select from simdrift.run as newer
                    where
                        newer.stream_key = near.stream_key
                        and newer.window_start = near.window_start
                        and newer.status in ('finished', 'superseded')
                        and (newer.started_at, newer.finished_at, newer.run_id)
                        > (near.started_at, near.finished_at, near.run_id)
                ) or exists (
                    select from simdrift.run as newer
                    where
                        newer.stream_key = near.stream_key
                        and newer.window_end = near.window_end
                        and newer.status in ('finished', 'superseded')
                        and (newer.started_at, newer.finished_at, newer.run_id)
                        > (near.started_at, near.finished_at, near.run_id)
                ) then 'superseded'
                else 'finished'
            end as status
        from (
            select n.run_id, n.stream_key, n.window_start, n.window_end, n.started_at, n.finished_at
            from changed as c
            inner join simdrift.run as n
                on n.stream_key = c.stream_key and n.window_start = c.window_start
            where n.status in ('finished', 'superseded')
            union
            select n.run_id, n.stream_key, n.window_start, n.window_end, n.started_at, n.finished_at
            from changed as c
            inner join simdrift.run as n
                on n.stream_key = c.stream_key and n.window_end = c.window_end
            where n.status in ('finished', 'superseded')
        ) as near
    ) as judged
    where r.run_id = judged.run_id and r.status <> judged.status;
    return null;
end $$
