"""simdrift for Airflow 3: an operator, a hook with a connection type, provider information.

from simdrift.integrations.airflow.hooks import SimdriftHook
from simdrift.integrations.airflow.operators import SimdriftOperator
"""
