"""A recurrent network: architecture, parameters, outputs and gradients. Training is `tsrnn.training`'s."""

from dataclasses import replace
from numbers import Integral

import numpy as np

from tsrnn._types import Precision
from tsrnn.architecture import Architecture
from tsrnn.backends import cpu
from tsrnn.backends.checks import check_codes
from tsrnn.backends.streaming import Streamer
from tsrnn.constraints import NETWORK
from tsrnn.heads import HEADS
from tsrnn.losses import get_loss
from tsrnn.losses.domains import COUNTS, REALS
from tsrnn.sequences import Sequences
from tsrnn.validation import BOOLEAN, COUNT, NONE, Counts, Interval, Options, check_parameters

CONSTRAINTS = {
    "input_size": [Interval(Integral, 0)],
    "output_size": [COUNT],
    "head": [Options(tuple(HEADS))],
    "n_categories": [NONE, Counts("categories, one number for each code of a step")],
    "feeds_classes": [BOOLEAN],
    "decoder_steps": [Interval(Integral, 0)],
    "decoder_input_size": [Interval(Integral, 0)],
    "decoder_n_categories": [NONE, Counts("categories, one number for each code of an output step")],
    "outputs_per_target": [COUNT],
    "feeds_counts": [BOOLEAN],
    **NETWORK,
}


def check_loss(architecture, loss, sequences):
    """Raise an error unless a loss fits the outputs of a network and the targets of its sequences.

    Parameters
    ----------
    architecture : tsrnn.architecture.Architecture
    loss : tsrnn.losses.Loss
    sequences : tsrnn.sequences.Sequences

    Raises
    ------
    ValueError
    """
    if sequences.targets is None:
        raise ValueError(
            "Training needs sequences with targets. Got sequences without; pass `targets` and `target_starts`."
        )
    classes = sequences.targets.ndim == 1
    if loss.takes_classes != classes:
        wanted, got = ("class codes", "real numbers") if loss.takes_classes else ("real numbers", "class codes")
        raise ValueError(
            f"The loss {loss.name!r} takes {wanted} as targets. Got {got}, an array of shape {sequences.targets.shape}."
        )
    outputs = architecture.output_size if classes else sequences.targets.shape[1] * loss.n_outputs
    if architecture.output_size != outputs:
        raise ValueError(
            f"The loss {loss!r} of {sequences.targets.shape[1]} targets needs a network with output_size={outputs}. "
            f"Got output_size={architecture.output_size}."
        )
    _check_sequences(architecture, sequences)
    if not classes and loss.domain is not REALS:
        _check_domain(loss, sequences)
    if architecture.head.feeds_back:
        _check_feedback(architecture, loss)


def _check_domain(loss, sequences):
    """Refuse targets that the loss does not allow, but for those that weigh nothing."""
    bad = ~loss.domain.contains(sequences.targets)
    if sequences.target_weights is not None:
        bad &= sequences.target_weights != 0
    if not bad.any():
        return
    for i, (start, length) in enumerate(zip(sequences.target_starts, sequences.target_lengths, strict=True)):
        own = bad[start : start + length]
        if own.any() and (sequences.weights is None or sequences.weights[i] != 0):
            step, target = np.unravel_index(np.argmax(own), own.shape)
            raise ValueError(
                f"The loss {loss.name!r} takes {loss.domain.words}, as targets. Got "
                f"{sequences.targets[start + step, target]} at sequence {i}, output step {step}, target {target}."
            )


def _check_feedback(architecture, loss):
    """Refuse a loss whose targets are not what a decoder is fed."""
    wanted = {
        "feeds_classes": loss.takes_classes,
        "feeds_counts": loss.domain is COUNTS,
        "outputs_per_target": loss.n_outputs,
    }
    given = {name: getattr(architecture, name) for name in wanted}
    if given != wanted:
        raise ValueError(
            f"A decoder is fed its own outputs in place of the targets: {loss!r} needs a network with "
            f"{_join(wanted)}. Got {_join(given)}."
        )


def _join(options):
    """Words for options with their values."""
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


