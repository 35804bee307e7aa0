-- Both see into the schema; neither may create in it.
grant usage on schema simdrift to simdrift_writer, simdrift_reader
