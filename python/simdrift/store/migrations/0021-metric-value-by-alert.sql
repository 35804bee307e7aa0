-- What alerted in a stretch of time: few of the values, so a small index that most rows never touch.
create index metric_value_by_alert on simdrift.metric_value (ts) where alert
