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
        That sequence is a second stack's, which starts from the first one's last state and is fed its own outputs.
    """

    name: str
    reads_final_state: bool
    has_decoder: bool


HEADS = {
    head.name: head
    for head in (
        Head("last", reads_final_state=True, has_decoder=False),
        Head("every", reads_final_state=False, has_decoder=False),
        Head("decoder", reads_final_state=False, has_decoder=True),
    )
}
