"""Containers of series to a `Panel` of arrays, and forecasts back into the container they came from."""

from tsrnn.frames.appending import append, read_again
from tsrnn.frames.panel import Panel
from tsrnn.frames.reading import to_panel

__all__ = ["Panel", "append", "read_again", "to_panel"]
