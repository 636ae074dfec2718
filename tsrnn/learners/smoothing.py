"""Exponential smoothing and the Theta method: level, trend and season of each series by itself.

Exponential smoothing is a weighted mean of models on a fixed grid of parameters: no optimiser, no choice, no failure to
converge. Theta is simple exponential smoothing with a part of the slope of a straight line as its drift, after the
season has been taken out (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003, Unmasking the Theta method):
a weighted mean over smoothing parameters, too. The part is estimated, as by Fiorucci, Pellegrini, Louzada, Petropoulos
and Koehler (2016), but drawn towards a half.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.backends import smoothing as kernels
from tsrnn.backends.pool import count_threads, launch

ALPHAS, BETAS, DAMPINGS, GAMMAS = (0.1, 0.3, 0.6, 1.0), (0.0, 0.1), (0.9, 1.0), (0.0, 0.2, 0.6)
THETA_ALPHAS = tuple(np.arange(1, 21) / 20)
N_KEPT = 8  # Models of a series whose weights are the largest: the mean of them is as good as that of all.
WORK = 50  # Operations of a model for each value.


def _grid(seasonal):
    """Return parameters of models: alpha, beta, phi (0 for no trend), gamma, and how many numbers are fitted.

    Not both trend and season follow errors: over long seasons such models run away, since they are not invertible.
    """
    columns = []
    for alpha in ALPHAS:
        for share in GAMMAS if seasonal and alpha < 1 else (0.0,):
            gamma = share * (1 - alpha)
            columns.append((alpha, 0.0, 0.0, gamma, 3 + (gamma > 0)))
            for phi in DAMPINGS:
                for beta in BETAS if gamma == 0 else BETAS[:1]:
                    n_fitted = 4 + (beta > 0) + (phi < 1) + (gamma > 0)
                    columns.append((alpha, alpha * beta, phi, gamma, n_fitted))
    return np.array(columns).T.copy()


GRIDS = {
    kernels.ETS: (_grid(False), _grid(True)),
    kernels.THETA: (np.array([(alpha, 0.0, 1.0, 0.0, 4.0) for alpha in THETA_ALPHAS]).T.copy(), np.empty((5, 0))),
}


@dataclass(frozen=True)
class Smoothing:
    """Smoothing models of series, and their states after some observations.

    Attributes
    ----------
    method : int
        `tsrnn.backends.smoothing.ETS` or ``THETA``.
    season_lengths : ndarray of shape (n_seasons,), int64
        Seasons that a model may have, shortest first.
    models : ndarray of shape (n_series, n_models, 7), float64
        Smoothing parameters alpha, beta, phi and gamma, weight in the mean, first level and first trend.
    kinds : ndarray of shape (n_series, n_models), int64
        Season of each model: 0 for none, ``1 + 2 * s`` and ``2 + 2 * s`` for additive and multiplicative ones of
        ``season_lengths[s]``.
    first_seasons : ndarray of shape (n_series, n_seasons, 2, longest season), float64
        Deviations and ratios at the beginning of each series.
    units : ndarray of shape (n_series, 2), float64
        Center and spread in which levels, trends and deviations are given.
    states : ndarray of shape (n_series, n_models, 2), float64
        Level and trend after the last observation.
    seasons : ndarray of shape (n_series, n_models, longest season), float64
        Seasonal component by phase after the last observation.
    seen : ndarray of shape (n_series,), int64
        Observations that the states are after.
    log : bool
        Whether the models are of logarithms.
    """

    method: int
    season_lengths: np.ndarray
    models: np.ndarray
    kinds: np.ndarray
    first_seasons: np.ndarray
    units: np.ndarray
    states: np.ndarray
    seasons: np.ndarray
    seen: np.ndarray
    log: bool = False

    @classmethod
    def fit(cls, method, values, offsets, season_lengths, n_jobs=None, log=False):
        """Fit the models of some series.

        Parameters
        ----------
        method : int
            `tsrnn.backends.smoothing.ETS` or ``THETA``.
        values : ndarray of shape (n_rows,), float64
            Observations; NaN where missing.
        offsets : ndarray of shape (n_series + 1,), int64
            First row of each series, and the number of rows.
        season_lengths : sequence of int
            Seasons that the series may have.
        n_jobs : int or None
            Threads.
        log : bool, default=False
            Whether to fit to logarithms, of positive values.

        Returns
        -------
        Smoothing
            With the states after the last observation of each series.
        """
        seasons = np.array(sorted(season_lengths) or [1], np.int64)
        n_series, longest = len(offsets) - 1, int(seasons.max())
        plain, seasonal = GRIDS[method]
        n_fits = plain.shape[1] + 2 * len(seasons) * seasonal.shape[1]
        models, kinds = np.zeros((n_series, N_KEPT, kernels.N_COLUMNS)), np.zeros((n_series, N_KEPT), np.int64)
        first_seasons, units = np.zeros((n_series, len(seasons), 2, longest)), np.empty((n_series, 2))
        n_values, scaled = int(np.diff(offsets).max()), np.log(values) if log else values

        def fit(thread, n_threads):
            buffers = np.empty(n_values), np.empty(n_values), np.empty(longest)
            lanes = tuple(
                np.empty(shape)
                for shape in (
                    (kernels.N_STATES, kernels.LANES),
                    (longest, 3, kernels.LANES),
                    (kernels.N_SUMS, kernels.LANES),
                )
            )
            kernels.fit(
                thread, n_threads, method, not log, scaled, offsets, seasons, plain, seasonal, buffers, lanes,
                np.zeros((3, n_fits)), np.zeros(longest), models, kinds, first_seasons, units,
            )  # fmt: skip

        _launch(fit, count_threads(n_jobs, WORK * n_fits * len(values), n_series))
        unseen = cls(
            method, seasons, models, kinds, first_seasons, units, np.zeros((n_series, N_KEPT, 2)),
            np.zeros((n_series, N_KEPT, longest)), np.zeros(n_series, np.int64), log,
        )  # fmt: skip
        return unseen.at_beginning().follow(values, offsets, n_jobs)

    def follow(self, values, offsets, n_jobs=None, seen=None):
        """Return the models with the states after the first ``seen`` of some observations, by default all of them.

        If these are fewer than the models have seen, they begin anew with their first states.
        """
        seen = np.diff(offsets) if seen is None else seen
        start = self if (seen >= self.seen).all() else self.at_beginning()
        _, moved = start._run(values, offsets, seen, n_jobs=n_jobs)
        return moved

    def forecast(self, values, offsets, series, seen, horizon, n_jobs=None, components=False):
        """Forecast after some origins.

        Parameters
        ----------
        values, offsets : as for :meth:`fit`
            Observations of the same series.
        series, seen : ndarray of shape (n,), int64
            Series of each origin, and observations before it.
        horizon : int
            Steps.
        n_jobs : int or None
            Threads.
        components : bool, default=False
            Whether level, trend and season are returned apart.

        Returns
        -------
        ndarray of shape (n, horizon), or (3, n, horizon) with components, float64
        """
        start = self if (seen >= self.seen[series]).all() else self.at_beginning()
        order = np.lexsort((seen, series))
        parts, _ = start._run(
            values, offsets, start.seen, series[order], seen[order], horizon, 3 if components else 1, n_jobs
        )
        parts[:, order] = parts.copy()
        if self.log:  # Each part is what it adds to those before it.
            parts = np.diff(np.exp(np.cumsum(parts, axis=0)), axis=0, prepend=0.0)
        return parts if components else parts[0]

    def extend(self, values, offsets, n_jobs=None):
        """Return the models of more series; those known keep theirs."""
        first = offsets[len(self.seen)]
        new = self.fit_again(values[first:], offsets[len(self.seen) :] - first, n_jobs)
        names = ("models", "kinds", "first_seasons", "units", "states", "seasons", "seen")
        return replace(self, **{n: np.concatenate([getattr(self, n), getattr(new, n)]) for n in names})

    def fit_again(self, values, offsets, n_jobs=None):
        """Return models of the same kind, fitted to other observations."""
        return Smoothing.fit(self.method, values, offsets, self.season_lengths, n_jobs, self.log)

    def at_beginning(self):
        """Return the models with their first states."""
        n_series = len(self.kinds)
        first = self.first_seasons[np.arange(n_series)[:, None], np.maximum(self.kinds - 1, 0) // 2, 0]
        seasons = np.where((self.kinds % 2 == 1)[:, :, None], first, 0.0)
        states = self.models[:, :, kernels.LEVEL :].copy()
        return replace(self, states=states, seasons=seasons, seen=np.zeros(n_series, np.int64))

    def _run(self, values, offsets, stops, series=(), seen=(), horizon=0, n_parts=1, n_jobs=None):
        """Return forecasts at some origins, and the models moved to ``stops`` or the last origin."""
        bounds = np.searchsorted(np.asarray(series, np.int64), np.arange(len(offsets)))
        parts = np.zeros((n_parts, len(series), horizon))
        moved = replace(self, states=self.states.copy(), seasons=self.seasons.copy(), seen=np.asarray(stops, np.int64))

        moves = (moved.seen > self.seen).any() or (np.asarray(seen) > self.seen[np.asarray(series, np.int64)]).any()
        # From states at the origins nothing is read, and a forecast costs the same however long the series is.
        scaled = np.log(values) if self.log and moves else values

        def run(thread, n_threads):
            kernels.run(
                thread, n_threads, scaled, offsets, self.season_lengths, self.models, self.kinds, self.first_seasons,
                self.units, moved.states, moved.seasons, self.seen, moved.seen, np.asarray(seen, np.int64), bounds,
                parts,
            )  # fmt: skip

        work = WORK * self.models.shape[1] * (parts.size + np.maximum(stops - self.seen, 0).sum())
        _launch(run, count_threads(n_jobs, work, len(offsets) - 1))
        return parts, moved


def follow_all(smoothing, values, offsets, n_jobs=None, seen=None):
    """Return smoothing of several methods, by name, after some observations; see :meth:`Smoothing.follow`."""
    return {name: one.follow(values, offsets, n_jobs, seen) for name, one in smoothing.items()}


def _launch(work, n_threads):
    """Call ``work(thread, n_threads)`` in some threads, without warnings of overflow: compiled code gives none."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        launch(work, n_threads)
