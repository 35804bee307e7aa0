"""What the content of a saved reference has to be, before anything is made of it.

Its checksum says that nobody changed it by accident, not that simdrift wrote it: lengths, orders
and counts are what the methods rely on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from simdrift import _core
from simdrift.metrics.columns import CATEGORICAL, KINDS, NULL, NUMERIC, TEMPORAL
from simdrift.monitoring.roles import Task
from simdrift.results.sealed import Odd, is_count, require

Arrays = Mapping[str, NDArray[Any]]
Entry = Mapping[str, Any]

_VALUE_KINDS: Final = ("integer", "float", "boolean", "text", "category", TEMPORAL, NULL)
_TOTALS: Final = {"present", "present_squares", "rows_size", "total", "cubes"}  # of weights
_LARGEST: Final = 2**122  # of whole numbers that stand for a float: a sum of 2^58 of 64 bits
_UNITS: Final = ("", "s", "ms", "us", "ns")


def check_content(content: Entry, arrays: Arrays) -> None:
    """Odd, with what was expected and found, where a content is not what `save` writes."""
    segments = content.get("segments", [])
    require(isinstance(segments, list), "'segments' to be a list", segments)
    for pairs in segments:
        _check_segment(pairs)
    columns = content.get("columns")
    require(isinstance(columns, list), "'columns' to be a list", columns)
    for number, entry in enumerate(columns or ()):
        require(isinstance(entry, dict), "a column to be an object", entry)
        group = entry.get("group", 0)
        require(is_count(group) and group <= len(segments), "the number of a segment", group)
        _check_column(entry, _arrays_of(entry, str(number), arrays))
    require(_are_texts(content.get("names")), "'names' to be texts", content.get("names"))
    methods = content.get("methods")
    known = isinstance(methods, dict) and _are_texts(list(methods.values()))
    require(known, "'methods' to be texts by name", methods)
    defaults = content.get("defaults", 1)
    require(is_count(defaults), "'defaults' to be the number of a version", defaults)
    require(isinstance(content.get("spec"), str), "'spec' to be JSON", content.get("spec"))
    custom = content.get("custom", {})
    require(_are_numbers(custom), "'custom' to be numbers by segment and metric", custom)
    scores = content.get("scores", {})
    require(_are_scores(scores), "'scores' to be rows of performance by segment", scores)
    require(
        _is_model(content.get("model")), "'model' to be a task and labels", content.get("model")
    )
    if "sample" in content:
        sample = content["sample"]
        require(isinstance(sample, dict), "'sample' to be an object", sample)
        _check_sample(sample, _arrays_of(sample, "sample", arrays))


def _are_numbers(custom: Any) -> bool:
    """Whether it has finite numbers by name, by segment."""
    if not isinstance(custom, dict) or not all(isinstance(own, dict) for own in custom.values()):
        return False
    numbers = [number for own in custom.values() for number in own.values()]
    return all(isinstance(n, float) and math.isfinite(n) for n in numbers)


def _are_scores(scores: Any) -> bool:
    """Whether it has lists of metric, parameters, four numbers (or none), a count, and perhaps a
    column or two, by segment."""
    if not isinstance(scores, dict) or not all(isinstance(own, list) for own in scores.values()):
        return False
    return all(map(_is_score, (row for own in scores.values() for row in own)))


def _is_score(row: Any) -> bool:
    if not isinstance(row, list) or len(row) not in (7, 8) or not _are_texts(row[:2]):
        return False
    if len(row) == 8 and not (isinstance(row[7], str) or _is_pair(row[7])):
        return False
    value, *others = row[2:6]
    known = [value, *(number for number in others if number is not None)]
    numbers = all(isinstance(n, float) and math.isfinite(n) for n in known)
    return numbers and is_count(row[6])


def _is_model(model: Any) -> bool:
    """Whether it has a task that is known, and none or two labels."""
    if model is None:
        return True
    if not isinstance(model, dict) or model.get("task") not in (None, *get_args(Task)):
        return False
    labels = model.get("labels")
    if labels is None:
        return True
    of_two = isinstance(labels, list) and len(labels) == 2
    return of_two and all(isinstance(label, (str, bool, int)) for label in labels)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and _are_texts(value)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _check_segment(pairs: Any) -> None:
    good = isinstance(pairs, list) and len(pairs) == 2 and all(map(_are_texts, pairs))
    require(good and len(pairs[0]) == len(pairs[1]) > 0, "columns and their values", pairs)


def _arrays_of(entry: Entry, name: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays that an entry names; none of them may hide a value of its own."""
    listed = entry.get("arrays")
    require(_are_texts(listed), "names of arrays", listed)
    for key in listed or ():
        require(f"{name}.{key}" in arrays and key not in entry, "an array that is there", key)
    return {key: arrays[f"{name}.{key}"] for key in listed or ()}