def _check_sequences(architecture, sequences):
    """Refuse sequences that a network cannot read; whether they lie within their arrays is the backends' to check."""
    for name in ("values", "codes", "static_codes", "decoder_values", "decoder_codes"):
        array = getattr(sequences, name)
        if array is not None and array.ndim != 2:
            raise ValueError(f"{name} must have two axes, rows and columns. Got an array of shape {array.shape}.")
    if sequences.input_size != architecture.input_size:
        raise ValueError(
            f"The network reads input_size={architecture.input_size} features a step. Got sequences of "
            f"{sequences.input_size}."
        )
    if sequences.n_codes != len(architecture.n_categories):
        raise ValueError(
            f"The network reads {len(architecture.n_categories)} codes a step, with "
            f"n_categories={architecture.n_categories}. Got sequences of {sequences.n_codes}."
        )
    given = sequences.decoder_input_size, sequences.decoder_n_codes
    if given != (architecture.decoder_input_size, len(architecture.decoder_n_categories)):
        raise ValueError(
            f"The decoder reads decoder_input_size={architecture.decoder_input_size} numbers and "
            f"{len(architecture.decoder_n_categories)} codes of an output step. Got sequences of {given[0]} and "
            f"{given[1]}."
        )
    if architecture.head_name == "parallel" and sequences.output_steps > architecture.decoder_steps:
        raise ValueError(
            f"The network gives up to decoder_steps={architecture.decoder_steps} output steps. "
            f"Got sequences with output_steps={sequences.output_steps}."
        )


