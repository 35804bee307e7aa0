-- Throughput history of this library itself: one measured task on one machine and build.
create table simdrift.bench_result (
    ts timestamptz not null,
    machine text not null,
    library_version text not null,
    isa text not null,
    threads integer not null,
    task text not null,
    rows bigint not null,
    seconds double precision not null,
    baseline text not null default '',
    baseline_seconds double precision,
    primary key (ts, machine, task, isa, threads)
)
