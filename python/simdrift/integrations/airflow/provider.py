"""What Airflow asks a provider for, by the entry point `apache_airflow_provider`."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Name and connection type, in the shape of Airflow's provider_info.schema.json.

    >>> get_provider_info()["connection-types"][0]["connection-type"]
    'simdrift'
    """
    return {
        "package-name": "simdrift",
        "name": "simdrift",
        "description": "Drift, data quality and performance of columns, into Postgres.",
        "integrations": [
            {
                "integration-name": "simdrift",
                "external-doc-url": "https://airflow.apache.org/docs/",
                "tags": ["software"],
            }
        ],
        "hooks": [
            {
                "integration-name": "simdrift",
                "python-modules": ["simdrift.integrations.airflow.hooks"],
            }
        ],
        "operators": [
            {
                "integration-name": "simdrift",
                "python-modules": ["simdrift.integrations.airflow.operators"],
            }
        ],
        "connection-types": [
            {
                "connection-type": "simdrift",
                "hook-class-name": "simdrift.integrations.airflow.hooks.SimdriftHook",
            }
        ],
    }
