-- Nor large objects, nor advisory locks, of which so many can be taken that no place is left.
do $$
declare
    called regprocedure;
begin
    for called in
        select p.oid::regprocedure
        from pg_catalog.pg_proc as p
        where
            p.pronamespace = 'pg_catalog'::regnamespace
            and (
                p.proname ~ '^pg_(try_)?advisory_'
                or p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea')
            )
    loop
        execute format('revoke execute on function %s from public', called);
    end loop;
end $$
