"""The name that was perhaps meant: a close one, one of another case, or another library's name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

_CUTOFF: Final = 0.6

METHODS: Final[Mapping[str, str]] = {
    "anderson": "anderson_darling",
    "anderson_ksamp": "anderson_darling",
    "chi2": "chi_square",
    "chi2_contingency": "chi_square",
    "chisquare": "chi_square",
    "cohens_h": "z_test",
    "cramervonmises_2samp": "cramer_von_mises",
    "cvm": "cramer_von_mises",
    "ed": "energy",
    "emd": "wasserstein",
    "energy_distance": "energy",
    "epps_singleton_2samp": "epps_singleton",
    "es": "epps_singleton",
    "js": "jensen_shannon",
    "jensenshannon": "jensen_shannon",
    "kl_div": "kl",
    "kl_divergence": "kl",
    "kolmogorov_smirnov": "ks",
    "ks_2samp": "ks",
    "ks_test": "ks",
    "mannw": "mann_whitney",
    "mannwhitneyu": "mann_whitney",
    "population_stability_index": "psi",
    "ttest_ind": "t_test",
    "tvd": "total_variation",
    "wasserstein_distance": "wasserstein",
    "z": "z_test",
}
"""Drift methods by the names that SciPy, Evidently, NannyML and textbooks have for them."""

KINDS: Final[Mapping[str, str]] = {
    "bool": "categorical",
    "boolean": "categorical",
    "cat": "categorical",
    "categories": "categorical",
    "category": "categorical",
    "date": "temporal",
    "datetime": "temporal",
    "float": "numeric",
    "int": "numeric",
    "integer": "numeric",
    "num": "numeric",
    "number": "numeric",
    "numbers": "numeric",
    "numerical": "numeric",
    "string": "categorical",
    "text": "categorical",
    "time": "temporal",
}
"""Kinds of columns by the names that other libraries have for them."""


def closest(name: str, known: Iterable[str], others: Mapping[str, str] | None = None) -> str:
    """The known name that was perhaps meant, '' where none comes near. `others`: names of other
    libraries, with ours.

    >>> closest("KS", ["ks", "kl"]), closest("ks_2samp", ["ks", "psi"], METHODS)
    ('ks', 'ks')
    """
    names = list(known)
    plain = _plain(name)
    same = [one for one in names if _plain(one) == plain]
    meant = (others or {}).get(plain, "")
    if same or meant in names:
        return same[0] if same else meant
    by_plain = {_plain(one): one for one in reversed(names)}
    close = difflib.get_close_matches(plain, list(by_plain), n=1, cutoff=_CUTOFF)
    return by_plain[close[0]] if close else ""


def did_you_mean(name: str, known: Iterable[str], others: Mapping[str, str] | None = None) -> str:
    """', did you mean 'x'?' where a known name comes near, else nothing.

    >>> did_you_mean("timestmap", ["timestamp", "target"])
    ", did you mean 'timestamp'?"
    """
    meant = closest(name, known, others)
    return f", did you mean '{meant}'?" if meant else ""


def _plain(name: str) -> str:
    """In small letters, with one underscore between the words."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())
