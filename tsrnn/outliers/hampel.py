"""Outliers: single values far from everything that the values before them predict, and their replacements.

Each value is predicted from the filtered values before it: by the last one and by those a season before, each plus the
median of the last `N_CHANGES` changes over that lag. It is an outlier if every prediction misses it by more than
`THRESHOLD` units, where the unit is a robust standard deviation of the errors of that prediction; the prediction with
the smallest unit replaces it. Values and, of positive series, logarithms are judged: an outlier in either is one. The
`RUN`-th deviation in a row to one side confirms a new level: it is kept, and those before it are restored. The
`RUN`-th a season apart is kept too: it has become a season.

This is a Hampel filter (Pearson 2002, Outliers in Process Modeling and Identification, IEEE Transactions on Control
Systems Technology 10) that looks at the past alone: but for a level that is confirmed, no value changes what an earlier
one is replaced by. :meth:`OutlierFilter.unsettled` tells at which origins a level was not confirmed yet, so that
forecasts from past origins stay honest. Only the units are learned from a whole series, once.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.outliers.units import (
    MIN_ERRORS,
    MIN_LENGTH,
    N_CHANGES,
    first_values,
    judged_scales,
    lowest_values,
    raise_units,
    shift,
    units_of_changes,
    units_of_errors,
)
from tsrnn.windows import offsets_of, row_series, rows_of

THRESHOLD = 8.0
RUN = 3
MAX_OUTLIERS = 3  # In a series, or MAX_SHARE of it if that is more: large changes beyond are its nature.
MAX_SHARE = 0.005
MAX_RATIO = 2.0  # Of a unit to the smallest one: a poor prediction does not excuse what a good one rules out.
MIN_CHANGE = 4.0  # Median last changes that an outlier of logarithms is away: near zero all logarithms jump.
MIN_RAW = 1.0  # Units of the values themselves that an outlier of logarithms must miss by, too.
SHORT = 64  # Rows that are judged after an outlier; twice as many each time that there is none among them.


@dataclass(frozen=True)
class OutlierFilter:
    """A filter fitted to a panel.

    Attributes
    ----------
    lags : tuple of int
        Steps between a value and the one that its prediction starts from; 1 first.
    units : ndarray of shape (2, n_series, n_lags), float64
        Robust standard deviation of the errors of each prediction, of values and of logarithms; NaN where a series is
        too short for the lag, inf where nothing is an outlier.
    starts : ndarray of shape (n_series,), float64
        Prediction of the first value of each series; NaN for a short one.
    floors : ndarray of shape (n_series,), float64
        Lowest value whose logarithm is taken; NaN for series whose logarithms are not judged.
    bounds : ndarray of shape (n_series,), float64
        Lowest replacement: 0 for series without negative values, otherwise -inf.
    """

    lags: tuple[int, ...]
    units: np.ndarray
    starts: np.ndarray
    floors: np.ndarray
    bounds: np.ndarray

    @classmethod
    def fit(cls, values, offsets, seasons=()):
        """Learn the units of the series ``values[offsets[i]:offsets[i + 1]]``.

        Parameters
        ----------
        values : ndarray of shape (n_rows,), float64
            Flat values.
        offsets : ndarray of int64, shape (n_series + 1,)
            First row of each series, and the number of rows.
        seasons : tuple of int, default=()
            Season lengths that the series may have.

        Returns
        -------
        OutlierFilter

        Examples
        --------
        >>> import numpy as np
        >>> from tsrnn.outliers import OutlierFilter
        >>> values, offsets = np.array([2.0, 3, 1, 2, 90, 3, 2, 1, 3, 2]), np.array([0, 10])
        >>> OutlierFilter.fit(values, offsets).apply(values, offsets)
        array([2., 3., 1., 2., 3., 3., 2., 1., 3., 2.])
        """
        with np.errstate(all="ignore"):  # values near the limits of float64
            lags = (1, *seasons)
            floors = lowest_values(values, offsets)
            bounds = np.where(np.minimum.reduceat(values, offsets[:-1]) < 0, -np.inf, 0.0)
            draft = cls(lags, np.empty(0), first_values(values, offsets), floors, bounds)
            units = [units_of_changes(x, offsets, lags) for x in judged_scales(values, offsets, floors)]
            units = raise_units(np.array(units), values, offsets)
            draft = replace(draft, units=draft._usable(units, offsets))
            limits = np.maximum(MAX_SHARE * np.diff(offsets), MAX_OUTLIERS)
            kept, _, _ = draft._run(values, values.copy(), offsets, limits=limits)
            units = raise_units(draft._units_of_errors(values, kept, offsets), values, offsets)
            units = np.where(np.isinf(draft.units), np.inf, draft._usable(units, offsets))
            found = replace(draft, units=units)
            _, counts, _ = found._run(values, values.copy(), offsets, limits=limits)
            return replace(found, units=np.where((counts > limits)[:, None], np.inf, found.units))

    def extend(self, values, offsets):
        """Return the filter for more series: the first ones are known already and keep their units."""
        known = len(self.starts)
        first = offsets[known]
        if first == offsets[-1]:
            return self
        new = OutlierFilter.fit(values[first:], offsets[known:] - first, self.lags[1:])
        return OutlierFilter(
            self.lags,
            np.concatenate([self.units, new.units], axis=1),
            np.concatenate([self.starts, new.starts]),
            np.concatenate([self.floors, new.floors]),
            np.concatenate([self.bounds, new.bounds]),
        )

    def apply(self, values, offsets, filtered=None, filtered_offsets=None):
        """Replace the outliers of flat series.

        Parameters
        ----------
        values, offsets : ndarray
            As for :meth:`fit`; as many series, of any lengths.
        filtered : ndarray of float64, optional
            Earlier replacements of the first values of each series. Only later ones are filtered then.
        filtered_offsets : ndarray of int64, shape (n + 1,), optional
            First row of each of the first n series in ``filtered``.

        Returns
        -------
        ndarray of shape (n_rows,), float64
            The values, outliers replaced: the same whether filtered at once or in pieces. Of the earlier values the
            last ``RUN - 1`` may be restored.
        """
        result = values.copy()
        known = np.zeros(len(offsets) - 1, dtype=np.int64)
        if filtered is not None:
            n = len(filtered_offsets) - 1
            known[:n] = np.diff(filtered_offsets)
            result[rows_of(offsets[:n], known[:n])] = filtered
        with np.errstate(all="ignore"):
            return self._run(values, result, offsets, known)[0]

    def unsettled(self, values, offsets):
        """Return lengths at which series, had they ended there, would be filtered otherwise: ascending int64."""
        with np.errstate(all="ignore"):
            _, _, restored = self._run(values, values.copy(), offsets)
        rows = np.flatnonzero(restored)
        return np.unique(rows + 1 - offsets[row_series(offsets)[rows]])

    def _run(self, x, z, offsets, known=0, limits=np.inf):
        """Filter forward in time, all series side by side.

        What a value is replaced by depends on replacements before it: of the outliers that a look at the rows of a
        series finds, the first is one, and the rows after it are looked at again.

        Parameters
        ----------
        x, z : ndarray of shape (n_rows,)
            Values and their replacements: written in place, from the values on.
        offsets : ndarray of shape (n_series + 1,)
        known : int or ndarray of shape (n_series,)
            First rows of each series that are filtered already.
        limits : float or ndarray of shape (n_series,)
            Outliers after which a series is looked at no longer.

        Returns
        -------
        z : ndarray of shape (n_rows,)
        counts : ndarray of shape (n_series,)
            Outliers of each series.
        restored : ndarray of shape (n_rows,), bool
            Values that were taken for outliers until a new level was confirmed.
        """
        restored = np.zeros(len(x), dtype=bool)
        lengths, reach = np.diff(offsets), RUN * max(self.lags) + N_CHANGES + RUN
        cursor, block, counts = np.zeros_like(lengths) + known, lengths.copy(), np.zeros_like(lengths)
        active = np.flatnonzero(cursor < lengths)
        while len(active):
            first = np.maximum(cursor[active] - reach, 0)
            stop = np.minimum(cursor[active] + block[active], lengths[active])
            where = rows_of(offsets[active] + first, stop - first)
            rows = _Rows(x[where], z[where], offsets_of(stop - first), cursor[active] - first, first)
            new, confirmed = self._subset(active)._pass(rows)
            positions = np.where((new != rows.z) | confirmed, rows.position, len(x))
            hit = np.minimum.reduceat(positions, rows.offsets[:-1])
            found = hit < len(x)
            at = (rows.offsets[:-1] + hit)[found]
            z[where[at]] = new[at]
            for level in where[at[confirmed[at]]]:
                before = slice(level - RUN + 1, level)
                z[before], restored[before] = x[before], True
            cursor[active] = np.where(found, first + hit + 1, stop)
            block[active] = np.where(found, SHORT, 2 * block[active])
            counts[active[found]] += np.where(confirmed[at], 1 - RUN, 1)
            active = active[(cursor[active] < lengths[active]) & (counts <= limits)[active]]
        return z, counts, restored

    def _subset(self, series):
        parts = (self.starts[series], self.floors[series], self.bounds[series])
        return OutlierFilter(self.lags, self.units[:, series], *parts)

    def _pass(self, rows):
        """Replace values by what those before them, as filtered so far, predict; and tell which confirm a new level."""
        ratio, side, replacement = self._judge(rows, is_log=False)
        outlier, logs = ratio > THRESHOLD, np.isfinite(self.floors)
        if logs.any():
            ratio_of_log, side_of_log, predicted = self._judge(rows, is_log=True)
            odd = (ratio_of_log > THRESHOLD) & (ratio > MIN_RAW) & _exceeds_last_changes(rows)
            outlier, side = outlier | odd, np.where(odd, side_of_log, side)
            replacement = np.where(logs[rows.series], np.exp(predicted), replacement)
        side = np.where(outlier, side, 0)
        runs = [self._continue(side, rows.position, lag) for lag in self.lags]
        replacement = np.maximum(replacement, self.bounds[rows.series])
        single = outlier & ~np.logical_or.reduce(runs) & np.isfinite(replacement)
        new, run = np.where(single, replacement, rows.x), runs[0]
        fresh = rows.position >= rows.known[rows.series]
        return np.where(fresh, new, rows.z), run & fresh & (shift(rows.z, 1) != shift(rows.x, 1))

    @staticmethod
    def _continue(side, position, lag):
        """Tell which values are the `RUN`-th outlier in a row to one side, a lag apart."""
        run = side != 0
        for k in range(lag, RUN * lag, lag):
            run &= (position >= k) & (side == shift(side, k))
        return run

    def _judge(self, rows, is_log):
        """Compare each value with its predictions.

        Returns
        -------
        ratio : ndarray of shape (n_rows,)
            Units by which all predictions miss it at least; 0 where there are none.
        side : ndarray of shape (n_rows,)
            Sign of that error.
        predicted : ndarray of shape (n_rows,)
            Prediction with the smallest unit.
        """
        predictions = self._predict(judged_scales(rows.z, rows.offsets, self.floors)[is_log], rows, is_log)
        units = np.where(np.isfinite(predictions), self.units[int(is_log)][rows.series], np.nan)
        smallest = np.fmin.reduce(units, axis=1)
        errors = judged_scales(rows.x, rows.offsets, self.floors)[is_log][:, None] - predictions
        ratios = np.abs(errors) / np.minimum(units, MAX_RATIO * smallest[:, None])
        least = np.where(np.isnan(units), np.inf, ratios).argmin(axis=1)[:, None]
        best = np.where(np.isnan(units), np.inf, units).argmin(axis=1)[:, None]
        ratio = np.take_along_axis(ratios, least, axis=1)[:, 0]
        side = np.sign(np.take_along_axis(errors, least, axis=1)[:, 0])
        predicted = np.take_along_axis(predictions, best, axis=1)[:, 0]
        return np.where(np.isfinite(smallest), ratio, 0.0), side, predicted

    def _predict(self, z, rows, is_log=False):
        """Predict each value from those before it: float64 of shape (n_rows, n_lags), NaN where there are too few."""
        start = np.where(rows.first == 0, self.starts, np.nan)
        if is_log:
            start = np.log(np.maximum(start, self.floors))
        predictions = np.empty((len(z), len(self.lags)))
        for j, lag in enumerate(self.lags):
            changes = np.where(rows.position >= lag, z - shift(z, lag), np.nan)
            median = _median_of_last(changes, rows.position)
            if lag == 1:
                median = np.nan_to_num(median)
            predictions[:, j] = np.where(rows.position >= lag, shift(z, lag) + median, np.nan)
        predictions[:, 0] = np.where(rows.position == 0, start[rows.series], predictions[:, 0])
        return predictions

    def _units_of_errors(self, values, kept, offsets):
        """Return the units of the errors of values that are no outliers."""
        rows, n_series = _Rows(values, kept, offsets), len(offsets) - 1
        units = np.empty((2, n_series, len(self.lags)))
        pairs = zip(judged_scales(values, offsets, self.floors), judged_scales(kept, offsets, self.floors), strict=True)
        for j, (x, z) in enumerate(pairs):
            errors = np.where(values == kept, x, np.nan)[:, None] - self._predict(z, rows, bool(j))
            for k in range(len(self.lags)):
                units[j, :, k] = units_of_errors(errors[:, k], offsets)
        return units

    def _usable(self, units, offsets):
        """Mark units of lags that a series is too short for, and of series in which nothing is an outlier."""
        lengths = np.diff(offsets)
        long_enough = lengths[:, None] > np.array(self.lags) + MIN_ERRORS
        units = np.where(long_enough & np.isfinite(units), units, np.nan)
        smallest = np.nanmin(np.where(np.isnan(units), np.inf, units), axis=2, keepdims=True)
        off = (smallest[:, :, 0] <= 0) | np.isinf(smallest[:, :, 0]) | (lengths < MIN_LENGTH)
        off[1] |= np.isnan(self.floors)
        return np.where(off[:, :, None], np.inf, units)


class _Rows:
    """Rows of some series: values `x`, filtered values `z` so far, of which the first `known` of each series stay."""

    def __init__(self, x, z, offsets, known=None, first=None):
        n_series = len(offsets) - 1
        self.x, self.z, self.offsets = x, z, offsets
        self.known = np.zeros(n_series, dtype=np.int64) if known is None else known
        self.first = np.zeros(n_series, dtype=np.int64) if first is None else first  # position in the whole series
        self.series = row_series(offsets)
        self.position = np.arange(len(x)) - offsets[self.series]


def _median_of_last(changes, position):
    """Median of the `N_CHANGES` = 5 changes before each row; of fewer near the beginning, NaN where there is none."""
    a, b, c, d, e = (shift(changes, k) for k in range(1, N_CHANGES + 1))
    # The middle one of five lies between the larger minimum and the smaller maximum of two pairs.
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    median = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))
    early = np.flatnonzero(np.isnan(median) | (position < N_CHANGES))
    rows = early[:, None] - np.arange(1, N_CHANGES + 1)
    last = np.where(position[early, None] >= np.arange(1, N_CHANGES + 1), changes[np.maximum(rows, 0)], np.nan)
    last.sort(axis=1)  # NaN comes last
    n = N_CHANGES - np.isnan(last).sum(axis=1)
    middle = [
        np.take_along_axis(last, k[:, None], axis=1)
        for k in (np.maximum(n - 1, 0) // 2, np.minimum(n // 2, N_CHANGES - 1))
    ]
    median[early] = (middle[0] + middle[1])[:, 0] / 2
    return median


def _exceeds_last_changes(rows):
    """Tell which values are farther from the one before than the last changes of values, and not of logarithms, are."""
    changes = np.where(rows.position >= 1, np.abs(rows.z - shift(rows.z, 1)), np.nan)
    ordinary = np.nan_to_num(_median_of_last(changes, rows.position))
    return ~(np.abs(rows.x - shift(rows.z, 1)) <= MIN_CHANGE * ordinary) | (rows.position == 0)
