-- Owns everything in the schema and runs migrations and retention.
do $$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'simdrift_owner') then
        create role simdrift_owner nologin;
    end if;
end $$
