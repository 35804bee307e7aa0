-- A run that changes may make others current, or superseded; what that changes is not looked at again.
create trigger run_changes after update on simdrift.run
referencing new table as changed
for each statement when (pg_trigger_depth() = 0)
execute function simdrift.judge_runs()
