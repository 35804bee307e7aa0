"""Every example in a docstring of the package, and in a page, runs and prints what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import simdrift


def modules() -> list[str]:
    found = pkgutil.walk_packages(simdrift.__path__, "simdrift.")
    return ["simdrift", *(m.name for m in found if not m.name.endswith(("__main__", "_core")))]


@pytest.mark.parametrize("name", modules())
def test_examples_of_the_module_print_what_they_say(name, tmp_path, monkeypatch):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("prefect", "airflow"):
            pytest.skip(f"{error.name} is not installed: see `make test-integrations`")
        raise
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(module, optionflags=flags)
    assert failed == 0


DOCS = Path(__file__).parents[1] / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if ">>> " in page.read_text("utf-8")]


def test_a_page_has_an_example():
    assert DOCS / "internals" / "exact-ks-and-wasserstein.md" in PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_a_page_print_what_they_say(page):
    failed, tried = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert failed == 0
    assert tried > 0


@pytest.mark.parametrize("module", [simdrift, simdrift.drift, simdrift.performance])
def test_the_public_functions_have_examples(module):
    public = {name: getattr(module, name) for name in module.__all__}
    without = [
        name
        for name, thing in public.items()
        if callable(thing) and not is_shown_elsewhere(thing) and ">>>" not in (thing.__doc__ or "")
    ]
    assert without == []


GIVEN_BACK = {
    "CalibrationCurve",
    "ConfusionMatrix",
    "DeLongResult",
    "DriftResult",
    "GainCurve",
    "LiftCurve",
    "PerformanceResult",
    "PrecisionRecallCurve",
    "RocCurve",
}


def is_shown_elsewhere(thing: object) -> bool:
    """Errors, and what functions give back."""
    return issubclass_of_error(thing) or (isinstance(thing, type) and thing.__name__ in GIVEN_BACK)


def issubclass_of_error(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, BaseException)
