"""The extension: columns over foreign memory and the C core's calls on them. Private: the
public names are in `simdrift`. Every call takes `threads` (0 or None: the rule of
`simdrift.show_config`) and releases the GIL; long calls check for signals (KeyboardInterrupt)
and call `progress(done, total)` from the calling thread every 50 ms or so."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypedDict, final

import numpy as np
from numpy.typing import NDArray

from simdrift._errors import InvalidColumn, UnsupportedColumn

Progress = Callable[[int, int], object] | None

Kind = Literal["null", "boolean", "integer", "float", "temporal", "text", "category"]

@final
class Column:
    """A column view. Holds a reference to what owns the memory; immutable."""

    @classmethod
    def from_numpy(
        cls, array: NDArray[Any], mask: NDArray[np.bool_] | None = None, type: str | None = None
    ) -> Column:
        """1-D array of bool, (u)int8-64, float16/32/64, datetime64, timedelta64, any stride,
        byte order and alignment; other dtypes raise UnsupportedColumn. `mask`: True is null.
        `type`: the name to show where a dtype can't say it (a time zone). No copy, but for
        times in units other than s, ms, us and ns, which are read as seconds."""
    @classmethod
    def from_text(cls, values: Sequence[object], type: str | None = None) -> Column:
        """A copy of str as large_utf8; None, NaN, and pandas' NA and NaT are null, anything else
        raises UnsupportedColumn. `type`: the name to show."""
    @property
    def type(self) -> str:
        """'int64', 'large_utf8', 'dictionary<int8, utf8>', 'timestamp[us, UTC]', ..."""
    @property
    def kind(self) -> Kind: ...
    @property
    def value_kind(self) -> Kind:
        """Of a category: its dictionary's values' kind; else kind."""
    @property
    def unit(self) -> Literal["s", "ms", "us", "ns"] | None:
        """Of times; else None."""
    @property
    def null_count(self) -> int: ...
    @property
    def n_chunks(self) -> int: ...
    @property
    def _data_pointers(self) -> list[int]:
        """Address of each chunk's first row (of its offsets for text): shows that nothing
        was copied. For tests."""
    def __len__(self) -> int: ...
    def named(self, type: str) -> Column:
        """The same rows with another name of their type."""
    def slice(self, start: int, stop: int) -> Column: ...
    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Column: ...
    def to_float64(self) -> NDArray[np.float64]:
        """A copy, null as NaN; not for text."""
    def to_int64(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """A copy (int64, but uint64 of a uint64 column) and its validity (True: valid), for
        integer and temporal kinds. Temporal values stay in the column's unit; null is 0."""
    def to_text(self) -> list[str | None]:
        """Strings of a text column or a category over text (invalid bytes as U+FFFD)."""

def power_sums(
    column: Column, threads: int | None = None, progress: Progress = None
) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """(exponents, words): exact sums of the first four powers of the finite rows, which are
    m 2^(exponent - 1074). Words (exponents, 14): two's complement integers of 2, 3, 4 and 5 words,
    little end first."""

def missing_items(items: list[object]) -> NDArray[np.bool_]:
    """Which items are None, NA, NaT, or NaN of any type."""

def columns_from_arrow(
    data: object,
) -> list[tuple[str, str, Column | InvalidColumn | UnsupportedColumn]]:
    """(name, type, column) of each field of an object with `__arrow_c_stream__` or
    `__arrow_c_array__`; an array or chunked array that is no table gives one column named ''.
    A column that is refused or not supported is the exception instance (not raised): the rest
    is still there. A stream that fails half way raises InvalidColumn."""

class ProfileDict(TypedDict):
    rows: int
    nulls: int
    nan: int
    pos_inf: int
    neg_inf: int
    zeros: int
    negatives: int
    finite: int
    min: float | int
    max: float | int
    sum: float | int  # int (exact) for integer kinds
    mean: float
    mean_low: float  # the rest of the mean, which float64 rounds
    variance: float
    std: float
    skewness: float
    kurtosis: float
    variance_status: str
    std_status: str
    skewness_status: str
    kurtosis_status: str
    increasing: bool
    decreasing: bool
    strict: bool

