"""Weights in a column of a long frame."""

import numpy as np

from tsrnn.frames.advice import assign
from tsrnn.frames.long import LongLayout
from tsrnn.frames.values import DATES, UNREADABLE, as_float64


def read_weights(data, panel):
    """Read the weights of a frame, of the column that the names of a panel say.

    Parameters
    ----------
    data : DataFrame
        The container that the panel was read from.
    panel : Panel
        With ``names.weight_col``.

    Returns
    -------
    ndarray of shape (n_container_rows,), float64
        Zero for rows without a target, whatever their weight.

    Raises
    ------
    TypeError
        If the container has no columns besides its series, or the weights are no numbers.
    ValueError
        If the column is missing, or the weight of an observation is NaN, infinite or negative: the error names id and
        time stamp; or if all are zero.
    """
    name, layout = panel.names.weight_col, panel.layout
    if not isinstance(layout, LongLayout):
        raise TypeError(
            f"weight_col={name!r} names a column of a long DataFrame; the series came as {layout.kind}. Set "
            "weight_col=None and give the weights to fit, one a row: sample_weight=..."
        )
    if name not in data.columns:
        raise ValueError(
            f"weight_col={name!r} is none of the columns {list(data.columns)}. Add it, or set weight_col=None."
        )
    stamps = data[layout.names.time_col].array

    def locate(row):
        return layout.locate(data, stamps, row)

    weights = as_float64(data[name], f"column {name!r}", locate, lambda conversion: _mend(name, conversion))
    observed = data[layout.names.target_col].notna().to_numpy()
    bad = observed & ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        row, finite = int(bad.argmax()), ".replace(np.inf, np.nan)" * bool(np.isinf(weights).any())
        mended = assign(name, f"data[{name!r}]{finite}.clip(lower=0).fillna(0)")
        raise ValueError(
            f"Weights must be finite and not negative. Column {name!r} has {weights[row]} {locate(row)} "
            f"({int(bad.sum())} such in all). To leave such observations out: {mended}."
        )
    if not weights[observed].any():
        raise ValueError(f"Weights must contain at least one positive number. Column {name!r} holds zeros alone.")
    return np.where(observed, weights, 0.0)


def _mend(name, conversion):
    if conversion in (DATES, UNREADABLE):
        return "Set weight_col to a column of numbers."
    return f"Convert it: {assign(name, conversion.replace('{}', f'data[{name!r}]'))}."
