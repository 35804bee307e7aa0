-- Adds the reasons of a window's values, and replaces them when it ran again.
grant select, insert, update on simdrift.reason to simdrift_writer
