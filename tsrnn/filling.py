"""Missing values: filled in order of time, each from the values before it.

A missing value is the seasonal component at its row plus a remainder. The component is a weighted mean over the last
seasons of deviations at the same phase, from the mean of the season that ends with them; the weights fall
exponentially. The remainder begins with that of the last value and decays towards the mean remainder of the last
season. A value in the first season, or without a season, is the last one before it. No value after a gap is read, so
that forecasts from an origin inside a gap see its past alone. Interpolation would let them see what follows.

The component reaches back over a fixed number of seasons: new rows are filled from the last filled ones, without any
other state, bit for bit as if all rows had been filled at once.
"""

from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np

from tsrnn.seasonality import season_sets
from tsrnn.windows import offsets_of, row_series, rows_of

SMOOTHING = (0.2, 0.4, 1.0)
PERSISTENCE = (1.0, 0.9, 0.75, 0.5)  # Every second one is tried with all seasons.
MIN_WEIGHT = 0.1  # Of a season, against the newest one; older seasons are not read.
MARGIN = 0.5  # Of the range of values so far: how far beyond it a filled value may lie.
MAX_SERIES = 40  # Series that seasons are chosen by, and the newest rows of each.
MAX_ROWS = 2000
MAX_HIDDEN = 0.2  # Share of the rows of a series that are hidden at once to compare seasons.


@dataclass(frozen=True)
class Filling:
    """Settings of the filling of missing values.

    Attributes
    ----------
    seasons : tuple of int
        Lengths of seasons, shortest first. The longest that has been seen once fills a value; empty to hold the last
        value.
    smoothing : float
        Weight of the newest season against the earlier ones, in (0, 1]; 1 repeats the last season.
    persistence : float
        Share of the last remainder, against the mean of the last season, that is left after a step, in [0, 1].
    """

    seasons: tuple[int, ...] = ()
    smoothing: float = 1.0
    persistence: float = 1.0

    @classmethod
    def fit(cls, values, offsets, seasons=()):
        """Choose the seasons and factors that fill observed values best, hidden in gaps as long as the real ones.

        Parameters
        ----------
        values : ndarray of shape (n_rows,), float64
            Flat values, NaN where missing; series ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
        offsets : ndarray of int64, shape (n_series + 1,)
            First row of each series, and the number of rows.
        seasons : tuple of int, default=()
            Season lengths that the series may have, shortest first.

        Returns
        -------
        Filling

        Examples
        --------
        >>> import numpy as np
        >>> from tsrnn.filling import Filling
        >>> values, offsets = np.tile([1.0, 5.0, 2.0], 10), np.array([0, 30])
        >>> values[[10, 13, 14]] = np.nan
        >>> filling = Filling.fit(values, offsets, seasons=(3,))
        >>> filling.seasons, filling.apply(values, offsets)[9:15]
        ((3,), array([1., 5., 2., 1., 5., 2.]))
        """
        if not seasons:
            return cls()
        values, offsets = _sample(values, offsets)
        hidden = _hidden_rows(np.isfinite(values), offsets)
        covered = np.where(hidden, np.nan, values)

        def error(filling):
            return _relative_error(filling.apply(covered, offsets), values, hidden, offsets)

        sets = [some for some in season_sets(seasons) if some]
        best = min([cls(), *(cls(*some) for some in product(sets, SMOOTHING, PERSISTENCE[::2]))], key=error)
        return min([replace(best, persistence=p) for p in PERSISTENCE], key=error) if best.seasons else best

    def apply(self, values, offsets, filled=None, filled_offsets=None):
        """Fill the missing values of flat series.

        Parameters
        ----------
        values, offsets : ndarray
            As for :meth:`fit`; infinite values are not allowed.
        filled : ndarray of float64, optional
            The first values of each series as filled before: they stay up to the first that was observed otherwise,
            such as an outlier that is one no longer.
        filled_offsets : ndarray of int64, shape (n + 1,), optional
            First row of each of the first n series in ``filled``.

        Returns
        -------
        ndarray of shape (n_rows,), float64
            Observed values unchanged, the others filled: the same whether at once or in pieces, and the same for a
            beginning of the series alone. Missing values before the first observation of a series stay NaN.
        """
        observed = np.isfinite(values)
        if observed.all():
            return values.copy()
        begins = offsets[:-1] + first_observed(observed, offsets)
        position = np.arange(len(values)) - begins[row_series(offsets)]
        result, missing = values.copy(), ~observed & (position > 0)
        last = np.maximum.accumulate(np.where(missing, 0, np.arange(len(values))))
        if filled is not None:
            kept = _kept_rows(values, observed, offsets, filled, filled_offsets)
            result[kept[0]], missing[kept[0]] = filled[kept[1]], False
        result[missing] = result[last[missing]]
        for season, longer in pairwise((*self.seasons, len(values))):
            rows = missing & (position >= season) & (position < longer)
            if not rows.any():
                continue
            with np.errstate(all="ignore"):  # values near the limits of float64
                _SeasonalPass(self, season, result, observed, begins, offsets[1:]).fill(rows)
        return result


