-- The text keys of a series once, so that a value costs 4 bytes of them. They are unique over a
-- UUIDv5 of their canonical JSON, for a long segment would overflow a row of a btree.
create table simdrift.series (
    series_id integer generated always as identity primary key,
    series_key uuid not null unique,
    monitor text not null default '',
    dataset text not null default '',
    model text not null default '',
    model_version text not null default '',
    segment text not null default '',
    column_name text not null default '',
    metric text not null default '',
    params text not null default '',
    grain text not null default ''
)
