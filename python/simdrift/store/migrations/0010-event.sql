-- What happened to a dataset, for annotations: a deployment, an outage, a change of schema.
create table simdrift.event (
    event_key uuid primary key,
    ts timestamptz not null,
    dataset text not null,
    kind text not null,
    text text not null
)
