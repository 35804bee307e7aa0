-- A run that goes may make others current, or superseded; what that changes is not looked at again.
create trigger run_goes after delete on simdrift.run
referencing old table as changed
for each statement when (pg_trigger_depth() = 0)
execute function simdrift.judge_runs()