class TextProfileDict(TypedDict):
    rows: int
    nulls: int
    empty: int
    blank: int
    invalid_utf8: int
    length_min: int
    length_max: int
    length_sum: int

class TwoSampleDict(TypedDict):
    n: int
    m: int
    most_tied: int
    """No value is shared by more rows of both sides; 1: none is tied; 0: not looked for."""
    status: str
    ks: float
    ks_numerator: int
    ks_location: float
    ks_sign: int
    wasserstein_n: int
    wasserstein_m: int
    wasserstein_status: str
    wasserstein: float
    histogram: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]] | None
    """Cut points, counts of the reference and of the current column over their cells; None
    where not asked for, and where these passes could not give it."""
    quantiles: LevelsTuple | None
    """Of the reference; None as the histogram."""
    current_quantiles: LevelsTuple | None
    """Of the current column, where it has more rows."""
    tied: LevelsTuple | None
    """Of the reference, where a value may hold `share` of the rows."""
    ends: NDArray[np.float64] | None
    """(2, 32) `extremes_groups` of the reference and of the current column."""

LevelsTuple = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
"""Quantiles, and (2, levels) rows of the reference and of the current column below each, and up
to it."""

class RankDict(TypedDict):
    """drift.h says what each is; integers are exact."""

    n: int
    m: int
    status: str
    distinct: int
    ties: int
    ties_x: int
    ties_y: int
    u2: int
    plus: int
    minus: int
    cramer_von_mises: int
    anderson_darling: float
    finite_n: int
    finite_m: int
    energy: float

class WeightedDict(TypedDict):
    """weighted.h says what each is."""

    distinct: int
    plus: float
    minus: float
    auc: float
    cramer_von_mises: float
    anderson_darling: float
    ties: float
    wasserstein: float
    energy: float

class DeviationDict(TypedDict):
    n: int
    mean: float
    variance: float
    std: float

class PairDict(TypedDict):
    n: int
    mean_x: float
    mean_y: float
    m2_x: float
    m2_y: float
    c_xy: float
    sum_error: float
    sum_abs_error: float
    sum_squared_error: float
    sum_fourth_power: float
    max_abs_error: float

Int64s = NDArray[np.int64]

Doubles = NDArray[np.float64]

Codes = NDArray[np.uint8]

Bools = NDArray[np.bool_]

class ProfileGroupsDict(TypedDict):
    """The keys of ProfileDict, an array each with a value a group; statuses are numbers of
    sdr_status. `min`, `max` and `sum` of integers and times are the exact ones as float64."""

    rows: Int64s
    nulls: Int64s
    nan: Int64s
    pos_inf: Int64s
    neg_inf: Int64s
    zeros: Int64s
    negatives: Int64s
    finite: Int64s
    min: Doubles
    max: Doubles
    sum: Doubles
    mean: Doubles
    mean_low: Doubles
    variance: Doubles
    std: Doubles
    skewness: Doubles
    kurtosis: Doubles
    variance_status: Codes
    std_status: Codes
    skewness_status: Codes
    kurtosis_status: Codes
    increasing: Bools
    decreasing: Bools
    strict: Bools

class TextProfileGroupsDict(TypedDict):
    rows: Int64s
    nulls: Int64s
    empty: Int64s
    blank: Int64s
    invalid_utf8: Int64s
    length_min: Int64s
    length_max: Int64s
    length_sum: Int64s

