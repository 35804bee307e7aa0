-- What has been applied, with the checksum of each file: a migration is never edited.
create table simdrift.migration (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
)
