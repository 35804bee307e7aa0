-- The choices at the top of a dashboard.
grant select on simdrift.dashboard_series to simdrift_reader, simdrift_writer
