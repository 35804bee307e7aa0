-- A writer asks whether a later run has values at the same window end.
create index run_by_end on simdrift.run (stream_key, window_end)
