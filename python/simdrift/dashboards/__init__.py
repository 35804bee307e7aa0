"""Dashboards: what Grafana shows of a store, the same as static pages, and where both go.

`catalogue` lists the six dashboards; `rules` the alert rules. They are plain data: `classic.py`
turns them into Grafana's JSON, `page.py` into pages that need nothing but a browser.
"""
