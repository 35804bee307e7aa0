"""Runs of monitors from Prefect and Airflow: thin, over `work`, each imported when asked for."""