def first_observed(observed, offsets):
    """Missing values at the beginning of each series: its number of rows where nothing is observed.

    Parameters
    ----------
    observed : ndarray of shape (n_rows,), bool
    offsets : ndarray of int64, shape (n_series + 1,)
        First row of each series, and the number of rows.

    Returns
    -------
    ndarray of shape (n_series,), int64

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.filling import first_observed
    >>> first_observed(np.array([False, True, False, True, True]), np.array([0, 3, 5]))
    array([1, 0])
    """
    ahead = np.append(np.where(observed, np.arange(len(observed)), len(observed)), len(observed))
    following = np.minimum.accumulate(ahead[::-1])[::-1]
    return np.minimum(following[offsets[:-1]], offsets[1:]) - offsets[:-1]


class _SeasonalPass:
    """Fills rows of several series season after season, all series side by side.

    When a season begins, its seasonal component is known. Seasons are counted from the first observation.
    """

    def __init__(self, filling, season, values, observed, begins, ends):
        self.season, self.persistence = season, filling.persistence
        self.values, self.observed, self.begins, self.ends = values, observed, begins, ends
        old = 1 - filling.smoothing
        self.weights = old ** np.arange(np.ceil(np.log(MIN_WEIGHT) / np.log(old)) if old else 1)
        self.deviations, self.component = np.zeros(len(values)), np.zeros(len(values))

    def fill(self, missing):
        """Fill the rows ``missing``, in place: bool of shape (n_rows,)."""
        rows = np.flatnonzero(missing)
        series = np.searchsorted(self.ends, rows, side="right")
        number = (rows - self.begins[series]) // self.season
        series, first = np.unique(series, return_index=True)
        last = number[np.append(first[1:], len(rows)) - 1]
        start = np.maximum(number[first] - len(self.weights) - 1, 0)
        lowest, highest = self._ranges(series, start)
        for step in range(start.min(), last.max() + 1):
            active = np.flatnonzero((start <= step) & (step <= last))
            begin = self.begins[series[active]] + step * self.season
            table = begin[:, None] + np.arange(self.season)
            inside = table < self.ends[series[active], None]
            table = np.minimum(table, self.ends[series[active], None] - 1)
            seen = self.observed[table] & inside
            low, high = _running_ranges(self.values[table], seen, lowest[active], highest[active])
            lowest[active], highest[active] = low[:, -1], high[:, -1]
            if step:
                self._fill_season(step, begin, table, seen, missing[table] & inside, *_bounds(low, high))
            self._measure(step, begin, table)

    def _ranges(self, series, start):
        """Lowest and highest observed value of each of some series before a season."""
        first, count = self.begins[series], np.maximum(start * self.season, 1)
        rows, begins = rows_of(first, count), offsets_of(count)[:-1]
        known, observed = self.values[rows], self.observed[rows]
        lowest = np.minimum.reduceat(np.where(observed, known, np.inf), begins)
        return lowest, np.maximum.reduceat(np.where(observed, known, -np.inf), begins)

    def _fill_season(self, step, begin, table, seen, missing, lower, upper):
        # Deviations within the first season are from a mean that reaches beyond them: the second alone reads them.
        weights = self.weights[: max(step - 1, 1)]
        component = np.zeros(table.shape)
        for k, weight in enumerate(weights.tolist(), start=1):
            component += weight / weights.sum() * self.deviations[table - k * self.season]
        self.component[table] = component
        earlier = begin[:, None] + np.arange(-self.season, 0)
        before = self.values[earlier] - self.component[earlier]
        level = np.cumsum(before, axis=1)[:, -1:] / self.season
        remainder = np.concatenate([before[:, -1:], self.values[table] - component], axis=1)
        steps = np.arange(1, self.season + 1)
        last = np.maximum.accumulate(np.where(seen, steps, 0), axis=1)
        decay = self.persistence ** (steps - last)
        remainder = level + decay * (np.take_along_axis(remainder, last, axis=1) - level)
        filled = np.clip(component + remainder, lower, upper)
        missing &= np.isfinite(filled)
        self.values[table[missing]] = filled[missing]

    def _measure(self, step, begin, table):
        """Deviations of the values of a season from the means of the seasons that end with them."""
        values = self.values[table]
        sums = np.cumsum(values, axis=1)
        if step:
            earlier = self.values[begin[:, None] + np.arange(-1, -self.season, -1)]
            sums[:, :-1] += np.cumsum(earlier, axis=1)[:, ::-1]
            self.deviations[table] = values - sums / self.season
        else:
            self.deviations[table] = self.component[table] = values - sums[:, -1:] / self.season


