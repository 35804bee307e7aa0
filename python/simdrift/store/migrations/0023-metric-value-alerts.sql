-- What alerted of the series of one dataset in a stretch of time: a panel asks series by series,
-- and finds there what it otherwise reads every value of a series for. Few values alert.
create index metric_value_alerts on simdrift.metric_value (series_id, ts) where alert
