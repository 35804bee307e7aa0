-- Throughput history, for a reader who sees views only.
create view simdrift.dashboard_bench as
select
    b.ts, b.machine, b.library_version, b.isa, b.threads, b.task, b.rows, b.seconds,
    b.baseline, b.baseline_seconds, b.rows / nullif(b.seconds, 0) as rows_per_second,
    b.baseline_seconds / nullif(b.seconds, 0) as speed_up
from simdrift.bench_result as b