def _running_ranges(values, seen, lowest, highest):
    """Lowest and highest seen value up to each row of a table, of those before it as well."""
    low = np.minimum.accumulate(np.where(seen, values, np.inf), axis=1)
    high = np.maximum.accumulate(np.where(seen, values, -np.inf), axis=1)
    return np.minimum(low, lowest[:, None]), np.maximum(high, highest[:, None])


def _bounds(low, high):
    """Return limits of filled values: a margin around the range so far, that does not reach zero unless values do."""
    lower, upper = low - MARGIN * (high - low), high + MARGIN * (high - low)
    lower = np.where(low >= 0, np.maximum(lower, low / 2), lower)
    return lower, np.where(high <= 0, np.minimum(upper, high / 2), upper)


def _kept_rows(values, observed, offsets, filled, filled_offsets):
    """Rows of values, and of those filled before, up to the first of each series that was observed otherwise."""
    n, counts = len(filled_offsets) - 1, np.diff(filled_offsets)
    rows = rows_of(offsets[:n], counts)
    changed = np.flatnonzero(observed[rows] & (values[rows] != filled))
    series = row_series(filled_offsets)[changed]
    np.minimum.at(counts, series, changed - filled_offsets[series])
    return rows_of(offsets[:n], counts), rows_of(filled_offsets[:-1], counts)


def _sample(values, offsets):
    """Return the newest rows of some series."""
    some = np.linspace(0, len(offsets) - 2, min(len(offsets) - 1, MAX_SERIES)).astype(np.int64)
    lengths = np.minimum(np.diff(offsets)[some], MAX_ROWS)
    return values[rows_of(offsets[some + 1] - lengths, lengths)], offsets_of(lengths)


def _hidden_rows(observed, offsets):
    """Choose observed rows to hide: gaps as long as those of the series, or single rows of complete ones, at random."""
    position = np.arange(len(observed)) - (offsets[:-1] + first_observed(observed, offsets))[row_series(offsets)]
    missing = ~observed & (position > 0)
    begins = np.flatnonzero(missing & ~np.concatenate([[False], missing[:-1]]))
    ends = np.flatnonzero(missing & ~np.concatenate([missing[1:], [False]])) + 1
    longest = max(int(MAX_HIDDEN * np.diff(offsets).max()), 1)
    gaps = np.clip(ends - begins if len(begins) else np.ones(1, dtype=np.int64), 1, longest)
    rng = np.random.default_rng(0)
    gaps = rng.choice(gaps, size=int(MAX_HIDDEN * len(observed) / gaps.mean()) + 1)
    spaces = 1 + rng.integers(0, 2 * gaps * (1 / MAX_HIDDEN - 1), endpoint=True).astype(np.int64)
    hidden = np.repeat(np.resize([False, True], 2 * len(gaps)), np.column_stack([spaces, gaps]).ravel())
    hidden = np.resize(hidden, len(observed)) if len(hidden) < len(observed) else hidden[: len(observed)]
    return hidden & observed & (position > 0)


def _relative_error(filled, values, hidden, offsets):
    """Mean absolute error of hidden values, relative to the deviation of each series from its mean."""
    series, n_series = row_series(offsets), len(offsets) - 1

    def means(x, rows):
        counts = np.bincount(series[rows], minlength=n_series)
        return np.bincount(series[rows], weights=x[rows], minlength=n_series) / np.maximum(counts, 1)

    observed = np.isfinite(values)
    with np.errstate(all="ignore"):  # values near the limits of float64
        deviations = means(np.abs(values - means(values, observed)[series]), observed)
        errors = means(np.abs(filled - values), hidden)
        return np.sum(errors[deviations > 0] / deviations[deviations > 0])