class TwoSampleGroupsDict(TypedDict):
    """The keys of TwoSampleDict, an array each; the numerator of KS is
    `ks_numerator_high * 2**64 + ks_numerator_low`."""

    n: Int64s
    m: Int64s
    most_tied: Int64s
    status: Codes
    ks: Doubles
    ks_numerator_high: Int64s
    ks_numerator_low: NDArray[np.uint64]
    ks_location: Doubles
    ks_sign: NDArray[np.int8]
    wasserstein_n: Int64s
    wasserstein_m: Int64s
    wasserstein_status: Codes
    wasserstein: Doubles
    histogram: Int64s | None
    """(groups, len(edges) + 1) counts of the groups' rows; None without edges."""
    ends: Doubles | None
    """(groups, 32) `extremes_groups`, where they are asked for."""

class RankGroupsDict(TypedDict):
    """The keys of RankDict, an array each; integers that may exceed int64 are arrays of
    int (dtype object)."""

    n: Int64s
    m: Int64s
    status: Codes
    distinct: Int64s
    ties: NDArray[np.object_]
    ties_x: NDArray[np.object_]
    ties_y: NDArray[np.object_]
    u2: NDArray[np.object_]
    plus: NDArray[np.object_]
    minus: NDArray[np.object_]
    cramer_von_mises: NDArray[np.object_]
    anderson_darling: Doubles
    finite_n: Int64s
    finite_m: Int64s
    energy: Doubles

class PairGroupsDict(TypedDict):
    n: Int64s
    mean_x: Doubles
    mean_y: Doubles
    m2_x: Doubles
    m2_y: Doubles
    c_xy: Doubles
    sum_error: Doubles
    sum_abs_error: Doubles
    sum_squared_error: Doubles
    sum_fourth_power: Doubles
    max_abs_error: Doubles

class LossGroupsDict(TypedDict):
    """performance.h says what each is: an array with one entry a group."""

    n: Int64s
    weight: Doubles
    weight_squares: Doubles
    mean_target: Doubles
    m2_target: Doubles
    mean_error: Doubles
    m2_error: Doubles
    sum_abs_error: Doubles
    sum_squared_error: Doubles
    sum_signed_square: Doubles
    sum_fourth_power: Doubles
    max_abs_error: Doubles
    zero_targets: Int64s
    relative_weight: Doubles
    relative_weight_squares: Doubles
    sum_relative: Doubles
    sum_relative_square: Doubles
    sum_symmetric: Doubles
    sum_symmetric_square: Doubles
    without_log: Int64s
    sum_squared_log: Doubles
    sum_fourth_log: Doubles

class RankingGroupsDict(TypedDict):
    """performance.h says what each is: an array with one entry a group; `_m2` is the sum of squares
    about the mean."""

    rows: Int64s
    queries: Int64s
    irrelevant: Int64s
    negative: Int64s
    weight: Doubles
    weight_squares: Doubles
    dcg: Doubles
    dcg_m2: Doubles
    ndcg: Doubles
    ndcg_m2: Doubles
    average_precision: Doubles
    average_precision_m2: Doubles
    reciprocal_rank: Doubles
    reciprocal_rank_m2: Doubles
    precision: Doubles
    precision_m2: Doubles
    recall: Doubles
    recall_m2: Doubles
    hit: Doubles
    hit_m2: Doubles
    fbeta: Doubles
    fbeta_m2: Doubles

class RocGroupsDict(TypedDict):
    positives: Int64s
    negatives: Int64s
    positive_size: Doubles
    negative_size: Doubles
    prevalence: Doubles
    auc: Doubles
    auc_variance: Doubles
    average_precision: Doubles
    average_precision_variance: Doubles

class RocPairGroupsDict(TypedDict):
    positives: Int64s
    negatives: Int64s
    auc: Doubles
    other_auc: Doubles
    variance: Doubles
    other_variance: Doubles
    covariance: Doubles

class LogLossGroupsDict(TypedDict):
    """Rows left out: `outside`, as a probability is not in [0, 1]; `other`, as the target is a
    number and no class. `not_one`: of `n`, rows whose probabilities do not sum to 1.
    `weight`: the sum of weights, or `n`."""

    n: NDArray[np.int64]
    outside: NDArray[np.int64]
    other: NDArray[np.int64]
    not_one: NDArray[np.int64]
    weight: NDArray[np.float64]
    weight_squares: NDArray[np.float64]
    loss: NDArray[np.float64]
    loss_squares: NDArray[np.float64]
    brier: NDArray[np.float64]
    brier_squares: NDArray[np.float64]

