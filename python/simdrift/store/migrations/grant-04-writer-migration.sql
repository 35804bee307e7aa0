-- Sees which version the schema has.
grant select on simdrift.migration to simdrift_writer, simdrift_reader
