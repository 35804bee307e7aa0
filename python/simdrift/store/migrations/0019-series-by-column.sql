-- A panel of one column; a hash index for the same reason as by metric.
create index series_by_column on simdrift.series using hash (column_name)
