-- Asks which runs are current.
grant select on simdrift.dashboard_run to simdrift_writer
