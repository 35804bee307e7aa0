-- As before (0025), in the order of when runs began by this server's clock; their own times decide
-- between those that began together.
create or replace function simdrift.judge_runs()
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
                        and (newer.began_at, newer.started_at, newer.finished_at, newer.run_id)
                        > (near.began_at, near.started_at, near.finished_at, near.run_id)
                ) or exists (
                    select from simdrift.run as newer
                    where
                        newer.stream_key = near.stream_key
                        and newer.window_end = near.window_end
                        and newer.status in ('finished', 'superseded')
                        and (newer.began_at, newer.started_at, newer.finished_at, newer.run_id)
                        > (near.began_at, near.started_at, near.finished_at, near.run_id)
                ) then 'superseded'
                else 'finished'
            end as status
        from (
            select
                n.run_id, n.stream_key, n.window_start, n.window_end, n.began_at, n.started_at,
                n.finished_at
            from changed as c
            inner join simdrift.run as n
                on n.stream_key = c.stream_key and n.window_start = c.window_start
            where n.status in ('finished', 'superseded')
            union
            select
                n.run_id, n.stream_key, n.window_start, n.window_end, n.began_at, n.started_at,
                n.finished_at
            from changed as c
            inner join simdrift.run as n
                on n.stream_key = c.stream_key and n.window_end = c.window_end
            where n.status in ('finished', 'superseded')
        ) as near
    ) as judged
    where r.run_id = judged.run_id and r.status <> judged.status;
    return null;
end $$