class DeviationGroupsDict(TypedDict):
    n: Int64s
    mean: Doubles
    variance: Doubles

class RankPairDict(TypedDict):
    """correlation.h: sdr_rank_pair."""

    n: int
    spearman: float
    kendall: float
    discordant: int
    ties_x: int
    ties_y: int
    ties_both: int
    spearman_status: str
    kendall_status: str

class RowCountsGroupsDict(TypedDict):
    """rows.h: sdr_row_counts, an array each."""

    rows: Int64s
    duplicates: Int64s
    empty: Int64s

class CountLawsDict(TypedDict):
    mean: Doubles
    variance: Doubles
    third: Doubles
    p_value: Doubles
    exchanges: Int64s

def profile(
    column: Column, threads: int | None = None, progress: Progress = None
) -> ProfileDict: ...
def profile_text(
    column: Column, threads: int | None = None, progress: Progress = None
) -> TextProfileDict: ...
def distinct(
    column: Column, threads: int | None = None, progress: Progress = None
) -> tuple[int, float]:
    """Count and relative standard error (0.0: exact)."""

def quantiles(
    column: Column,
    q: Sequence[float] | NDArray[np.float64],
    threads: int | None = None,
    progress: Progress = None,
) -> NDArray[np.float64]: ...
def pooled_quantiles(
    a: Column | Prepared,
    b: Column | Prepared,
    q: NDArray[np.float64],
    threads: int | None = None,
    progress: Progress = None,
) -> NDArray[np.float64]:
    """Exact quantiles (linear) of the finite rows of both together, as float64: of two
    columns, or of two that `sort_both` sorted."""

def median_deviation(
    column: Column, center: float, threads: int | None = None, progress: Progress = None
) -> float: ...
def top_values(
    column: Column, k: int, threads: int | None = None, progress: Progress = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]: ...
def histogram(
    column: Column,
    edges: NDArray[np.float64],
    threads: int | None = None,
    progress: Progress = None,
) -> NDArray[np.int64]:
    """len(edges) + 1 counts: below, [e0, e1), ..., from the last edge up."""

def pair_profile(
    x: Column, y: Column, threads: int | None = None, progress: Progress = None
) -> PairDict: ...

@final
class Prepared:
    """A numeric reference, sorted once."""

    def __new__(
        cls, column: Column, threads: int | None = None, progress: Progress = None
    ) -> Prepared: ...
    @classmethod
    def from_sorted(cls, values: NDArray[Any]) -> Prepared:
        """From `values` as saved: float64, int64 or uint64, ascending (else ValueError)."""
    def __len__(self) -> int: ...
    @property
    def values(self) -> NDArray[Any]:
        """Ascending; float64, or int64/uint64 beyond 2**53. Not to be written to."""
    def quantiles(self, q: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]: ...

def two_sample(
    reference: Column | Prepared,
    current: Column,
    ks: bool = True,
    wasserstein: bool = True,
    threads: int | None = None,
    progress: Progress = None,
    histogram: tuple[int, float, float] | NDArray[np.float64] | None = None,
    quantiles: Sequence[float] | NDArray[np.float64] | None = None,
    tied: Sequence[float] | NDArray[np.float64] | None = None,
    share: float = 0.0,
) -> TwoSampleDict:
    """`histogram`: how many cut points between which two quantiles of the reference, or the cut
    points, which a prepared reference needs. `quantiles`: up to 64 ascending levels of quantiles
    that are read in the same passes, with the extremes; `tied`: further levels, read where a value
    may hold `share` of the rows."""

def sort_both(
    reference: Column, current: Column, threads: int | None = None, progress: Progress = None
) -> tuple[Prepared, Prepared]:
    """Two columns that are compared, sorted at once, for `rank_statistics` and quantiles of
    both; UnsupportedColumn where one holds neither numbers nor times."""

