"""Architecture of a network: its layers; names, shapes and offsets of its parameters; their initial values."""

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
        Index in its stack, from 0.
    reverse : bool
        Whether it runs from the last step to the first.
    directions : int
        Directions of its stack.
    input_size : int
        Real numbers of a step.
    n_categories : tuple of int
        Numbers of categories of the codes of a step.
    counts : int
        Steps whose number is an input, as a category; 0 if it is none.
    has_output : bool
        Whether another layer or the readout reads its states step by step.
    initial : tuple of int
        Indices in `Architecture.layers` of the layers whose last states add up to its first one; none for zeros.
    dilation : int
        Steps back to the state that a step starts from; before so many steps have been taken, it is the first one.
    residual : bool
        Whether its output is its state and its input together.
    """

    stack: str
    level: int
    reverse: bool
    directions: int
    input_size: int
    n_categories: tuple[int, ...]
    counts: int
    has_output: bool
    initial: tuple[int, ...]
    dilation: int
    residual: bool

    @property
    def width(self):
        """Columns of the input weights: one for each number, category and step whose number is an input."""
        return self.input_size + sum(self.n_categories) + self.counts

    @property
    def suffix(self):
        """End of PyTorch's names, as in ``weight_ih_l0_reverse``."""
        return f"l{self.level}{'_reverse' if self.reverse else ''}"


@dataclass(frozen=True)
class Architecture:
    """The architecture of a network, and the offsets of its parameters in one flat vector.

    Attributes are those of `tsrnn.network.Network`.
    """

    cell_name: str
    input_size: int
    hidden_size: int
    output_size: int
    num_layers: int = 1
    bidirectional: bool = False
    head_name: str = "last"
    n_categories: tuple[int, ...] = ()
    feeds_classes: bool = False
    residual: bool = False
    dilations: tuple[int, ...] = ()
    decoder_steps: int = 0
    decoder_input_size: int = 0
    decoder_n_categories: tuple[int, ...] = ()
    outputs_per_target: int = 1
    feeds_counts: bool = False

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

    @property
    def fed_size(self):
        """Numbers that a decoder reads of its own output, one a target; 0 if it reads classes or does not read it."""
        feeds_numbers = self.head.feeds_back and not self.feeds_classes
        return self.output_size // self.outputs_per_target if feeds_numbers else 0

    @cached_property
    def layers(self):
        """Recurrent layers, from the bottom up, the encoder's before the decoder's."""
        return (*self._encoder(), *(self._decoder() if self.head.has_decoder else ()))

    def _encoder(self):
        directions, top = 2 if self.bidirectional else 1, self.num_layers - 1
        for level in range(self.num_layers):
            residual = self.residual and level > 0
            for reverse in (False, True)[:directions]:
                yield Layer(
                    stack="",
                    level=level,
                    reverse=reverse,
                    directions=directions,
                    input_size=self.hidden_size * directions if level else self.input_size,
                    n_categories=() if level else self.n_categories,
                    counts=0,
                    has_output=level < top or self.head_name == "every" or (residual and self.head_name == "last"),
                    initial=(),
                    dilation=self.dilations[level] if self.dilations else 1,
                    residual=residual,
                )

    def _decoder(self):
        directions = 2 if self.bidirectional else 1
        classes = self.head.feeds_back and self.feeds_classes
        fed_classes = (self.output_size,) if classes else ()
        size = self.fed_size + self.decoder_input_size
        for level in range(self.num_layers):
            yield Layer(
                stack="decoder.",
                level=level,
                reverse=False,
                directions=1,
                input_size=self.hidden_size if level else size,
                n_categories=() if level else fed_classes + self.decoder_n_categories,
                counts=0 if self.head.feeds_back or level else self.decoder_steps,
                has_output=True,
                initial=tuple(range(level * directions, (level + 1) * directions)),
                dilation=1 if self.head.feeds_back else self.decoder_steps,
                residual=self.residual and level > 0,
            )

    @cached_property
    def shapes(self):
        """Shape of each parameter by name, in the order of the flat vector."""
        gate_rows = self.cell.n_gates * self.hidden_size
        shapes = {}
        for layer in self.layers:
            for kind, shape in {
                "weight_ih": (gate_rows, layer.width),
                "weight_hh": (gate_rows, self.hidden_size),
                "bias_ih": (gate_rows,),
                "bias_hh": (gate_rows,),
            }.items():
                shapes[f"{layer.stack}{kind}_{layer.suffix}"] = shape
        shapes["readout.weight"] = (self.output_size, self.hidden_size * self.directions)
        shapes["readout.bias"] = (self.output_size,)
        return shapes

    @cached_property
    def transposed(self):
        """Names of the parameters that lie in the flat vector column after column.

        These are the input weights of layers that read categories: what a code picks is contiguous.
        """
        return {f"{layer.stack}weight_ih_{layer.suffix}" for layer in self.layers if layer.n_categories}

    @cached_property
    def starts(self):
        """Offset of each parameter's first element in the flat vector."""
        starts, offset = {}, 0
        for name, shape in self.shapes.items():
            starts[name] = offset
            offset += prod(shape)
        return starts

    @cached_property
    def size(self):
        """Number of parameters."""
        return sum(prod(shape) for shape in self.shapes.values())

    @cached_property
    def code_offsets(self):
        """First column of the categories of each code among those of its layer: int32 of shape (n_codes,).

        Codes of a step, then codes of an output step, which stand behind the classes that a decoder is fed.
        """
        fed = self.output_size if self.head.feeds_back and self.feeds_classes else 0
        parts = [
            np.cumsum((first, *counts), dtype=np.int32)[:-1]
            for first, counts in ((0, self.n_categories), (fed, self.decoder_n_categories))
        ]
        return np.concatenate(parts)

    @cached_property
    def products(self):
        """Multiply-adds of a step: one for each parameter, but of categories only those that codes pick."""
        gate_rows = self.cell.n_gates * self.hidden_size
        return self.size - gate_rows * sum(count - 1 for layer in self.layers for count in layer.n_categories)

    def views(self, theta):
        """Return views of the flat vector by name, in PyTorch's shapes and gate order."""
        views = {}
        for name, shape in self.shapes.items():
            part = theta[self.starts[name] : self.starts[name] + prod(shape)]
            views[name] = part.reshape(shape[::-1]).T if name in self.transposed else part.reshape(shape)
        return views

    def initial_values(self, rng):
        """Draw initial parameters.

        All are uniform within ``1 / sqrt(hidden_size)``, as in PyTorch's recurrent layers; recurrent weights are
        orthogonal gate by gate (A. M. Saxe et al., ICLR 2014), which carries gradients over more steps. To the input
        biases comes the cell's `initial_bias`.

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
            if "bias_ih" in name:
                for gate, values in zip(self.cell.gates, np.split(view, self.cell.n_gates), strict=True):
                    values += self.cell.initial_bias.get(gate, 0.0)
        return theta
