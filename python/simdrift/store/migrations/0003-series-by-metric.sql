-- A panel asks for a metric; a hash index, for names may be longer than a row of a btree holds.
create index series_by_metric on simdrift.series using hash (metric)
