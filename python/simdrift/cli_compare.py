"""Options of `simdrift compare` that say what columns are, and a hint where they are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from simdrift._errors import InputError, SimdriftError

F = TypeVar("F", bound=Callable[..., Any])
_NAMES = "A,B,..."
_INTEGERS = ("int", "uint")
_MOST_SHOWN = 6


def with_roles(command: F) -> F:
    """Adds the options that `arguments_of` reads."""
    options = (
        click.option("--columns", metavar=_NAMES, help="Only these columns."),
        click.option("--categorical", metavar=_NAMES, help="Compare these numbers as categories."),
        click.option("--prediction", metavar="NAME", help="The column of predictions."),
        click.option("--target", metavar="NAME", help="The column of what was true."),
        click.option(
            "--score",
            metavar="NAME",
            help="The column of the positive label's probability; of several labels A=NAME,B=NAME.",
        ),
        click.option("--positive", metavar="LABEL", help="The positive label of two."),
        click.option(
            "--sensitive",
            metavar=_NAMES,
            help="Columns between whose groups a model is to be even.",
        ),
        click.option("--query", metavar="NAME", help="Which rows were ranked together."),
        click.option(
            "--methods", metavar=_NAMES, help="Drift methods, as `simdrift metrics` lists them."
        ),
        click.option(
            "--segments",
            metavar=_NAMES,
            multiple=True,
            help="Compare the rows of each value of A, too; of each pair of A and B.",
        ),
        click.option(
            "--convention",
            metavar="NAME",
            help="evidently: scores, thresholds and choice of methods of Evidently.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def arguments_of(
    columns: str | None,
    categorical: str | None,
    prediction: str | None,
    target: str | None,
    score: str | None,
    positive: str | None,
    sensitive: str | None,
    query: str | None,
    methods: str | None,
    segments: tuple[str, ...],
    convention: str | None,
) -> dict[str, Any]:
    """The options as arguments of `simdrift.compare`, those that were given."""
    roles = {
        "prediction": prediction,
        "target": target,
        "score": scores_of(score),
        "positive": positive,
        "sensitive": names_of(sensitive),
        "query": query,
        "categorical": names_of(categorical),
    }
    given = {
        "columns": names_of(columns),
        "roles": {name: value for name, value in roles.items() if value} or None,
        "methods": names_of(methods),
        "segments": [names_of(names) for names in segments] or None,
        "convention": convention,
    }
    return {name: value for name, value in given.items() if value is not None}


def scores_of(text: str | None) -> str | dict[str, str] | None:
    """A column, or one a label.

    >>> scores_of("p"), scores_of("no=p0,yes=p1")
    ('p', {'no': 'p0', 'yes': 'p1'})
    """
    if text is None or "=" not in text:
        return text
    pairs = [name.partition("=") for name in names_of(text) or ()]
    if not all(label.strip() and column.strip() for label, _, column in pairs):
        raise InputError(f"--score: expected LABEL=COLUMN with commas between them, found {text!r}")
    return {label.strip(): column.strip() for label, _, column in pairs}


def names_of(text: str | None) -> list[str] | None:
    """Names with commas between them; None where nothing was given."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise InputError(f"expected names with commas between them, found {text!r}")
    return names


def hint(reference: str, types: Mapping[str, str], arguments: Mapping[str, Any]) -> str:
    """What to say of integers that look like categories and were compared as numbers; '' where
    there are none, or where the file does not show it."""
    from simdrift.columns import as_table
    from simdrift.columns.paths import is_pipe
    from simdrift.monitoring.guess import distinct_values, looks_like_codes

    is_chosen = arguments.get("convention") or "categorical" in arguments.get("roles", {})
    if is_chosen or is_pipe(Path(reference)):
        return ""
    numbers = [name for name, kind in types.items() if kind.startswith(_INTEGERS)]
    try:
        table = as_table(reference, columns=numbers) if numbers else None
    except SimdriftError:  # a saved reference, or a column that only the other file has
        return ""
    if table is None:
        return ""
    distinct = distinct_values(table, list(table.computed))
    codes = [
        name
        for name, column in table.computed.items()
        if looks_like_codes(name, column, distinct.get(name, 0.0))
    ]
    if not codes:
        return ""
    shown = ",".join(codes[:_MOST_SHOWN]) + (",..." if len(codes) > _MOST_SHOWN else "")
    what = "1 column" if len(codes) == 1 else f"{len(codes)} columns"
    return f"hint: {what} of whole numbers with few values: categories? --categorical {shown}"
