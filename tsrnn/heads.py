"""Heads: at which steps a network's linear readout gives outputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """Where the readout is applied.

    Attributes
    ----------
    name : str
        Key in `HEADS`.
    reads_final_state : bool
        One output step from the last state of each direction; otherwise one per step of a sequence.
    has_decoder : bool
        That sequence is a second stack's, which starts from the first one's last state.
    feeds_back : bool
        That stack goes on from step to step and reads its own previous output. Otherwise all of its steps start from
        the same state, each reads its own number, and none waits for another (Lin et al. 2023, SegRNN).
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
