"""Kernels of exponential smoothing and of the Theta method: all series of a panel in one call.

Some models of a series are run side by side, a model a lane: vectors of the processor hold one number of each. A model
has four smoothing parameters, a first level, a first trend and a first season. An additive season is added to the
level. A multiplicative one divides the series beforehand, and its later changes are added.

Formulas: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, ch. 2 and 5.
"""

import math

import numpy as np

from tsrnn.backends.compilation import kernel, never_inline
from tsrnn.backends.seasons import classical_season, fill_gaps, has_season

ETS, THETA = range(2)
# A kind of season is 0 for none, 1 + 2 * s for an additive one of season s and 2 + 2 * s for a multiplicative one.
ALPHA, BETA, PHI, GAMMA, N_PARAMETERS = range(5)  # Rows of a grid; phi is zero without a trend.
WEIGHT, LEVEL, TREND = 4, 5, 6  # Columns of a fitted model after its parameters; `WEIGHT` in place of their number.
N_COLUMNS = 7
CENTER, SPREAD = range(2)  # The series is read as (value - center) / spread.
LANES = 16
N_STATES, N_SUMS = 6, 6
MIN_OBSERVED = 5  # Fewest observed values of a series that is more than repeated.
# Half of what Akaike weights have: differences of the criterion are overconfident where no model is true.
TEMPER = 0.25
USUAL_PART = 0.5  # Of the slope, in the Theta method: theta is 2.
PRIOR = 4.0  # Variances of the noise that it weighs, against what the series tells of the part.
TINY, TINIEST = 1e-12, 1e-300  # Of a sum of squares, relative and absolute, whose logarithm is taken.
# Responses to first states die away. Every so many steps they are set to zero where they are negligible: arithmetic on
# numbers too small for full precision is a hundred times slower. The number is odd, so that each phase has its turn.
NEGLIGIBLE, FLUSHED = 1e-100, 61


@never_inline
def _run_lanes(z, n, grid, first, count, season, season_length, state, seasons, sums):
    """Run some models of a grid over a series.

    The errors of a model are linear in its first level and trend. So three responses are carried: that to the series
    with both of them zero, that to a first level of one, and that to a first trend of one. The sums are those of the
    products of their errors.
    """
    for j in range(count):
        for k in range(N_STATES):
            state[k, j] = 0.0
        for k in range(N_SUMS):
            sums[k, j] = 0.0
        state[1, j] = 1.0
        state[5, j] = 1.0 if grid[PHI, first + j] > 0 else 0.0
        for phase in range(season_length):
            seasons[phase, 0, j], seasons[phase, 1, j], seasons[phase, 2, j] = season[phase], 0.0, 0.0
    phase = 0
    for t in range(n):
        y, seen = z[t], 1.0
        if math.isnan(y):
            y, seen = 0.0, 0.0
        for j in range(count):
            a, b = seen * grid[ALPHA, first + j], seen * grid[BETA, first + j]
            phi, g = grid[PHI, first + j], seen * grid[GAMMA, first + j]
            b0, b1, b2 = phi * state[3, j], phi * state[4, j], phi * state[5, j]
            l0, l1, l2 = state[0, j] + b0, state[1, j] + b1, state[2, j] + b2
            s0, s1, s2 = seasons[phase, 0, j], seasons[phase, 1, j], seasons[phase, 2, j]
            e0, e1, e2 = y - l0 - s0, -l1 - s1, -l2 - s2
            state[0, j], state[1, j], state[2, j] = l0 + a * e0, l1 + a * e1, l2 + a * e2
            state[3, j], state[4, j], state[5, j] = b0 + b * e0, b1 + b * e1, b2 + b * e2
            seasons[phase, 0, j], seasons[phase, 1, j], seasons[phase, 2, j] = s0 + g * e0, s1 + g * e1, s2 + g * e2
            sums[0, j] += seen * e0 * e0
            sums[1, j] += seen * e0 * e1
            sums[2, j] += seen * e0 * e2
            sums[3, j] += seen * e1 * e1
            sums[4, j] += seen * e1 * e2
            sums[5, j] += seen * e2 * e2
        phase = phase + 1 if phase + 1 < season_length else 0
        if t % FLUSHED == FLUSHED - 1:
            for j in range(count):
                for k in (1, 2, 4, 5):
                    state[k, j] = state[k, j] if abs(state[k, j]) > NEGLIGIBLE else 0.0
                for k in (1, 2):
                    s = seasons[phase, k, j]
                    seasons[phase, k, j] = s if abs(s) > NEGLIGIBLE else 0.0


