"""What Tab offers of a public module is what it means to offer, and no more."""

from __future__ import annotations

import importlib

import pytest

PUBLIC = (
    "simdrift",
    "simdrift.columns",
    "simdrift.integrations.airflow.hooks",
    "simdrift.integrations.airflow.operators",
    "simdrift.integrations.prefect",
    "simdrift.metrics.drift",
    "simdrift.metrics.performance",
    "simdrift.monitoring",
    "simdrift.reports",
    "simdrift.results",
    "simdrift.store",
)


@pytest.mark.parametrize("name", PUBLIC)
def test_dir_of_a_public_module_is_its_all(name: str) -> None:
    library = name.split(".")[2] if ".integrations." in name else "simdrift"
    pytest.importorskip(library, reason=f"{library} is not installed: see `make test-integrations`")
    module = importlib.import_module(name)
    assert dir(module) == sorted(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    for public in module.__all__:
        assert getattr(module, public) is not None, public


def test_the_names_of_a_user_s_first_steps_are_there() -> None:
    import simdrift as sd

    assert {"compare", "monitor", "Spec", "Columns", "Metrics", "ReferenceSpec"} <= set(dir(sd))
    assert {"ks", "psi", "mmd", "DriftResult"} <= set(dir(sd.drift))
    assert "Store" in dir(sd.store)