# -- columns


def _check_column(entry: Entry, own: Arrays) -> None:
    name = entry.get("name")
    for key in ("name", "type", "unit"):
        require(isinstance(entry.get(key), str), f"'{key}' of a column to be text", entry.get(key))
    kind, value_kind = entry.get("kind"), entry.get("value_kind")
    rows: Any = entry.get("rows")
    require(kind in KINDS, f"a kind of {', '.join(KINDS)} for {name!r}", kind)
    require(is_count(rows), f"rows of {name!r}", rows)
    for key in _TOTALS & entry.keys():
        _check_total(entry, key)
    if "broken" in entry:
        require(isinstance(entry["broken"], str), "'broken' to be text", entry["broken"])
        status = entry.get("status", "not_applicable")
        require(status in ("not_applicable", "error"), "'status' of a refused column", status)
        return
    require(value_kind in _VALUE_KINDS, f"values of {', '.join(_VALUE_KINDS)}", value_kind)
    require(entry["unit"] in _UNITS, f"a unit of {', '.join(_UNITS[1:])}", entry["unit"])
    missing: Any = entry.get("missing")
    require(is_count(missing) and missing <= rows, f"at most {rows} missing rows", missing)
    fitting = {NULL: (NULL,), **dict.fromkeys(("boolean", "text", "category"), (CATEGORICAL,))}
    kinds = fitting.get(str(value_kind), (NUMERIC, CATEGORICAL, TEMPORAL))
    require(kind in kinds, f"a kind of {', '.join(kinds)} for {value_kind} values", kind)
    if kind == NULL:
        return
    weighted = "weighted" in entry
    _check_parts(entry, value_kind)
    if value_kind in ("integer", "float", TEMPORAL) or (weighted and value_kind == "boolean"):
        _check_values(own, None if weighted else rows - missing)
    if weighted:
        _check_weights(entry, own)
    if kind == CATEGORICAL:
        _check_categories(entry, own, None if weighted else rows - missing)
    if weighted and kind == CATEGORICAL:
        _check_sizes(own)


def _check_values(own: Arrays, count: int | None) -> None:
    values = own.get("values")
    require(values is not None and values.ndim == 1, "sorted values", values)
    assert values is not None
    require(count in (None, len(values)), f"{count} values", len(values))
    ascending = bool(np.all(values[1:] >= values[:-1])) and not np.isnan(values).any()
    require(ascending, "values in ascending order", values)


def _check_total(entry: Entry, key: str) -> None:
    number = entry.get(key)
    good = isinstance(number, int | float) and 0.0 <= number < float("inf")
    require(good, f"'{key}' of 0 or more", number)


def _check_weights(entry: Entry, own: Arrays) -> None:
    require(is_count(entry.get("present_rows")), "a count of rows", entry.get("present_rows"))
    keys = ["present", "present_squares", "rows_size", "total"] + (
        ["cubes"] if "values" in own else []
    )
    for key in keys:
        _check_total(entry, key)
    if "values" in own:
        for key in ("weights", "squares"):
            found: Any = own.get(key)
            same = found is not None and found.shape == own["values"].shape
            good = same and bool(np.all((found >= 0) & np.isfinite(found)))
            require(good, f"'{key}' for each value", found)


def _check_categories(entry: Entry, own: Arrays, rows: int | None) -> None:
    labels, ends, counts = (own.get(key) for key in ("labels", "label_ends", "counts"))
    require(entry.get("overflow") in (0, 1), "'overflow' of 0 or 1", entry.get("overflow"))
    whole = all(part is not None and part.ndim == 1 for part in (labels, ends, counts))
    require(whole, "labels, their ends and counts", labels)
    assert labels is not None
    assert ends is not None
    assert counts is not None
    require(labels.dtype == np.uint8 and ends.dtype == np.int64, "bytes and their ends", ends)
    ascending = bool(np.all(np.diff(ends, prepend=0) >= 0))
    require(ascending and (ends[-1] if len(ends) else 0) == len(labels), "ends of labels", ends)
    texts = np.split(labels, ends[:-1]) if len(ends) else []
    require(len({text.tobytes() for text in texts}) == len(ends), "labels of their own", ends)
    for text in texts:
        text.tobytes().decode("utf-8", "surrogatepass")  # UnicodeDecodeError is a ValueError
    require(len(counts) == len(ends) and bool(np.all(counts >= 0)), "a count a label", counts)
    if rows is not None and not entry["overflow"]:
        require(int(counts.sum()) == rows, f"counts of {rows} rows in all", int(counts.sum()))


