"""simdrift for Airflow 3 and 2.10: an operator, a hook and its connection type, provider.

from simdrift.integrations.airflow.hooks import SimdriftHook
from simdrift.integrations.airflow.operators import SimdriftOperator
"""
