-- Writes results: no delete, no create.
do $$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'simdrift_writer') then
        create role simdrift_writer nologin;
    end if;
end $$
