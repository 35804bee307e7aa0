-- The newest run of a window is its current one: this index answers whether there is a newer.
create index run_by_window on simdrift.run (
    stream_key, window_start, started_at, finished_at, run_id
)
