-- Its place is taken by metric_value_alerts.
drop index simdrift.metric_value_by_alert
