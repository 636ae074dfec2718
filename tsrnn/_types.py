"""Type aliases of the public signatures."""

from collections.abc import Hashable, Sequence
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Auto: TypeAlias = Literal["auto"]
Cell: TypeAlias = Literal["rnn", "lstm", "gru"]
Head: TypeAlias = Literal["last", "every", "decoder", "parallel"]
Schedule: TypeAlias = Literal["constant", "cosine", "one_cycle"]
Precision: TypeAlias = Literal["float32", "float64"]
RegressionLoss: TypeAlias = Literal[
    "squared_error", "absolute_error", "huber", "quantile", "student_t", "poisson", "negative_binomial"
]
ForecastLoss: TypeAlias = Literal["absolute_error", "huber", "squared_error", "student_t"]
Strategy: TypeAlias = Literal["auto", "direct", "recursive", "seq2seq", "parallel"]
Overlap: TypeAlias = Literal["raise", "drop"]
RandomState: TypeAlias = int | np.random.RandomState | np.random.Generator | None
Column: TypeAlias = str | int | tuple[Hashable, ...]
Columns: TypeAlias = Column | list[Column]
Frequency: TypeAlias = str | int | pd.offsets.BaseOffset

Percentages: TypeAlias = float | Sequence[float]
Fractions: TypeAlias = float | Sequence[float]

Floats: TypeAlias = NDArray[np.float64]
# One or many series, and a forecast in the same container.
SeriesData: TypeAlias = pd.Series | pd.DataFrame | NDArray | Sequence[float]
Forecast: TypeAlias = pd.Series | pd.DataFrame | NDArray
# Sequences of samples or their targets; a list where they differ in length.
SequenceData: TypeAlias = ArrayLike | Sequence[ArrayLike]
Predictions: TypeAlias = NDArray | list[NDArray]