@never_inline
def _fit_lanes(z, n, n_seen, grid, season, season_length, state, seasons, sums, fits, at):
    """Write criterion, first level and first trend of each model of a grid into the rows of ``fits`` from ``at`` on."""
    for first in range(0, grid.shape[1], LANES):
        count = min(LANES, grid.shape[1] - first)
        _run_lanes(z, n, grid, first, count, season, season_length, state, seasons, sums)
        for j in range(count):
            n_parameters, row = grid[N_PARAMETERS, first + j] + season_length - 1, at + first + j
            fits[0, row] = np.inf
            if n_seen - n_parameters - 1 <= 0:
                continue
            yy, yl, yb, ll, lb, bb = sums[0, j], sums[1, j], sums[2, j], sums[3, j], sums[4, j], sums[5, j]
            level, trend, determinant = -yl / ll, 0.0, ll * bb - lb * lb
            if grid[PHI, first + j] > 0 and determinant > 1e-9 * ll * bb:
                level, trend = (lb * yb - bb * yl) / determinant, (lb * yl - ll * yb) / determinant
            squares = max(yy + level * yl + trend * yb, TINY * n_seen)
            fits[0, row] = n_seen * math.log(squares / n_seen)
            fits[0, row] += 2 * n_parameters * n_seen / (n_seen - n_parameters - 1)
            fits[1, row], fits[2, row] = level, trend


@never_inline
def _ratios(values, start, n, center, spread, season, season_length, z):
    """Replace logarithms of a season by ratios and divide a series by them; return the logarithm of their product."""
    total = 0.0
    for phase in range(season_length):
        season[phase] = math.exp(season[phase])
    for t in range(n):
        ratio = season[t % season_length]
        z[t] = (values[start + t] / ratio - center) / spread
        total += 0.0 if math.isnan(z[t]) else math.log(ratio)
    return total


@never_inline
def _keep_best(fits, n_fits, n_plain, plain, seasonal, models, kinds):
    """Write the models of the largest weights, and their kinds."""
    best = np.inf
    for row in range(n_fits):
        best = min(best, fits[0, row])
    total = 0.0
    for k in range(models.shape[0]):
        row = 0
        for other in range(n_fits):
            if fits[0, other] < fits[0, row]:
                row = other
        models[k, WEIGHT] = math.exp(TEMPER * (best - fits[0, row]))
        total += models[k, WEIGHT]
        kind = 0 if row < n_plain else 1 + (row - n_plain) // seasonal.shape[1]
        column = row if kind == 0 else (row - n_plain) % seasonal.shape[1]
        for parameter in range(N_PARAMETERS):
            models[k, parameter] = plain[parameter, column] if kind == 0 else seasonal[parameter, column]
        fitted = fits[0, row] < np.inf
        models[k, LEVEL], models[k, TREND] = fits[1, row] if fitted else 0.0, fits[2, row] if fitted else 0.0
        kinds[k] = kind
        fits[0, row] = np.inf
    for k in range(models.shape[0]):
        models[k, WEIGHT] /= total


@never_inline
def _fit_ets(
    values, start, n, n_seen, center, spread, lowest, season_lengths, plain, seasonal, buffers, lanes, fits, no_season,
    models, kinds, first_seasons,
):  # fmt: skip
    """Fit all models of the grids to a series, and keep the best."""
    state, seasons, sums = lanes
    z, filled, counts = buffers
    for t in range(n):
        z[t] = (values[start + t] - center) / spread
    n_plain, n_seasonal = plain.shape[1], seasonal.shape[1]
    _fit_lanes(z, n, n_seen, plain, no_season, 1, state, seasons, sums, fits, 0)
    for s in range(season_lengths.shape[0]):
        m, at = season_lengths[s], n_plain + 2 * s * n_seasonal
        for row in range(at, at + 2 * n_seasonal):
            fits[0, row] = np.inf
        if m < 2 or n_seen <= 2 * m:
            continue
        fill_gaps(values, start, n, m, filled)
        season = first_seasons[s, 0]
        if classical_season(filled, n, m, season, counts):
            for phase in range(m):
                season[phase] /= spread
            for t in range(n):
                z[t] = (values[start + t] - center) / spread
            _fit_lanes(z, n, n_seen, seasonal, season, m, state, seasons, sums, fits, at)
            if lowest > 0:
                for t in range(n):
                    filled[t] = math.log(filled[t])
                season, at = first_seasons[s, 1], at + n_seasonal
                classical_season(filled, n, m, season, counts)
                change = _ratios(values, start, n, center, spread, season, m, z)
                _fit_lanes(z, n, n_seen, seasonal, no_season, m, state, seasons, sums, fits, at)
                for row in range(at, at + n_seasonal):
                    fits[0, row] += 2 * change
    _keep_best(fits, n_plain + 2 * season_lengths.shape[0] * n_seasonal, n_plain, plain, seasonal, models, kinds)


