-- Retention and whole-store time ranges; rows arrive roughly in the order of time, so a few
-- kilobytes do.
create index metric_value_by_time on simdrift.metric_value using brin (ts)
