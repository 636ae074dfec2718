"""Names, shapes and places of a network's parameters in one flat vector, and their initial values."""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from tsrnn.cells import CELLS
from tsrnn.heads import HEADS


@dataclass(frozen=True)
class Layer:
    """One recurrent layer in one direction.

    Attributes
    ----------
    stack : {"", "decoder."}
        Prefix of the names of its parameters.
    level : int
        Place in its stack, from 0.
    reverse : bool
        Whether it runs from the last step to the first.
    directions : int
        Directions of its stack.
    input_size : int
    tokens : bool
        Whether its inputs are categories.
    has_output : bool
        Whether another layer or the readout reads its states step by step.
    initial : tuple of int
        Places in `Layout.layers` of the layers whose last states add up to its first one; none for zeros.
    """

    stack: str
    level: int
    reverse: bool
    directions: int
    input_size: int
    tokens: bool
    has_output: bool
    initial: tuple[int, ...]

    @property
    def suffix(self):
        """End of PyTorch's names, as in ``weight_ih_l0_reverse``."""
        return f"l{self.level}{'_reverse' if self.reverse else ''}"


@dataclass(frozen=True)
class Layout:
    """The architecture of a network, and where its parameters lie.

    Attributes are those of `tsrnn.network.Network`; `feeds_classes` tells that a decoder's outputs are classes.
    """

    cell_name: str
    input_size: int
    hidden_size: int
    output_size: int
    num_layers: int = 1
    bidirectional: bool = False
    head_name: str = "last"
    tokens: bool = False
    feeds_classes: bool = False

    @property
    def cell(self):
        """The cell's contract."""
        return CELLS[self.cell_name]

    @property
    def head(self):
        """The head."""
        return HEADS[self.head_name]

    @property
    def directions(self):
        """Directions that the readout reads."""
        return 2 if self.bidirectional and not self.head.has_decoder else 1

    @cached_property
    def layers(self):
        """Recurrent layers, from the bottom up, the encoder's before the decoder's."""
        encoder_directions = 2 if self.bidirectional else 1
        layers = []
        for level in range(self.num_layers):
            size = self.hidden_size * encoder_directions if level else self.input_size
            has_output = level < self.num_layers - 1 or self.head_name == "every"
            for reverse in (False, True)[:encoder_directions]:
                layers.append(
                    Layer("", level, reverse, encoder_directions, size, self.tokens and level == 0, has_output, ())
                )
        for level in range(self.num_layers if self.head.has_decoder else 0):
            size = self.hidden_size if level else self.output_size
            initial = tuple(range(level * encoder_directions, (level + 1) * encoder_directions))
            layers.append(Layer("decoder.", level, False, 1, size, self.feeds_classes and level == 0, True, initial))
        return tuple(layers)

    @cached_property
    def shapes(self):
        """Shape of each parameter by name, in the order of the flat vector."""
        gate_rows = self.cell.n_gates * self.hidden_size
        shapes = {}
        for layer in self.layers:
            for kind, shape in {
                "weight_ih": (gate_rows, layer.input_size),
                "weight_hh": (gate_rows, self.hidden_size),
                "bias_ih": (gate_rows,),
                "bias_hh": (gate_rows,),
            }.items():
                shapes[f"{layer.stack}{kind}_{layer.suffix}"] = shape
        shapes["readout.weight"] = (self.output_size, self.hidden_size * self.directions)
        shapes["readout.bias"] = (self.output_size,)
        return shapes

    @cached_property
    def starts(self):
        """Place of each parameter's first element in the flat vector."""
        starts, place = {}, 0
        for name, shape in self.shapes.items():
            starts[name] = place
            place += prod(shape)
        return starts

    @property
    def size(self):
        """Number of parameters."""
        return sum(prod(shape) for shape in self.shapes.values())

    def views(self, theta):
        """Return views of the flat vector by name, in PyTorch's shapes and gate order."""
        return {
            name: theta[self.starts[name] : self.starts[name] + prod(shape)].reshape(shape)
            for name, shape in self.shapes.items()
        }

    def initial_values(self, rng):
        """Draw initial parameters.

        All are uniform within ``1 / sqrt(hidden_size)``, as in PyTorch's recurrent layers; recurrent weights are
        orthogonal gate by gate (A. M. Saxe et al., ICLR 2014), which carries gradients over more steps.

        Parameters
        ----------
        rng : numpy.random.Generator

        Returns
        -------
        ndarray of float64, shape (size,)
        """
        theta = np.empty(self.size)
        for name, view in self.views(theta).items():
            bound = self.hidden_size**-0.5
            if "weight_hh" in name:
                for gate in np.split(view, self.cell.n_gates):
                    q, r = np.linalg.qr(rng.standard_normal(gate.shape))
                    gate[:] = q * np.sign(np.diag(r))
            else:
                view[:] = rng.uniform(-bound, bound, view.shape)
        return theta