class Network:
    """Stacked recurrent layers and a linear readout.

    Parameters
    ----------
    input_size : int
        Real numbers of a step; 0 where it has codes alone.
    hidden_size : int
        Units of each layer and direction.
    output_size : int
        Outputs of a step.
    cell : {"rnn", "lstm", "gru"}, default="gru"
    num_layers : int, default=1
    bidirectional : bool, default=False
        Whether the input is read from its end, too; a decoder then starts from the sum of both last states.
    head : {"last", "every", "decoder", "parallel"}, default="last"
        One output from the last state; one from every step; as many as wanted from a second stack that starts from
        the last states and reads its own previous output (in training the previous target); or up to `decoder_steps`
        from a second stack each step of which starts from the last states and reads its own number alone.
    n_categories : tuple of int or None, default=None
        Number of categories of each code of a step; None without codes. Codes give the outputs of one-hot columns
        beside the numbers, but these are not built: each code picks a column of the weights.
    feeds_classes : bool, default=False
        Whether a decoder's outputs are classes: it is then fed the most likely one.
    dropout : float, default=0.0
        Probability of dropping an output of a layer below another one, in training.
    residual : bool, default=False
        Whether each layer above the first adds its input to its output (K. He et al., CVPR 2016): what a stack gives
        is the sum of what its layers do, and gradients reach the first one undiminished. `dropout` leaves that sum
        as it is and drops from what a layer adds to it.
    dilations : tuple of int or None, default=None
        For each layer of the encoder, how many steps back the state lies that a step starts from (S. Chang et al.,
        Dilated recurrent neural networks, NeurIPS 2017), as (1, 2, 4): the higher a layer, the longer its memory.
        None for 1 throughout.
    decoder_steps : int, default=0
        Most output steps of the head "parallel".
    decoder_input_size : int, default=0
        Real numbers, known of an output step, that a decoder reads beside its own previous output or number.
    decoder_n_categories : tuple of int or None, default=None
        Number of categories of each code that it reads of an output step.
    outputs_per_target : int, default=1
        Outputs of each target, side by side, as the loss has them (`tsrnn.losses.Loss.n_outputs`). Of several, a
        decoder is fed the middle one, the first of two: a median, or the location of a distribution.
    feeds_counts : bool, default=False
        Whether targets are counts, and a decoder's outputs logarithms of their means: it is then fed ``log(1 + mean)``,
        and in training ``log(1 + count)``.
    dtype : {"float32", "float64"}, default="float32"

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
        All parameters.
    parameters : dict of str to ndarray
        Views of `theta` under PyTorch's names (``weight_ih_l0``, ...), in its shapes and gate order. Those of a
        decoder begin with ``decoder.``, those of the readout with ``readout.``.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.network import Network
    >>> network = Network(input_size=1, hidden_size=3, output_size=2, cell="lstm")
    >>> network.initialize(np.random.default_rng(0))
    >>> {name: view.shape for name, view in network.parameters.items()}["weight_hh_l0"]
    (12, 3)
    """

    def __init__(
        self, *, input_size, hidden_size, output_size, cell="gru", num_layers=1, bidirectional=False, head="last",
        n_categories=None, feeds_classes=False, dropout=0.0, residual=False, dilations=None, decoder_steps=0,
        decoder_input_size=0, decoder_n_categories=None, outputs_per_target=1, feeds_counts=False,
        dtype="float32",
    ):  # fmt: skip
        check_parameters("Network", locals(), CONSTRAINTS)
        if head == "parallel" and decoder_steps < 1:
            raise ValueError(f"head='parallel' needs decoder_steps of at least 1. Got {decoder_steps!r} instead.")
        if input_size == 0 and not n_categories:
            raise ValueError("A network needs inputs: an input_size of at least 1, or n_categories.")
        if not HEADS[head].has_decoder and (decoder_input_size or decoder_n_categories):
            raise ValueError(f"Inputs of output steps are read by a decoder. Got them with head={head!r}.")
        if output_size % outputs_per_target:
            raise ValueError(
                f"output_size must be a multiple of outputs_per_target={outputs_per_target}. Got {output_size!r}."
            )
        if dilations is not None and len(dilations) != num_layers:
            raise ValueError(
                f"dilations must hold one for each of num_layers={num_layers} layers. Got {dilations!r} instead."
            )
        self.architecture = Architecture(
            cell_name=cell, input_size=input_size, hidden_size=hidden_size, output_size=output_size,
            num_layers=num_layers, bidirectional=bidirectional, head_name=head,
            n_categories=tuple(n_categories or ()), feeds_classes=feeds_classes, residual=residual,
            dilations=tuple(dilations or ()), decoder_steps=decoder_steps, decoder_input_size=decoder_input_size,
            decoder_n_categories=tuple(decoder_n_categories or ()), outputs_per_target=outputs_per_target,
            feeds_counts=feeds_counts,
        )  # fmt: skip
        self.dropout = dropout
        self.theta = np.zeros(self.architecture.size, dtype)

    @property
    def parameters(self):
        """Views of the parameters by name."""
        return self.architecture.views(self.theta)

    def initialize(self, rng):
        """Draw new parameters from the generator `rng`."""
        self.theta[:] = self.architecture.initial_values(rng)

    def predict(self, sequences, n_jobs=None):
        """Return the outputs for `sequences`.

        Parameters
        ----------
        sequences : tsrnn.sequences.Sequences
        n_jobs : int or None, default=None
            Threads; None for as many as the work justifies. The result does not depend on it.

        Returns
        -------
        ndarray of shape (n, output_steps, output_size)
            In the network's dtype; scores before any softmax, and in the scale of the targets that it was trained
            on. With head "every", `output_steps` is at least the length of the longest sequence. Zero beyond the end
            of a shorter sequence's outputs.
        """
        if not (self.architecture.head.reads_final_state or self.architecture.head.has_decoder):
            sequences = replace(sequences, output_steps=max(sequences.output_steps, sequences.steps))
        _check_sequences(self.architecture, sequences)
        return cpu.run_predict(self.architecture, self._writable_theta(), sequences, n_jobs)

    def _writable_theta(self):
        """The parameters, or a copy of them where they are mapped from a file: kernels take writable arrays alone."""
        theta = self.theta
        return np.array(theta) if isinstance(theta, np.ndarray) and not theta.flags.writeable else theta

    def stream(self, n=1):
        """Return a `Stream` that reads `n` sequences side by side, one step at a time.

        Parameters
        ----------
        n : int, default=1
            Sequences; up to 64 bytes' worth of numbers, or more where the processor's registers are longer.

        Returns
        -------
        Stream

        Raises
        ------
        ValueError
            If the network reads its input backwards or has a decoder, so that a step has no output.
        """
        return Stream(self, n)

    def loss_and_gradient(self, sequences, loss="squared_error", n_jobs=None):
        """Return the loss over all `sequences` and its gradients.

        Parameters
        ----------
        sequences : tsrnn.sequences.Sequences
            With targets.
        loss : str or tsrnn.losses.Loss
        n_jobs : int or None, default=None

        Returns
        -------
        loss : float
            Weighted mean over all elements.
        gradient : dict of str to ndarray
            By the names of `parameters`.
        input_gradient : ndarray of shape (n, steps, input_size), or None
            None where there are codes alone.
        """
        loss = get_loss(loss)
        check_loss(self.architecture, loss, sequences)
        trainer = cpu.Trainer(
            self.architecture, self._writable_theta(), sequences, loss, max(1, len(sequences)), n_jobs, True
        )
        value, gradient, inputs = trainer.differentiate()
        return value, self.architecture.views(gradient), inputs if self.architecture.input_size else None

    def unroll(self, sequences):
        """Return what happens inside the encoder, step by step, for looking at it.

        Parameters
        ----------
        sequences : tsrnn.sequences.Sequences
            All of one length.

        Returns
        -------
        dict of str to dict of str to ndarray
            For each layer (``l0``, ``l0_reverse``, ``l1``, ...) its own states ``h`` (and ``c`` of an LSTM), shape
            (n, steps + 1, hidden_size), from the zero state before the first step on (a reverse layer begins at the
            other end), and its gates by name, shape (n, steps, hidden_size), after their non-linearities. Of an RNN,
            whose only gate is its state before the non-linearity, there are no gates.

        Raises
        ------
        ValueError
            If the sequences differ in length.
        """
        if len(sequences) and sequences.lengths.min() != sequences.steps:
            raise ValueError(
                f"unroll takes sequences of one length. Got lengths from {sequences.lengths.min()} to "
                f"{sequences.steps}; pass those of each length by themselves."
            )
        _check_sequences(self.architecture, sequences)
        cell, layers = self.architecture.cell, {}
        for layer, (states, gates) in zip(
            [layer for layer in self.architecture.layers if not layer.stack],
            cpu.run_unrolled(self.architecture, self._writable_theta(), sequences),
            strict=True,
        ):
            named = {name: states[:, :, k] for k, name in enumerate("hc"[: cell.n_states])}
            if cell.n_gates > 1:
                named |= {name: gates[:, :, k] for k, name in enumerate(cell.gates)}
            layers[layer.suffix] = named
        return layers


