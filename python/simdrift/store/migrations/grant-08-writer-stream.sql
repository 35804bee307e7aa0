-- Locks the streams that it writes to.
grant select, insert, update on simdrift.stream to simdrift_writer
