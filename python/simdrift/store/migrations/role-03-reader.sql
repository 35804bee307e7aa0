-- Reads the views: read-only transactions, and no query of more than 30 seconds.
do $$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'simdrift_reader') then
        create role simdrift_reader nologin;
        alter role simdrift_reader set default_transaction_read_only = on;
        alter role simdrift_reader set statement_timeout = '30s';
    end if;
end $$
