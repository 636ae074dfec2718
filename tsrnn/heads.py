"""Heads: steps at which a network's linear readout gives outputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """Head of a network: the steps whose states the readout reads.

    Attributes
    ----------
    name : str
        Key in `HEADS`.
    reads_final_state : bool
        One output step from the last state of each direction; otherwise one per step of a sequence.
    has_decoder : bool
        Outputs come from a second stack of layers, the decoder, which starts from the last states of the first one.
    feeds_back : bool
        Each step of the decoder starts from the state of the step before and reads its output. Otherwise all of its
        steps start from the same state, read the number of the step, and are independent (Lin et al. 2023, SegRNN).
    """

    name: str
    reads_final_state: bool
    has_decoder: bool
    feeds_back: bool = False


HEADS = {
    head.name: head
    for head in (
        Head("last", reads_final_state=True, has_decoder=False),
        Head("every", reads_final_state=False, has_decoder=False),
        Head("decoder", reads_final_state=False, has_decoder=True, feeds_back=True),
        Head("parallel", reads_final_state=False, has_decoder=True),
    )
}