def _check_sizes(own: Arrays) -> None:
    """Effective rows of each label; nothing else is left to count them from."""
    sizes = own.get("category_sizes")
    require(sizes is not None and sizes.shape == own["counts"].shape, "a size a label", sizes)
    require(bool(np.all(np.asarray(sizes) >= 0)), "sizes of 0 or more", sizes)


def _check_parts(entry: Entry, value_kind: object) -> None:
    """The parts that are JSON within the JSON."""
    parts = _parts()
    wanted = ["text_profile"] if value_kind == "text" else []
    if value_kind in ("integer", "float", "boolean", TEMPORAL):
        wanted = ["profile"]
    for name in {*wanted, *(parts.keys() & entry.keys())}:
        found = _json(entry.get(name), name)
        require(isinstance(found, dict), f"'{name}' to be an object", found)
        for key, example in parts[name].items():
            value = found.get(key)
            needed = key in found or "weighted" in entry  # whose profile has fewer
            good = needed and (value is None or _is_like(value, example))
            require(good, f"'{key}' of '{name}' to be a {type(example).__name__}", value)
    if value_kind == "text" or "distinct" in entry:
        found = _json(entry.get("distinct"), "distinct")
        good = isinstance(found, list) and len(found) == 2 and is_count(found[0])
        require(good and isinstance(found[1], int | float), "a count and its error", found)


def _is_like(value: object, example: object) -> bool:
    """Whether a value is of the example's kind; whole numbers are never below 0 there."""
    if isinstance(example, bool) or not isinstance(example, int | float):
        return type(value) is type(example)
    if isinstance(example, float) and isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= _LARGEST  # exact sums of integers are whole numbers
    return isinstance(value, float) or is_count(value)


def _json(text: object, name: str) -> Any:
    require(isinstance(text, str), f"'{name}' to be JSON", text)
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError) as error:
        raise Odd(f"expected '{name}' to be JSON: {error}") from None


@cache
def _parts() -> dict[str, dict[str, Any]]:
    """An example of each, as the core writes it."""
    numbers = _core.Column.from_numpy(np.arange(4.0))
    texts = _core.columns_from_arrow(_text_array())[0][2]
    assert isinstance(texts, _core.Column)
    return {
        "profile": dict(_core.profile(numbers)),
        "deviations": dict(_core.deviation_profile(numbers, 1.5)),
        "text_profile": dict(_core.profile_text(texts)),
    }


def _text_array() -> Any:
    import pyarrow as pa

    return pa.array(["a", "bc"])


# -- the sample of rows that methods of whole tables read


def _check_sample(sample: Entry, own: Arrays) -> None:
    require(is_count(sample.get("rows")), "rows of the sample", sample.get("rows"))
    require(_are_texts(sample.get("names")), "names of the sample", sample.get("names"))
    require(isinstance(sample.get("broken"), str), "'broken' to be text", sample.get("broken"))
    width = len(sample["names"])
    numbers = own.get("numbers")
    good = numbers is not None and numbers.ndim == 2 and numbers.shape[1] == width
    require(good, f"a table of {width} numbers a row", numbers)
    assert numbers is not None
    for key in ("r", "n"):
        square = own.get(key)
        good = square is not None and square.shape == (width, width)
        require(good, f"'{key}' of {width} x {width}", square)
    categories = sample.get("categories")
    require(isinstance(categories, list), "'categories' to be a list", categories)
    for place, pair in enumerate(categories or ()):
        good = isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)
        require(good and _are_texts(pair[1]), "a name and labels", pair)
        codes: Any = own.get(f"codes{place}")
        good = codes is not None and codes.shape == (len(numbers),) and codes.dtype.kind == "i"
        require(good and bool(np.all((codes >= -1) & (codes < len(pair[1])))), "codes", codes)
