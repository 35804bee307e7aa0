"""The names that Airflow 3 has in its SDK and Airflow 2.10 elsewhere."""

from __future__ import annotations

try:
    from airflow.sdk import DAG, BaseHook, BaseOperator, task
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.exceptions import AirflowFailException
    from airflow.hooks.base import BaseHook
    from airflow.models import BaseOperator

__all__ = ["DAG", "AirflowFailException", "BaseHook", "BaseOperator", "task"]
