"""The contract of a recurrent cell.

Axis letters, here and in `tsrnn.backends`: T steps, G gates, H hidden units, I inputs of a step, L lanes (the
sequences that a block carries side by side, innermost in memory), S states (slot 0 is the hidden state h).
"""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One step's mathematics, and what the drivers over time must know about it.

    A row holds one gate or one state of all units and lanes. Before `forward`, the driver has put
    ``W_ih x_t + b_ih + W_hh h_{t-1} + b_hh`` of the first `n_coupled` gates into the tape's rows. Of the other gates
    the rows hold ``W_ih x_t + b_ih`` alone, and as many further rows, after all gates, hold their
    ``W_hh h_{t-1} + b_hh``.

    Attributes
    ----------
    name : str
        Key in `tsrnn.cells.CELLS`.
    gates : tuple of str
        Gates in PyTorch's order.
    n_states : int
        Rows of state; the first is the hidden state.
    n_coupled : int
        How many leading gates use the sum of their input and recurrent parts.
    forward : callable
        ``forward(tape, state, new_state)``: `tape` (n_rows, H * L) holds the sums described above and is overwritten
        with what `backward` needs; `state` (S, H * L) is read, `new_state` (S, H * L) is written. The views of rows
        are taken before the loop over a row, without which LLVM does not vectorise it.
    backward : callable
        ``backward(tape, state, new_state, d_state)``: `d_state` (S, H * L) holds the gradient of `new_state`
        and is overwritten with that of `state`, without the part that goes through the sums; `tape` is overwritten
        with the gradients of the sums.
    initial_bias : dict of str to float, default={}
        By gate, the number added to its initial bias.
    """

    name: str
    gates: tuple[str, ...]
    n_states: int
    n_coupled: int
    forward: Callable
    backward: Callable
    initial_bias: dict = field(default_factory=dict, hash=False)

    @property
    def n_gates(self):
        """Number of gates: rows of PyTorch's weights per unit."""
        return len(self.gates)

    @property
    def n_rows(self):
        """Rows of tape: one a gate, and one more for each gate that is not coupled."""
        return 2 * len(self.gates) - self.n_coupled
