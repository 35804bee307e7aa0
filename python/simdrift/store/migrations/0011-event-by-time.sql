-- Annotations are asked for by time.
create index event_by_time on simdrift.event (ts)
