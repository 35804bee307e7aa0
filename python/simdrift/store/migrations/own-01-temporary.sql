-- In a database that is simdrift's alone the reader makes no temporary tables.
do $$
declare
    mine text := quote_ident(current_database());
begin
    execute 'revoke temporary on database ' || mine || ' from public';
    execute 'grant temporary on database ' || mine || ' to simdrift_owner, simdrift_writer';
end $$
