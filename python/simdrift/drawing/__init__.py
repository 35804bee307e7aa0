"""SVG charts, time axes, and numbers and names as people read them: for reports and dashboards."""
