"""States and gates of a recurrent layer, drawn as it is unrolled over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import SequenceData
from tsrnn.plotting.figures import find_axes
from tsrnn.sequence.inputs import read_inputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage

    from tsrnn.sequence import RNNClassifier, RNNRegressor


class StatesDisplay:
    """Picture of what one layer holds while it reads a sequence: units downwards, steps to the right.

    Parameters
    ----------
    values : ndarray of shape (n_steps, n_units)
        States after each step, or gates at it.
    name : str
        Name of the values.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    image_ : matplotlib.image.AxesImage
        Values that are never negative are coloured from 0 to 1, others from -1 to 1; both ranges widen where
        the values need it.

    See Also
    --------
    tsrnn.network.Network.unroll : The same as numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import RNNRegressor
    >>> from tsrnn.plotting import StatesDisplay
    >>> X = np.random.default_rng(0).normal(size=(50, 9))
    >>> model = RNNRegressor(hidden_size=4, cell="lstm", max_epochs=1).fit(X, X.sum(axis=1))
    >>> display = StatesDisplay.from_estimator(model, X[:1], values="f")
    >>> display.image_.get_array().shape
    (4, 9)
    """

    ax_: Axes
    figure_: Figure | SubFigure
    image_: AxesImage

    def __init__(self, *, values: NDArray, name: str) -> None:
        self.values = values
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: RNNRegressor | RNNClassifier,
        X: SequenceData,
        *,
        values: str = "h",
        layer: str = "l0",
        sample: int = 0,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> StatesDisplay:
        """Let an estimator read a sequence, and draw what one of its layers holds.

        Parameters
        ----------
        estimator : RNNRegressor or RNNClassifier
            Fitted.
        X : array-like or list of array-like
            Sequences, as for `predict`.
        values : str, default="h"
            "h" for the hidden states, "c" for the cell states of an LSTM, or a gate: "i", "f", "g" or "o" of an
            LSTM, "r", "z" or "n" of a GRU.
        layer : str, default="l0"
            Layer as in PyTorch's names: "l0", "l1", ..., "l0_reverse", ...
        sample : int, default=0
            Which of the sequences.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        **kwargs : dict
            For `matplotlib.axes.Axes.imshow`.

        Returns
        -------
        StatesDisplay

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If there is no such layer, or nothing of that name in it.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        sequences = estimator._make_sequences(read_inputs(estimator, X, reset=False)).subset([sample])
        layers = estimator.network_.unroll(sequences)
        parts = _choose("layer", layer, layers)
        array = _choose("values", values, parts)[0]
        if len(array) > sequences.steps:
            array = array[:-1] if layer.endswith("_reverse") else array[1:]
        return cls(values=array, name=values).plot(ax, **kwargs)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> StatesDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where; by default in a new figure.
        **kwargs : dict
            For `matplotlib.axes.Axes.imshow`.

        Returns
        -------
        StatesDisplay
            Itself.
        """
        self.figure_, self.ax_ = find_axes(ax)
        n_steps, n_units = self.values.shape
        largest, signed = max(1.0, float(np.abs(self.values).max())), self.values.min() < 0
        style = {
            "cmap": "RdBu_r" if signed else "viridis",
            "vmin": -largest if signed else 0.0,
            "vmax": largest,
            "aspect": "auto",
            "interpolation": "nearest",
            "extent": (0.5, n_steps + 0.5, n_units + 0.5, 0.5),
        }
        self.image_ = self.ax_.imshow(self.values.T, **(style | kwargs))
        self.ax_.set(xlabel="step", ylabel=f"unit of {self.name}")
        return self


def _choose(argument, key, options):
    """Return the value of a key, or name those that there are."""
    if key not in options:
        raise ValueError(f"{argument} must be one of {', '.join(map(repr, options))}. Got {key!r}.")
    return options[key]
