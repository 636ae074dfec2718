"""Error of sample paths: `crps_ensemble`."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsrnn.frames.columns import Names
from tsrnn.metrics.inputs import (
    PATH,
    check_same_columns,
    check_same_rows,
    is_labelled,
    read_beside,
    takes_frames,
    to_array,
)
from tsrnn.validation import BOOLEAN, check_parameters


def _put_beside(y_true, samples):
    """Return paths one under another as an array whose last axis is that of the paths; other samples as they are."""
    if isinstance(samples, pd.DataFrame) and PATH in samples.columns:
        columns, time = list(samples.columns), Names().time_col
        n = columns.index(time) + 1 if time in columns[:-1] else len(columns) - 1
        values = f"[{columns[n]!r}]" if len(columns) == n + 1 else f"[{columns[n:]}]"
        keys = [name for name in columns[:n] if name != PATH]
        raise ValueError(
            "Paths one under another must be told by the index, as series and stamps. Pass "
            f"samples.set_index({[PATH, *keys]}){values}, and y_true.set_index({keys}){values}."
        )
    if not is_labelled(samples) or PATH not in samples.index.names:
        return samples
    paths, rows = samples.index.get_level_values(PATH), samples.index.droplevel(PATH)
    n = paths.nunique()
    first = samples[paths == paths[0]].droplevel(PATH) if n else samples
    if len(first) * n != len(samples) or any(not part.equals(first.index) for part in _parts(rows, n)):
        raise ValueError("samples must hold the same steps in every path, one path after another, as from `sample`.")
    check_same_rows(y_true=y_true, samples=first)
    check_same_columns(y_true=y_true, samples=first)
    return np.moveaxis(to_array("samples", samples).reshape(n, *first.shape), 0, -1)


def _parts(index, n):
    size = len(index) // max(n, 1)
    return [index[k * size : (k + 1) * size] for k in range(n)]


@takes_frames
def crps_ensemble(y_true: ArrayLike, samples: ArrayLike, *, fair: bool = False) -> float:
    r"""Continuous ranked probability score of sample paths, in the units of the series.

    Parameters
    ----------
    y_true : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth.
    samples : array-like of shape (n_steps, n_samples), or array of shape (n_steps, n_series, n_samples)
        Draws from the forecast distribution, one path a column; each step is scored by itself. Or those of
        `RNNForecaster.sample`: a Series or wide DataFrame whose index has the level ``path`` (in other libraries, a
        frame with the columns ``path`` and ``ds`` and one of each series). Its arrays have the
        paths along the first axis: ``np.moveaxis(samples, 0, -1)``.
    fair : bool, default=False
        Whether the score is that of the distribution that the paths were drawn from, estimated without bias (at least
        two paths). Otherwise it is that of the paths themselves, as an empirical distribution: larger by a part
        that shrinks as one over their number. Choose True to compare forecasts by different numbers of paths.

    Returns
    -------
    float
        The mean over steps and series of

        .. math:: \frac{1}{m} \sum_i |x_i - y| - \frac{1}{2 d} \sum_i \sum_j |x_i - x_j|

        with d = m² for m paths, or d = m (m - 1) if it is fair. Of a single path it is `mae`. At least 0; a fair one
        may fall below.

    Raises
    ------
    ValueError
        If shapes or labels differ, a value is not finite, or a fair score is asked for a single path.

    See Also
    --------
    crps : The same score of quantiles.

    References
    ----------
    Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation, Journal of the American
    Statistical Association 102(477), 359-378. Ferro (2014), Fair scores for ensemble forecasts, Quarterly Journal of
    the Royal Meteorological Society 140(683), 1917-1923.

    Examples
    --------
    >>> from tsrnn.metrics import crps_ensemble
    >>> crps_ensemble([3.0], [[1.0, 3.0]]), crps_ensemble([3.0], [[1.0, 3.0]], fair=True)
    (0.5, 0.0)
    """
    check_parameters("crps_ensemble", {"fair": fair}, {"fair": [BOOLEAN]})
    true, paths = read_beside(y_true, "path", samples=_put_beside(y_true, samples))
    n = paths.shape[-1]
    if n < 1 + fair:
        raise ValueError(f"samples must have at least {1 + fair} paths{' for a fair score' if fair else ''}. Got {n}.")
    errors = np.sort(paths - true, axis=-1)
    # Of sorted values, the differences of all pairs add up to sums with the weights 1 - n, 3 - n, ..., n - 1.
    spread = errors @ np.arange(1.0 - n, n, 2) / (n * (n - 1 if fair else n))
    return float(np.mean(np.abs(errors).mean(axis=-1) - spread))
