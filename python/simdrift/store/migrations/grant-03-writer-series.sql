-- Adds series; a series that exists never changes.
grant select, insert on simdrift.series to simdrift_writer
