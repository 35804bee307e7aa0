-- One computed window. Written last in its transaction, so a run that is here is complete.
-- stream_key is the UUIDv5 of monitor, dataset, model, model_version and grain.
create table simdrift.run (
    run_id uuid primary key,
    stream_key uuid not null,
    window_start timestamptz not null,
    window_end timestamptz not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    rows bigint not null,
    results bigint not null,
    checksum text not null,
    status text not null default 'finished',
    monitor text not null,
    dataset text not null,
    model text not null,
    model_version text not null,
    grain text not null,
    library_version text not null,
    spec_digest text not null,
    data_digest text not null,
    reference_digest text not null
)
