"""Recurrent cells: the mathematics of one step, one cell a file."""

from tsrnn.cells import gru, lstm, rnn
from tsrnn.cells.base import Cell

CELLS = {cell.name: cell for cell in (rnn.CELL, lstm.CELL, gru.CELL)}

__all__ = ["CELLS", "Cell"]