def rank_statistics(
    reference: Column | Prepared,
    current: Column | Prepared,
    threads: int | None = None,
    progress: Progress = None,
) -> RankDict: ...
def deviation_profile(
    column: Column, center: float, threads: int | None = None, progress: Progress = None
) -> DeviationDict:
    """Of |x - center| over the finite rows; variance with ddof 1."""

def characteristic(
    column: Column,
    t: float,
    scale: float,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """(n, means (4,), biased covariance (16,), row by row) of cos(tz), cos(2tz), sin(tz),
    sin(2tz) with z = x / scale, over the rows whose z is finite; |t| <= 1."""

def mmd_quadratic(
    values: NDArray[np.float64],
    features: int,
    labels: NDArray[np.uint8],
    gamma: float,
    threads: int | None = None,
    progress: Progress = None,
) -> NDArray[np.float64]:
    """MMD^2 over all pairs of rows (`values` row after row, `features` each) under each
    labeling (`labels` labeling after labeling, one a row; 1: a reference's row)."""

def count_laws(
    rows: NDArray[np.int64],
    current: NDArray[np.int64],
    observed: NDArray[np.float64],
    statistic: int,
    smoothing: float,
    most: int,
    enough: int,
    threads: int | None = None,
    progress: Progress = None,
) -> CountLawsDict:
    """Null law of a statistic of 2 x K tables (`rows` of both sides, table after table) under
    exchanges of rows; `statistic` by its number in counts.h. At most `most` exchanges of each
    table, until `enough` of them reach its `observed` value."""

def fisher_log_p(
    a: NDArray[np.int64],
    n: NDArray[np.int64],
    k: NDArray[np.int64],
    total: NDArray[np.int64],
    threads: int | None = None,
    progress: Progress = None,
) -> NDArray[np.float64]:
    """log of Fisher's two-sided p-value of each table with `a` of its `n` rows among the `k` of
    `total`."""

def weighted_sort(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float, int]:
    """(values, weights, squares, cubes, rows): different values, ascending, the sums of their
    rows' weights and of squared weights; the sum of all cubed weights; rows that took part.
    ValueError for a weight that is negative or not finite."""

def weighted_statistics(
    x: NDArray[np.float64],
    x_weights: NDArray[np.float64],
    x_size: float,
    y: NDArray[np.float64],
    y_weights: NDArray[np.float64],
    y_size: float,
    threads: int | None = None,
    progress: Progress = None,
) -> WeightedDict:
    """Two sorted weighted samples of these effective sizes; weighted.h says what each is."""

def ks_exact_p(
    n: int, m: int, numerator: int, threads: int | None = None, progress: Progress = None
) -> float: ...
def ks_ties_p(
    n: int,
    m: int,
    numerator: int,
    ends: Int64s | None,
    most_cost: float,
    logarithm: bool,
    threads: int | None = None,
    progress: Progress = None,
) -> float:
    """Exact, `ends` saying how many rows of both samples lie at or below each value, None where
    none is tied; NaN where it would cost more than so many nanoseconds or so. The logarithm is
    that of a p-value below float64's range, too."""

def ks_limit_p(
    n: Doubles,
    d: Doubles,
    logarithm: bool,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """P(D >= d) of the one-sample statistic of n rows each, or its logarithm."""

# Groups: rows [start, stop) of a column, which may overlap and may be empty; one value a group,
# with the bits that the call of the sliced column gives. ValueError for groups that do not lie
# within the column. groups.h says more.

def profile_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> ProfileGroupsDict: ...
def text_profile_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> TextProfileGroupsDict: ...
def missing_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> Int64s:
    """Rows that are null or NaN, of columns of any kind."""

def digest_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> Codes:
    """(groups, 16) bytes: fingerprints of the rows, the same for any layout, chunks and encoding;
    they do not tell the kind of the values. Against accidental changes, not against an attack."""

def distinct_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[Int64s, Doubles]: ...
def quantiles_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    q: Sequence[float] | Doubles,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """(groups, len(q))."""

def row_counts_groups(
    columns: Sequence[Column],
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> RowCountsGroupsDict:
    """Rows, rows that equal one before them in every column, and rows that are missing in every
    column. Missing values, null or NaN, equal each other."""

def product_sums(
    columns: Sequence[Column],
    centers: Doubles,
    scales: Doubles,
    start: int,
    stop: int,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[Int64s, Doubles, Doubles, Doubles]:
    """Of rows [start, stop), over the rows in which columns i and j are finite: their number, the
    sum and the sum of squares of column i, and, for i <= j, the sum of products, of
    (value - center) * scale. Each (columns, columns)."""

def dense_ranks(
    column: Column,
    start: int,
    stop: int,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[NDArray[np.int32], int]:
    """Of each row the number of distinct smaller values, -1 where it is missing; and how many
    distinct values there are."""

def rank_pair(
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    kendall: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> RankPairDict:
    """Spearman's rho and, where asked for, Kendall's tau-b of dense ranks, over the rows in which
    neither is -1."""

def row_hashes(
    columns: Sequence[Column],
    threads: int | None = None,
    progress: Progress = None,
) -> NDArray[np.uint64]:
    """(rows, 2): 128 bits, the same for equal rows."""

def equal_rows_groups(
    x: Column,
    y: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> Int64s:
    """Rows of each group in which both columns have the same value or none."""

def extremes_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """(groups, 32): the 16 smallest finite values and the 16 largest, each ascending; +inf behind
    the first and -inf before the last where a group has fewer rows."""

def median_deviation_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    centers: Doubles,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles: ...
def deviation_profile_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    centers: Doubles,
    threads: int | None = None,
    progress: Progress = None,
) -> DeviationGroupsDict: ...
def order_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    q: Doubles,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """(G, 4 + len(q)) from one ordering of each group: median deviation from the median, most
    frequent value and its rows (NaN and 0 beyond 4,096 distinct ones where none has 1 % of the
    rows), distinct values, then the quantiles."""

def histogram_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    edges: Doubles,
    threads: int | None = None,
    progress: Progress = None,
) -> Int64s:
    """(groups, len(edges) + 1)."""

class KsStepsDict(TypedDict):
    p: Doubles
    variance: Doubles

def ks_steps_p(
    shares: NDArray[np.float64],
    inner: NDArray[np.float64],
    passed: NDArray[np.float64],
    cells: int,
    threads: int | None = None,
    progress: Progress = None,
) -> KsStepsDict:
    """P(D >= d) with ties, limit law; `shares` of the groups' pooled rows one after another."""

def exchange_laws(
    reference: NDArray[np.float64],
    current: NDArray[np.float64],
    middle: NDArray[np.float64],
    n: NDArray[np.float64],
    m: NDArray[np.float64],
    levels: int,
    jumps: bool,
    threads: int | None = None,
    progress: Progress = None,
) -> dict[str, NDArray[Any]]:
    """The law of W1 of exchanged rows in each group (drift.h: `sdr_exchange_law`): `reference` and
    `current` are ends as `extremes_groups` gives them, `middle` holds quantiles of `levels` levels,
    the pooled shares of rows below them and up to them, of all groups or of each. `jumps`: with
    sizes and rows of jumps at each gap, a row a group."""

def two_sample_groups(
    reference: Column | Prepared,
    column: Column,
    starts: Int64s,
    stops: Int64s,
    ks: bool = True,
    wasserstein: bool = True,
    edges: Doubles | None = None,
    ends: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> TwoSampleGroupsDict: ...
def rank_statistics_groups(
    reference: Column | Prepared,
    column: Column,
    starts: Int64s,
    stops: Int64s,
    sums: bool = True,
    threads: int | None = None,
    progress: Progress = None,
) -> RankGroupsDict:
    """`sums`: anderson_darling and energy are wanted, which take a walk over all of the reference
    for each group; else they are NaN."""

def pair_profile_groups(
    x: Column,
    y: Column,
    starts: Int64s,
    stops: Int64s,
    threads: int | None = None,
    progress: Progress = None,
) -> PairGroupsDict: ...
def sums_by_code_groups(
    values: Column,
    rows: Column,
    columns: Column,
    starts: Int64s,
    stops: Int64s,
    n_rows: int,
    n_columns: int,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[Int64s, Doubles, Doubles]:
    """Rows, sums and sums of squares of finite values, (groups, n_rows * n_columns) each, of the
    rows whose codes are in 0 .. n_rows - 1 and 0 .. n_columns - 1."""

def losses_groups(
    target: Column,
    prediction: Column,
    starts: Int64s,
    stops: Int64s,
    weights: Doubles | None = None,
    logs: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> LossGroupsDict:
    """`weights`: one a row, finite and not negative. `logs`: the sums of logarithms and weights
    alone; else all others."""

def median_error_groups(
    target: Column,
    prediction: Column,
    starts: Int64s,
    stops: Int64s,
    weights: Doubles | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """(G, 3) median of |prediction - target| and the ends of its interval; NaN: none."""

def query_codes(
    column: Column, threads: int | None = None, progress: Progress = None
) -> NDArray[np.int32]:
    """The query of each row as a code from 0 on, in order of first row; -1: null or NaN."""

def ranking_groups(
    relevance: Column,
    score: Column,
    codes: NDArray[np.int32],
    starts: Int64s,
    stops: Int64s,
    weights: Doubles | None = None,
    k: int = 0,
    threshold: float = 0.0,
    beta: float = 1.0,
    exponential: bool = False,
    ignores_ties: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> RankingGroupsDict:
    """Means over the queries of each group. `k`: ranks that count, 0 all; `threshold`: items
    above it are relevant; `exponential`: gain 2^relevance - 1."""

def roc_groups(
    target: Column,
    score: Column,
    starts: Int64s,
    stops: Int64s,
    labels: Sequence[float] | None = None,
    weights: Doubles | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> RocGroupsDict:
    """`labels`: (positive, low, high), where a target from low to high that is not positive is
    a negative; default (1, 0, 0). Other rows are left out."""

def roc_pair_groups(
    target: Column,
    score: Column,
    other: Column,
    starts: Int64s,
    stops: Int64s,
    labels: Sequence[float] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> RocPairGroupsDict: ...
def rank_curve(
    target: Column,
    score: Column,
    labels: Sequence[float] | None = None,
    weights: Doubles | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[Doubles, Doubles, Doubles]:
    """(thresholds, positives, negatives): the distinct scores, descending, and the weights of the
    positives and negatives that have that score or more."""

def roc_bootstrap_groups(
    target: Column,
    score: Column,
    starts: Int64s,
    stops: Int64s,
    n: int,
    seed: int,
    labels: Sequence[float] | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[Doubles, Doubles]:
    """(auc, average_precision), each (groups, n): NaN where a resample lacks a label."""

def mean_bootstrap_groups(
    column: Column,
    starts: Int64s,
    stops: Int64s,
    n: int,
    seed: int,
    weights: Doubles | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """(groups, n) means of the finite values."""

def log_loss_groups(
    target: Column,
    probabilities: Sequence[Column],
    starts: Int64s,
    stops: Int64s,
    least: float,
    tolerance: float,
    weights: Doubles | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> LogLossGroupsDict:
    """Target: codes 0, 1, ... of the probabilities' classes; with one column of probabilities 0 and
    1, and it is of 1. Probabilities count as between `least` and 1 - `least`; `tolerance`: how far
    from 1 the sum of a row's may be."""

def calibration_groups(
    target: Column,
    probabilities: Sequence[Column],
    starts: Int64s,
    stops: Int64s,
    edges: Doubles,
    bins: int,
    weights: Doubles | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[NDArray[np.int64], Doubles, Doubles, Doubles]:
    """(groups, bins): rows, and sums of the weights, of the probabilities (one column, of 1) and of
    the targets. Bins are (a, b] between `bins` - 1 edges, ascending; or as many for each group."""

def isotonic(values: Doubles, weights: Doubles) -> Doubles:
    """The nondecreasing values nearest by weighted squares; weights above 0."""

def confusion_groups(
    rows: Column,
    columns: Column,
    starts: Int64s,
    stops: Int64s,
    n_rows: int,
    n_columns: int,
    weights: Doubles | None = None,
    low: int = 0,
    threads: int | None = None,
    progress: Progress = None,
) -> NDArray[Any]:
    """(groups, n_rows, n_columns): how often each pair of codes occurs, int64; sums of `weights`,
    one a row, as float64. A code is a value less `low`, whole, from 0 to below `n_rows` or
    `n_columns` (at most 32,767); rows that are null, NaN or have no code on either side are left
    out. Columns of numbers or booleans, or dictionaries of those."""

def ks_exact_p_groups(
    n: Int64s,
    m: Int64s,
    numerator_high: Int64s,
    numerator_low: NDArray[np.uint64],
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """Each equals `ks_exact_p`; numerators are high * 2**64 + low."""

def ks_ties_p_groups(
    reference: Column | Prepared,
    column: Column,
    starts: Int64s,
    stops: Int64s,
    numerator_high: Int64s,
    numerator_low: NDArray[np.uint64],
    most_cost: float,
    logarithm: bool,
    threads: int | None = None,
    progress: Progress = None,
) -> Doubles:
    """`ks_ties_p` of each group's rows and the reference's; NaN where a side has none, too."""

@final
class Categories:
    """A growing table of category labels; codes in order of first appearance."""

    def __new__(cls, labels: Sequence[str] = (), maximum: int = 100_000) -> Categories: ...
    def __len__(self) -> int: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def overflow(self) -> bool:
        """Whether the last count or encode met more than `maximum` categories: what it gave
        must not be used."""
    def count(
        self, column: Column, threads: int | None = None, progress: Progress = None
    ) -> tuple[NDArray[np.int64], int]:
        """Counts by code (as long as the table is after adding what is new), nulls."""
    def count_groups(
        self,
        column: Column,
        starts: Int64s,
        stops: Int64s,
        threads: int | None = None,
        progress: Progress = None,
    ) -> tuple[Int64s, Int64s, Int64s]:
        """Counts (groups, K) with the K labels that the table has after the call, nulls
        (groups,), and of each label that was new to the table the first row of the group that
        has it, from the group's start, or -1 (groups, K - K before). New codes are in order of
        the first row that lies in any group. After an overflow the arrays have no columns."""
    def encode(
        self, column: Column, threads: int | None = None, progress: Progress = None
    ) -> NDArray[np.int32]:
        """Code of each row, -1 for null."""

def sort(
    values: NDArray[np.float64], threads: int | None = None, progress: Progress = None
) -> NDArray[np.float64]:
    """A sorted copy, NaN last."""

def read_bound(values: NDArray[np.float64]) -> float: ...
def show_config() -> dict[str, Any]:
    """version, isa, isas (available), isa_warning, threads, openmp, compiler, build."""

def _isa_force(name: str) -> None: ...
def stream_kinds(threads: int | None = None, progress: Progress = None) -> list[str]: ...
def stream_open(kind: int, parameters: Sequence[float], n_series: int) -> NDArray[np.uint64]: ...
def stream_check(
    kind: int, parameters: Sequence[float], states: NDArray[np.uint64], n_series: int
) -> NDArray[np.uint64]: ...
def stream_update(
    kind: int,
    parameters: Sequence[float],
    states: NDArray[np.uint64],
    n_series: int,
    values: NDArray[np.float64],
    threads: int | None = None,
    progress: Progress = None,
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