class Stream:
    """A network that is fed one step at a time and keeps its state: each step costs microseconds.

    After the t-th step it has read what `Network.predict` reads in a sequence of t steps, and gives the same output.
    It keeps the weights that the network had when the stream was made or reset.

    Parameters
    ----------
    network : Network
        In one direction, without a decoder.
    n : int, default=1
        Sequences that are read side by side.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.network import Network
    >>> network = Network(input_size=1, hidden_size=4, output_size=1)
    >>> network.initialize(np.random.default_rng(0))
    >>> stream = network.stream()
    >>> for value in (0.1, 0.2):
    ...     output = stream.step(value)
    >>> output.shape
    (1, 1)
    """

    def __init__(self, network, n=1):
        architecture = network.architecture
        if architecture.bidirectional or architecture.head.has_decoder:
            raise ValueError(
                "A stream needs a network that reads forwards and has an output at each step. Got "
                f"bidirectional={architecture.bidirectional}, head={architecture.head_name!r}."
            )
        self._architecture, self._streamer = architecture, Streamer(architecture, network.theta, n)

    def step(self, x=None, codes=None):
        """Read one step of each sequence and return the outputs after it.

        Parameters
        ----------
        x : array-like that broadcasts to (n, input_size)
            Real numbers; not read by a network of codes alone.
        codes : array-like of int that broadcasts to (n, n_codes)
            Codes, if the network reads some: of each, in the range of its ``n_categories``, or -1 for none.

        Returns
        -------
        ndarray of shape (n, output_size)
            Overwritten by the next step; copy it to keep it.
        """
        if self._architecture.input_size and x is None:
            raise ValueError(f"The network reads input_size={self._architecture.input_size} numbers a step. Got none.")
        if self._architecture.n_categories:
            codes = np.broadcast_to(codes, (len(self._streamer.output), len(self._architecture.n_categories)))
            check_codes(self._architecture.n_categories, codes)
        return self._streamer.step(x, codes)

    def reset(self):
        """Begin anew at the zero state, with the weights that the network has now."""
        self._streamer.reset()

    @property
    def states(self):
        """Views of the states, one for each layer: to look at, keep and set.

        Each is of shape (dilation, S, hidden_size, n), the last state last: as many as later steps start from.
        """
        return self._streamer.states()


def warmup(dtype: Precision = "float32") -> None:
    """Compile the kernels ahead of the first fit or forecast.

    Kernels are compiled when they are first needed and kept in Numba's cache on disk, where later processes find
    them. This does nothing but that: for a container image, say, or before measuring a time.

    Parameters
    ----------
    dtype : {"float32", "float64"}, default="float32"
        The precision that is going to be used.

    Examples
    --------
    >>> import tsrnn
    >>> tsrnn.warmup()
    """
    network = Network(input_size=1, hidden_size=1, output_size=1, dtype=dtype)
    network.predict(Sequences.from_dense(np.zeros((1, 1, 1))))
