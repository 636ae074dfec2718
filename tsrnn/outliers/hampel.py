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

Missing values are skipped: the last value, and the last ones of the same phase, are the last observed. Across a gap the
drift and the unit of a prediction are those of one step times the steps between, so that a value after a long gap is an
outlier only if it is very far away. Where the values one, two and three seasons before are missing, nothing is one.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.outliers.rows import MAX_LAGS, Observed, Rows, median_of_last
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
            Flat values; NaN where missing.
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
            observed, lags = Observed(values, offsets), (1, *seasons)
            x, offsets = observed.values, observed.offsets
            floors = lowest_values(x, offsets)
            bounds = np.where(np.minimum.reduceat(x, offsets[:-1]) < 0, -np.inf, 0.0)
            draft = cls(lags, np.empty(0), first_values(x, offsets, observed.times), floors, bounds)
            rows = observed.rows(x, lags)
            units = [units_of_changes(v, rows) for v in judged_scales(x, offsets, floors)]
            units = raise_units(np.array(units), x, offsets)
            draft = replace(draft, units=draft._usable(units, offsets))
            limits = np.maximum(MAX_SHARE * np.diff(offsets), MAX_OUTLIERS)
            kept, _, _ = draft._run(observed, x.copy(), limits=limits)
            units = raise_units(draft._units_of_errors(observed.rows(kept, lags)), x, offsets)
            units = np.where(np.isinf(draft.units), np.inf, draft._usable(units, offsets))
            found = replace(draft, units=units)
            _, counts, _ = found._run(observed, x.copy(), limits=limits)
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
            What the first values of each series have been replaced by before. Only later ones are filtered then.
        filtered_offsets : ndarray of int64, shape (n + 1,), optional
            First row of each of the first n series in ``filtered``.

        Returns
        -------
        ndarray of shape (n_rows,), float64
            The values, outliers replaced and missing ones NaN: the same whether filtered at once or in pieces. Of the
            earlier values the last ``RUN - 1`` observed ones may be restored.
        """
        observed, result = Observed(values, offsets), values.copy()
        known = np.zeros(len(offsets) - 1, dtype=np.int64)
        if filtered is not None:
            n, lengths = len(filtered_offsets) - 1, np.diff(filtered_offsets)
            known[:n] = observed.count(offsets[:n] + lengths)
            result[rows_of(offsets[:n], lengths)] = filtered
        with np.errstate(all="ignore"):
            kept, _, _ = self._run(observed, result[observed.index], known)
        result[observed.index] = kept
        return np.where(np.isnan(values), np.nan, result)

    def unsettled(self, values, offsets):
        """Return lengths at which series, had they ended there, would be filtered otherwise: ascending int64."""
        observed = Observed(values, offsets)
        with np.errstate(all="ignore"):
            _, _, restored = self._run(observed, observed.values.copy())
        at = np.flatnonzero(restored)
        begin, stop = observed.index[at], observed.index[np.minimum(at + 1, len(restored) - 1)]
        rows = rows_of(begin, stop - begin)
        return np.unique(rows + 1 - offsets[row_series(offsets)[rows]])

    def _run(self, observed, z, known=0, limits=np.inf):
        """Filter forward in time, all series side by side.

        The replacement of a value depends on earlier replacements. So of the outliers found in one pass over the rows
        of a series only the first is replaced, and the rows after it are tested again.

        Parameters
        ----------
        observed : Observed
            The values.
        z : ndarray of shape (n_observed,)
            Filtered values: on entry the values, replaced in place.
        known : int or ndarray of shape (n_series,)
            First values of each series that are filtered already.
        limits : float or ndarray of shape (n_series,)
            Outliers after which a series is looked at no longer.

        Returns
        -------
        z : ndarray of shape (n_observed,)
        counts : ndarray of shape (n_series,)
            Outliers of each series.
        restored : ndarray of shape (n_observed,), bool
            Values that were taken for outliers until a new level was confirmed.
        """
        x, offsets = observed.values, observed.offsets
        restored = np.zeros(len(x), dtype=bool)
        lengths = np.diff(offsets)
        cursor, block, counts = np.zeros_like(lengths) + known, lengths.copy(), np.zeros_like(lengths)
        active = np.flatnonzero(cursor < lengths)
        while len(active):
            first = self._first_read(observed, active, cursor[active])
            stop = np.minimum(cursor[active] + block[active], lengths[active])
            where = rows_of(offsets[active] + first, stop - first)
            times = None if observed.is_complete else observed.times[where]
            rows = Rows(x[where], z[where], offsets_of(stop - first), self.lags, times, cursor[active] - first, first)
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

    def _first_read(self, observed, series, cursor):
        """Return the first value of each series that runs of outliers before a value, and their predictions, read."""
        longest = max(self.lags)
        if observed.is_complete:
            return np.maximum(cursor - (RUN * longest + N_CHANGES + RUN), 0)
        first = observed.back(series, cursor, (RUN - 1) * MAX_LAGS * longest)
        first = np.maximum(np.minimum(first, cursor - RUN) - N_CHANGES - RUN, 0)
        return np.minimum(observed.back(series, first, MAX_LAGS * longest), first)

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
        runs = [self._continue(side, rows, j) for j in range(len(self.lags))]
        replacement = np.maximum(replacement, self.bounds[rows.series])
        single = outlier & ~np.logical_or.reduce(runs) & ~self._lacks_season(rows) & np.isfinite(replacement)
        new, run = np.where(single, replacement, rows.x), runs[0]
        fresh = rows.position >= rows.known[rows.series]
        return np.where(fresh, new, rows.z), run & fresh & (shift(rows.z, 1) != shift(rows.x, 1))

    def _lacks_season(self, rows):
        """Tell which values lack a prediction for missing values: a season that explains them may be among those."""
        used = ~np.isnan(self.units[0])[rows.series]
        return np.logical_or.reduce([rows.is_cut_off(j) & used[:, j] for j in range(len(self.lags))])

    @staticmethod
    def _continue(side, rows, j):
        """Tell which values are the `RUN`-th outlier in a row to one side, a lag apart."""
        run, before = side != 0, side
        for _ in range(RUN - 1):
            before = rows.before(before, j)
            run &= side == before
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
        predictions, steady = self._predict(judged_scales(rows.z, rows.offsets, self.floors)[is_log], rows, is_log)
        units = np.where(np.isfinite(predictions), self.units[int(is_log)][rows.series], np.nan)
        if rows.times is not None:
            units *= np.column_stack([rows.distance(j) for j in range(units.shape[1])])
        smallest = np.fmin.reduce(units, axis=1)
        errors = judged_scales(rows.x, rows.offsets, self.floors)[is_log][:, None] - predictions
        ratios = np.abs(errors) / np.minimum(units, MAX_RATIO * smallest[:, None])
        least = np.where(np.isnan(units), np.inf, ratios).argmin(axis=1)[:, None]
        best = np.where(np.isnan(units), np.inf, units).argmin(axis=1)[:, None]
        ratio = np.take_along_axis(ratios, least, axis=1)[:, 0]
        side = np.sign(np.take_along_axis(errors, least, axis=1)[:, 0])
        predicted = np.take_along_axis(steady, best, axis=1)[:, 0]
        return np.where(np.isfinite(smallest), ratio, 0.0), side, predicted

    def _predict(self, z, rows, is_log=False):
        """Predict each value from those before it, across gaps too.

        Returns
        -------
        predictions : ndarray of shape (n_rows, n_lags), float64
            With as many changes as lags lie between; NaN where there are too few values.
        steady : ndarray of shape (n_rows, n_lags), float64
            With one change, for replacements: many would carry the noise of one far away.
        """
        start = np.where(rows.first == 0, self.starts, np.nan)
        if is_log:
            start = np.log(np.maximum(start, self.floors))
        predictions, steady = [], []
        for j, lag in enumerate(self.lags):
            before, distance = rows.before(z, j), rows.distance(j)
            median = median_of_last((z - before) / distance, rows.position)
            if lag == 1:
                median = np.nan_to_num(median)
            steady.append(before + median)
            predictions.append(steady[j] if rows.times is None else before + distance * median)
        for columns in (predictions, steady):
            columns[0] = np.where(rows.position == 0, start[rows.series], columns[0])
        predictions, steady = np.column_stack(predictions), np.column_stack(steady)
        return predictions, steady

    def _units_of_errors(self, rows):
        """Return the units of the errors of values that are no outliers, for a distance of one lag."""
        units = np.empty((2, len(rows.offsets) - 1, len(self.lags)))
        pairs = zip(*(judged_scales(v, rows.offsets, self.floors) for v in (rows.x, rows.z)), strict=True)
        for i, (x, z) in enumerate(pairs):
            errors = np.where(rows.x == rows.z, x, np.nan)[:, None] - self._predict(z, rows, bool(i))[0]
            for j in range(len(self.lags)):
                units[i, :, j] = units_of_errors(errors[:, j] / rows.distance(j), rows.offsets)
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


def _exceeds_last_changes(rows):
    """Tell which values are farther from the one before than the last changes of values, and not of logarithms, are."""
    before, distance = rows.before(rows.z, 0), rows.distance(0)
    ordinary = np.nan_to_num(median_of_last(np.abs(rows.z - before) / distance, rows.position))
    return ~(np.abs(rows.x - before) <= MIN_CHANGE * distance * ordinary) | (rows.position == 0)
