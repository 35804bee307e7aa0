-- Reads the views. Its sessions begin read-only, with queries of at most 30 seconds.
do $$ begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'simdrift_reader') then
        create role simdrift_reader nologin;
        alter role simdrift_reader set default_transaction_read_only = on;
        alter role simdrift_reader set statement_timeout = '30s';
        alter role simdrift_reader set idle_in_transaction_session_timeout = '60s';
    end if;
end $$
