"""Containers of series to a `Panel` of arrays, and forecasts back into the container they came from."""

from tsrnn.frames.attaching import with_future
from tsrnn.frames.covariates import Covariates
from tsrnn.frames.entry import append, read_again, rows_ahead_in_pandas, to_panel
from tsrnn.frames.panel import Panel

__all__ = ["Covariates", "Panel", "append", "read_again", "rows_ahead_in_pandas", "to_panel", "with_future"]
