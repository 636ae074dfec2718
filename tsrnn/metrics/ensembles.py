"""Error of sample paths: `crps_ensemble`."""

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.inputs import read_beside, takes_frames
from tsrnn.validation import BOOLEAN, check_parameters


@takes_frames
def crps_ensemble(y_true: ArrayLike, samples: ArrayLike, *, fair: bool = False) -> float:
    r"""Continuous ranked probability score of sample paths, in the units of the series.

    Parameters
    ----------
    y_true : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth.
    samples : array-like of shape (n_steps, n_samples), or array of shape (n_steps, n_series, n_samples)
        Draws from the forecast distribution, one path a column; each step is scored by itself. Paths along the first
        axis, as from ``sample``, are turned by ``np.moveaxis(samples, 0, -1)``.
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
    true, paths = read_beside(y_true, "path", samples=samples)
    n = paths.shape[-1]
    if n < 1 + fair:
        raise ValueError(f"samples must have at least {1 + fair} paths{' for a fair score' if fair else ''}. Got {n}.")
    errors = np.sort(paths - true, axis=-1)
    # Of sorted values, the differences of all pairs add up to sums with the weights 1 - n, 3 - n, ..., n - 1.
    spread = errors @ np.arange(1.0 - n, n, 2) / (n * (n - 1 if fair else n))
    return float(np.mean(np.abs(errors).mean(axis=-1) - spread))