@never_inline
def _adjust(values, start, n, n_seen, center, lowest, season_lengths, buffers, first_seasons):
    """Take the longest season that is found out of a series, write it less its mean; return kind and mean."""
    z, filled, counts = buffers
    kind = 0
    for s in range(season_lengths.shape[0] - 1, -1, -1):
        m = season_lengths[s]
        if kind or m < 2 or n_seen <= 2 * m:
            continue
        fill_gaps(values, start, n, m, filled)
        if has_season(filled, n, center, m):
            form = 1 if lowest > 0 else 0
            for t in range(n):
                filled[t] = math.log(filled[t]) if form else filled[t]
            if classical_season(filled, n, m, first_seasons[s, form], counts):
                kind = 1 + 2 * s + form
                if form:
                    _ratios(values, start, n, 0.0, 1.0, first_seasons[s, form], m, z)
    mean = 0.0
    for t in range(n):
        if kind == 0:
            z[t] = values[start + t]
        elif kind % 2:
            s = kind // 2
            z[t] = values[start + t] - first_seasons[s, 0, t % season_lengths[s]]
        mean += 0.0 if math.isnan(z[t]) else z[t] / n_seen
    for t in range(n):
        z[t] -= mean
    return kind, mean


@never_inline
def _fit_theta(
    values, start, n, n_seen, center, lowest, season_lengths, grid, buffers, lanes, fits, no_season, models, kinds,
    first_seasons,
):  # fmt: skip
    """Fit simple exponential smoothing with a drift: a part of the slope of the straight line through the series.

    The part is 1 - 1 / theta. The first level lies on the same part of the line, but for a shift. Both are from least
    squares, for each smoothing parameter of the grid; the part is drawn towards that of the classical method. Returns
    the mean of the adjusted series.
    """
    state, seasons, sums = lanes
    z = buffers[0]
    kinds[0], mean = _adjust(values, start, n, n_seen, center, lowest, season_lengths, buffers, first_seasons)
    t1, t2, z1, tz = 0.0, 0.0, 0.0, 0.0
    for t in range(n):
        if not math.isnan(z[t]):
            t1, t2, z1, tz = t1 + t, t2 + float(t) * t, z1 + z[t], tz + t * z[t]
    slope = (n_seen * tz - t1 * z1) / (n_seen * t2 - t1 * t1)
    intercept = (z1 - slope * t1) / n_seen - slope  # One step before the first value.
    for first in range(0, grid.shape[1], LANES):
        count = min(LANES, grid.shape[1] - first)
        _run_lanes(z, n, grid, first, count, no_season, 1, state, seasons, sums)
        for j in range(count):
            yy, yl, yb, ll, lb, bb = sums[0, j], sums[1, j], sums[2, j], sums[3, j], sums[4, j], sums[5, j]
            yv, lv = intercept * yl + slope * yb, intercept * ll + slope * lb
            vv = intercept * intercept * ll + 2 * intercept * slope * lb + slope * slope * bb
            known, part = vv - lv * lv / ll, 0.0
            if known > 1e-9 * vv:
                free = (lv * yl / ll - yv) / known
                noise = max(yy - yl * yl / ll - known * free * free, TINY * yy) / max(n_seen - 3, 1)
                part = (known * free + PRIOR * noise * USUAL_PART) / (known + PRIOR * noise)
                part = min(max(part, 0.0), 1.0)
            shift = -(yl + part * lv) / ll
            squares = yy + 2 * (shift * yl + part * yv) + shift * (shift * ll + 2 * part * lv) + part * part * vv
            row = first + j
            fits[0, row] = n_seen * math.log(max(squares, TINY * yy, TINIEST) / n_seen)
            fits[1, row], fits[2, row] = shift + part * intercept, part * slope
    kind = kinds[0]
    _keep_best(fits, grid.shape[1], grid.shape[1], grid, grid, models, kinds)
    for k in range(kinds.shape[0]):
        kinds[k] = kind
    return mean


