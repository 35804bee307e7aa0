-- Adds rows and replaces numbers of a window that ran again.
grant select, insert, update on
    simdrift.metric_value, simdrift.histogram, simdrift.run, simdrift.event,
    simdrift.bench_result
to simdrift_writer
