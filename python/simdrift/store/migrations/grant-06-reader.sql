-- Reads what the dashboards show, through views alone.
grant select on
    simdrift.dashboard_run, simdrift.dashboard_result, simdrift.dashboard_histogram,
    simdrift.dashboard_event, simdrift.dashboard_bench
to simdrift_reader