def _make_fit(stamp):
    def fit(
        thread, n_threads, method, divides, values, offsets, season_lengths, plain, seasonal, buffers, lanes, fits,
        no_season, models, kinds, first_seasons, units,
    ):  # fmt: skip
        """Fit the models of this thread's share of the series; ``divides`` allows multiplicative seasons."""
        stamp  # noqa: B018  part of the cache's key
        for i in range(thread, offsets.shape[0] - 1, n_threads):
            start, n = offsets[i], offsets[i + 1] - offsets[i]
            n_seen, mean, lowest, highest = 0, 0.0, np.inf, -np.inf
            for t in range(start, start + n):
                if not math.isnan(values[t]):
                    n_seen, mean = n_seen + 1, mean + values[t]
                    lowest, highest = min(lowest, values[t]), max(highest, values[t])
            units[i, CENTER], units[i, SPREAD] = 0.0, 1.0
            spread_out = highest - lowest > 1e-9 * max(abs(lowest), abs(highest))
            lowest = lowest if divides else 0.0
            if n_seen < MIN_OBSERVED or not spread_out:
                for k in range(models.shape[1]):  # The last value is repeated.
                    models[i, k, ALPHA], models[i, k, WEIGHT] = 1.0, 1.0 if k == 0 else 0.0
            else:
                mean, squares = mean / n_seen, 0.0
                for t in range(start, start + n):
                    if not math.isnan(values[t]):
                        squares += (values[t] - mean) ** 2
                if method == ETS:
                    units[i, CENTER], units[i, SPREAD] = mean, math.sqrt(squares / n_seen)
                    _fit_ets(
                        values, start, n, n_seen, units[i, CENTER], units[i, SPREAD], lowest, season_lengths,
                        plain, seasonal, buffers, lanes, fits, no_season, models[i], kinds[i], first_seasons[i],
                    )  # fmt: skip
                else:
                    units[i, CENTER] = _fit_theta(
                        values, start, n, n_seen, mean, lowest, season_lengths, plain, buffers, lanes, fits,
                        no_season, models[i], kinds[i], first_seasons[i],
                    )  # fmt: skip

    return fit


fit = kernel(_make_fit)


@never_inline
def _advance(values, start, stop, seen, center, spread, model, kind, season_length, ratios, state, season):
    """Move the states of a model over the values from row ``start`` on, of which ``seen`` were before them."""
    level, trend = state[0], state[1]
    a, b, phi, g = model[ALPHA], model[BETA], model[PHI], model[GAMMA]
    phase = seen % season_length
    for t in range(start, stop):
        trend *= phi
        level += trend
        if not math.isnan(values[t]):
            y = values[t] / ratios[phase] if kind and kind % 2 == 0 else values[t]
            error = (y - center) / spread - level - season[phase]
            level, trend, season[phase] = level + a * error, trend + b * error, season[phase] + g * error
        phase = phase + 1 if phase + 1 < season_length else 0
    state[0], state[1] = level, trend


@never_inline
def _forecast(parts, row, horizon, seen, center, spread, model, kind, season_length, ratios, state, season):
    """Add the forecast of a model, by its weight: level, trend and season, or their sum alone."""
    level, growth, trend = center + spread * state[0], 0.0, state[1]
    weight, last = model[WEIGHT], parts.shape[0] - 1
    for step in range(horizon):
        phase = (seen + step) % season_length
        trend *= model[PHI]
        growth += spread * trend
        seasonal = spread * season[phase]
        if kind and kind % 2 == 0:
            seasonal = ratios[phase] * (level + growth + seasonal) - level - growth
        parts[0, row, step] += weight * level
        parts[min(1, last), row, step] += weight * growth
        parts[last, row, step] += weight * seasonal


def _make_run(stamp):
    def run(
        thread, n_threads, values, offsets, season_lengths, models, kinds, first_seasons, units, states, seasons, seen,
        stops, origins, bounds, parts,
    ):  # fmt: skip
        """Move the states of series on to ``stops`` values, with forecasts at the origins on the way."""
        stamp  # noqa: B018  part of the cache's key
        for i in range(thread, offsets.shape[0] - 1, n_threads):
            center, spread = units[i, CENTER], units[i, SPREAD]
            for k in range(models.shape[1]):
                if models[i, k, WEIGHT] == 0:
                    continue
                kind = kinds[i, k]
                s = (kind - 1) // 2 if kind else 0
                m, now = season_lengths[s] if kind else 1, seen[i]
                model, ratios = models[i, k], first_seasons[i, s, 1]
                state, season = states[i, k], seasons[i, k]
                for o in range(bounds[i], bounds[i + 1] + 1):
                    then = origins[o] if o < bounds[i + 1] else stops[i]
                    _advance(
                        values, offsets[i] + now, offsets[i] + then, now, center, spread, model, kind, m, ratios, state,
                        season,
                    )  # fmt: skip
                    now = max(now, then)
                    if o < bounds[i + 1]:
                        _forecast(
                            parts, o, parts.shape[2], now, center, spread, model, kind, m, ratios, state, season
                        )  # fmt: skip

    return run


run = kernel(_make_run)
