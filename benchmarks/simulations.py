"""Simulated series for `intervals.py`: processes whose quantiles are known, drift, and odd series."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

DAY, YEAR = 24, 12


@dataclass(frozen=True)
class ZeroInflated:
    """Zero with a probability, otherwise one more than a Poisson count; as a distribution of scipy."""

    zero: float
    mean: float

    def cdf(self, x):
        """Return the probability of at most `x`."""
        return (np.asarray(x) >= 0) * self.zero + (1 - self.zero) * stats.poisson(self.mean).cdf(np.asarray(x) - 1)

    def ppf(self, p):
        """Return quantiles."""
        above = (np.asarray(p) - self.zero) / (1 - self.zero)
        return np.where(above <= 0, 0, 1 + stats.poisson(self.mean).ppf(np.maximum(above, 1e-12)))

    def std(self):
        """Return the standard deviation."""
        mean = self.mean + 1
        return np.sqrt((1 - self.zero) * (self.mean + mean**2) - ((1 - self.zero) * mean) ** 2)

    def rvs(self, size, random_state):
        """Draw values."""
        return (random_state.random(size) >= self.zero) * (1 + random_state.poisson(self.mean, size)).astype(float)


def daily(steps, base, amplitude, phase=0.0):
    """Return a daily wave of hourly steps."""
    return base + amplitude * np.sin(2 * np.pi * (np.asarray(steps) - phase) / DAY)


# Independent values: the distribution at each step.
INDEPENDENT = {
    "normal": lambda t: stats.norm(np.full(np.shape(t), 10.0), 2.0),
    "seasonal, heteroscedastic": lambda t: stats.norm(daily(t, 100, 20), daily(t, 4, 3, 6)),
    "seasonal, t noise": lambda t: stats.t(3, daily(t, 100, 20), 3.0),
    "lognormal": lambda t: stats.lognorm(0.5, scale=daily(t, 100, 40)),
    "Poisson counts": lambda t: stats.poisson(daily(t, 4, 3)),
    "zero-inflated counts": lambda t: ZeroInflated(0.7, 4.0),
}
DEPENDENT = {"AR(1)": 0.8, "random walk": 1.0}  # Coefficients.
PROCESSES = (*INDEPENDENT, *DEPENDENT)


def draw(name, n, rng):
    """Draw `n` values of a process."""
    if name in INDEPENDENT:
        return np.asarray(INDEPENDENT[name](np.arange(n)).rvs(n, random_state=rng), float)
    values = np.zeros(n)
    for t, shock in enumerate(rng.normal(size=n - 1), 1):
        values[t] = DEPENDENT[name] * values[t - 1] + shock
    return values + 50


def distribution(name, values, origins, horizon):
    """Return the known distribution after each origin: its parameters have the shape (n_origins, horizon)."""
    ahead = np.arange(horizon) + 1
    if name in INDEPENDENT:
        return INDEPENDENT[name](np.asarray(origins)[:, None] + ahead - 1)
    weight = DEPENDENT[name] ** ahead
    variance = np.cumsum(DEPENDENT[name] ** (2 * (ahead - 1)))
    return stats.norm(50 + weight * (values[np.asarray(origins) - 1, None] - 50), np.sqrt(variance))


def drifting(kind, n_days, rng):
    """Return an hourly series whose level, variance or season changes."""
    t = np.arange(n_days * DAY)
    day = t / DAY
    noise = np.zeros(len(t))
    for k, shock in enumerate(rng.normal(size=len(t) - 1), 1):
        noise[k] = 0.6 * noise[k - 1] + shock
    amplitude, phase, level, spread = np.full(len(t), 10.0), np.zeros(len(t)), 100.0, np.full(len(t), 2.0)
    if kind == "level":
        level = 100 + np.cumsum(rng.normal(size=len(t))) * 0.3 + 25 * (day > 0.45 * n_days) - 40 * (day > 0.75 * n_days)
    elif kind == "variance":
        spread = 2 * np.where(day > 0.4 * n_days, 3, 1) * np.where(day > 0.75 * n_days, 0.25, 1)
    else:
        amplitude = 10 * (1 + 1.5 * day / n_days)
        phase = 5.0 * (day > 0.5 * n_days)
    return level + amplitude * np.sin(2 * np.pi * (t - phase) / DAY) + spread * noise


def odd_series(rng):
    """Return series by name, with steps in a season: short, constant, sparse, broken."""
    t = np.arange(96)
    plain = 100 + 10 * np.sin(2 * np.pi * t / YEAR) + rng.normal(0, 3, 96)
    counts = ZeroInflated(0.7, 4.0).rvs(120, rng)
    walk = 100 + np.cumsum(rng.normal(0, 3, 30))
    return {f"short walk, {n} values": (walk[-n:], 1) for n in (8, 12, 20, 30)} | {
        "short noise, 20 values": (rng.normal(10, 2, 20), 1),
        "short season, 30 values": (plain[:30], YEAR),
        "constant": (np.full(96, 7.0), YEAR),
        "constant, last value other": (np.append(np.full(95, 7.0), 8.0), YEAR),
        "zero-inflated counts": (counts, 1),
        "zeros, few counts": (counts * (rng.random(120) < 0.2), 1),
        "all zeros": (np.zeros(60), 1),
        "odd value at the end": (np.append(plain[:-1], 1000.0), YEAR),
        "odd value in the middle": (np.where(t == 48, -9999.0, plain), YEAR),
        "step": (plain + 80 * (t >= 72), YEAR),
        "step near the end": (plain + 80 * (t >= 92), YEAR),
        "exponential growth": (np.exp(0.05 * t) * np.exp(rng.normal(0, 0.05, 96)), YEAR),
        "trend": (5.0 * t + rng.normal(0, 3, 96), YEAR),
        "season of growing swings": (100 + t * np.sin(2 * np.pi * t / YEAR) + rng.normal(0, 2, 96), YEAR),
    }
