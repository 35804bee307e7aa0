-- Reference and current counts over the same cells: numeric ones have edges, categorical ones
-- labels.
create table simdrift.histogram (
    ts timestamptz not null,
    run_id uuid not null,
    series_id integer not null,
    edges double precision[],
    labels text[],
    reference double precision[] not null,
    current double precision[] not null,
    primary key (series_id, ts)
)
