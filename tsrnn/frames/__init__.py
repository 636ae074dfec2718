"""Containers of series to a `Panel` of arrays, and forecasts back into the container they came from."""

from tsrnn.frames.appending import append, read_again
from tsrnn.frames.attaching import with_future
from tsrnn.frames.covariates import Covariates
from tsrnn.frames.panel import Panel
from tsrnn.frames.reading import to_panel
from tsrnn.frames.weights import read_weights

__all__ = ["Covariates", "Panel", "append", "read_again", "read_weights", "to_panel", "with_future"]
