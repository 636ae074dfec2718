"""Sequences as views into flat arrays of rows: overlapping windows are never copied out."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Sequences:
    """Input sequences, and the targets that belong to them, as places in flat arrays.

    Step t of sequence i reads rows ``starts[i] + t * segment`` and on, `segment` of them. With `shift` and `scale`,
    column k is read as ``(value - shift[i, k]) / scale[i, k]``, the columns beyond theirs as they are.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Rows of real numbers; without columns where there are codes alone.
    starts : ndarray of int, shape (n,)
    lengths : ndarray of int, shape (n,)
        Steps of each sequence.
    targets : ndarray of shape (m_rows, n_targets), or of int, shape (m_rows,), optional
        Rows of real numbers, or class codes. Output step o of sequence i has row ``target_starts[i] + o``.
    target_starts, target_lengths : ndarray of int, shape (n,), optional
    output_steps : int
        Longest output.
    weights : ndarray of shape (n,), optional
        Weights of the samples, by default 1.
    target_weights : ndarray of the shape of `targets`, or (m_rows, 1) for class codes, optional
        Weights of single targets, times those of their samples; 0 for missing ones, which may be NaN. By default 1.
    segment : int, default=1
        Rows that a step reads; its features are ``segment * n_columns`` numbers, row after row, and as many codes.
    shift, scale : ndarray of shape (n, n_scaled), optional
        Level and scale of the leading columns in each sequence.
    codes : ndarray of int, shape (n_rows, n_code_columns), optional
        Rows of categories 0, 1, ..., each column with its own; -1 for none.
    static_codes : ndarray of int, shape (n, n_static), optional
        Categories that belong to a whole sequence: each of its steps reads them, behind those of its rows.
    decoder_values, decoder_codes : ndarray of shape (k_rows, n_columns), optional
        Rows of numbers and of categories that are known of the output steps, for a decoder. Output step o of sequence
        i reads rows ``decoder_starts[i] + o * decoder_segment`` and on, `decoder_segment` of them.
    decoder_starts : ndarray of int, shape (n,), optional
    decoder_segment : int, default=1

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.sequences import Sequences
    >>> series = np.arange(10.0)[:, None]
    >>> windows = Sequences(series, starts=np.arange(6), lengths=np.full(6, 4))
    >>> len(windows), windows.steps, windows.input_size
    (6, 4, 1)
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray | None = None
    target_starts: np.ndarray | None = None
    target_lengths: np.ndarray | None = None
    output_steps: int = 1
    weights: np.ndarray | None = None
    target_weights: np.ndarray | None = None
    segment: int = 1
    shift: np.ndarray | None = None
    scale: np.ndarray | None = None
    codes: np.ndarray | None = None
    static_codes: np.ndarray | None = None
    decoder_values: np.ndarray | None = None
    decoder_codes: np.ndarray | None = None
    decoder_starts: np.ndarray | None = None
    decoder_segment: int = 1

    @classmethod
    def from_dense(cls, X, y=None, lengths=None, target_lengths=None, weights=None, output_steps=None, codes=None):
        """Return sequences over dense arrays.

        Parameters
        ----------
        X : ndarray of shape (n, T, F)
            Real inputs; F = 0 for codes alone.
        y : ndarray of shape (n, S, K), or of int, shape (n, S), optional
            Real targets or class codes; S = 1 for many-to-one.
        lengths, target_lengths : ndarray of int, shape (n,), optional
            Steps of `X` and of `y` that count, by default all.
        weights : ndarray of shape (n,), optional
        output_steps : int, optional
            Longest output where there is no `y`.
        codes : ndarray of int, shape (n, T, C), optional
            Categories.

        Returns
        -------
        Sequences
        """
        n, steps = X.shape[:2]
        S = y.shape[1] if y is not None else (output_steps or 1)
        full = lambda array, size: np.full(n, size) if array is None else np.asarray(array)  # noqa: E731
        return cls(
            values=X.reshape(n * steps, X.shape[2]),
            starts=np.arange(n) * steps,
            lengths=full(lengths, steps),
            targets=None if y is None else y.reshape(n * S, *y.shape[2:]),
            target_starts=np.arange(n) * S,
            target_lengths=full(target_lengths, S),
            output_steps=S,
            weights=weights,
            codes=None if codes is None else codes.reshape(n * steps, codes.shape[2]),
        )

    def __len__(self):
        return len(self.starts)

    @property
    def steps(self):
        """Steps of the longest sequence."""
        return int(self.lengths.max(initial=0))

    @property
    def input_size(self):
        """Numbers of a step."""
        return self.segment * self.values.shape[1]

    @property
    def n_codes(self):
        """Codes of a step."""
        of_rows = 0 if self.codes is None else self.segment * self.codes.shape[1]
        return of_rows + (0 if self.static_codes is None else self.static_codes.shape[1])

    @property
    def decoder_input_size(self):
        """Numbers that a decoder reads at an output step."""
        return 0 if self.decoder_values is None else self.decoder_segment * self.decoder_values.shape[1]

    @property
    def decoder_n_codes(self):
        """Codes that a decoder reads at an output step."""
        return 0 if self.decoder_codes is None else self.decoder_segment * self.decoder_codes.shape[1]

    def subset(self, index):
        """Return the sequences at `index`, over the same flat arrays."""
        per_sample = (
            "starts", "lengths", "target_starts", "target_lengths", "weights", "shift", "scale", "static_codes",
            "decoder_starts",
        )  # fmt: skip
        parts = {name: getattr(self, name) for name in per_sample}
        return replace(self, **{name: part[index] for name, part in parts.items() if part is not None})
