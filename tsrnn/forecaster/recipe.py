"""Recipe of a forecast: decomposition, constants of each series, and how windows are read; nothing learned."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.intermittent import regular_series, smoothed_series
from tsrnn.learners.batch import Batch, WindowSize
from tsrnn.scaling import MIN_UNIT, SCALINGS, SeriesScaler, largest_rises
from tsrnn.seasonality import Decomposition
from tsrnn.series.channels import join
from tsrnn.series.inputs import Inputs
from tsrnn.series.table import Table
from tsrnn.windows import make_windows, window_weights


@dataclass(frozen=True)
class Recipe:
    """Everything that a forecast needs besides learners.

    Attributes
    ----------
    decomposition : Decomposition
        Seasons and level.
    scaler : SeriesScaler
        Constants of each series.
    strategy : {"direct", "recursive", "seq2seq", "parallel"}
        Multi-step strategy.
    pass_steps : int
        Steps that one pass of the learners forecasts: 1 if recursive, otherwise the horizon of the fit.
    lookback : int
        Rows that a window reads.
    min_lookback : int
        Fewest rows of its series before the origin of a window of training.
    segment : int
        Rows that the network reads in one of its steps.
    scaling : str
        Key in `tsrnn.scaling.SCALINGS`.
    of_mean : bool
        Whether means are forecast, and not medians.
    residual : bool
        Whether the network is fitted to the residuals of the linear components, and not to the same targets.
    n_channels : int
        Series that the network reads and forecasts together: 1, or all.
    units : ndarray of shape (n_series,)
        Unit of each series: its ordinary change over a season. Ridge regressions and errors are in units.
    spreads : ndarray of shape (n_series,)
        Spread of each series: ordinary distance of the values of a window from its level. From it and the spread of a
        window itself comes the scale of the window, in which the network reads.
    regular : ndarray of shape (n_series,), bool
        Series whose seasons say when they are not zero.
    repeated : ndarray of shape (n_series,), bool
        Those of them that are forecast by season and level alone.
    smoothed : ndarray of shape (n_series,), bool
        Series that are forecast by smoothing, too.
    rises : ndarray of shape (n_series,), float64
        Largest rise of each series over a season, in its own units; inf where no logarithms are scaled.
    stride : int
        Steps between origins.
    phases : ndarray of shape (n_series,), int
        Observations of each series at an origin, modulo ``stride``.
    inputs : Inputs or None
        Inputs from covariates.
    """

    decomposition: Decomposition
    scaler: SeriesScaler
    strategy: str
    pass_steps: int
    lookback: int
    min_lookback: int
    segment: int
    scaling: str
    of_mean: bool
    residual: bool
    n_channels: int = 1
    units: np.ndarray | None = None
    spreads: np.ndarray | None = None
    regular: np.ndarray | None = None
    repeated: np.ndarray | None = None
    smoothed: np.ndarray | None = None
    rises: np.ndarray | None = None
    stride: int = 1
    phases: np.ndarray | None = None
    inputs: Inputs | None = None

    @property
    def size(self):
        """Sizes of windows."""
        output_segment = self.pass_steps
        if self.strategy == "parallel":
            output_segment = max(d for d in range(1, self.segment + 1) if self.pass_steps % d == 0)
        if self.strategy == "seq2seq":
            output_segment = 1
        size = WindowSize(self.lookback, self.pass_steps, self.segment, output_segment, self.n_channels)
        if self.inputs is None:
            return size
        counts = [(category.n_codes, category.static) for category in self.inputs.categories]
        of_rows, static = (tuple(n for n, is_static in counts if is_static is kind) for kind in (False, True))
        size = replace(size, categories=of_rows, static_categories=static)
        if self.strategy not in ("seq2seq", "parallel"):
            return size
        ahead = self.inputs.known_ahead()
        return replace(size, ahead=len(ahead), ahead_categories=tuple(item.n_codes for item in ahead.categories))

    @property
    def season(self):
        """Shortest season; 1 for none."""
        return min(self.decomposition.seasons, default=1)

    @property
    def width(self):
        """Rows before an origin that a forecast reads."""
        return max(self.lookback, self.decomposition.level_window)

    def read(self, panel, before=None):
        """Return the table of `Prepared` series; ``before`` is that of their first rows."""
        return Table.of(panel, self.scaler, self.decomposition, self.inputs, before)

    def measure(self, table):
        """Return the recipe with the constants of the series in a table."""
        recipe = replace(self, phases=np.diff(table.offsets) % self.stride)
        units, spreads = table.units(), table.ordinary_spreads(recipe.windows(table))
        # A window that is nothing but its level, as one of a single value is, has no spread to measure by.
        spreads = np.where(spreads > MIN_UNIT, spreads, units)
        regular, repeated = regular_series(table, table.observed)
        rises = largest_rises(table.scaled, table.offsets, self.season, self.scaler, table.observed)
        return replace(
            recipe,
            units=units,
            spreads=spreads,
            regular=regular,
            repeated=repeated,
            smoothed=smoothed_series(table),
            rises=rises,
        )

    def extend(self, panel):
        """Return the recipe for a panel with more series; those known keep their constants."""
        recipe = replace(self, scaler=self.scaler.extend(panel.values, panel.offsets, panel.observed))
        new, known = recipe.measure(recipe.read(panel)), len(self.units)
        constants = {
            name: np.concatenate([getattr(self, name), getattr(new, name)[known:]])
            for name in ("units", "spreads", "regular", "repeated", "smoothed", "rises", "phases")
        }
        return replace(recipe, **constants)

    def windows(self, table):
        """Return all windows of a table that have targets."""
        windows = make_windows(
            table.offsets,
            lookback=self.lookback,
            min_lookback=self.min_lookback,
            horizon=self.pass_steps,
            segment=self.segment,
            skip=self.decomposition.unknown,
        )
        return windows if self.stride == 1 else windows.subset(self.has_phase(windows.series, windows.seen))

    def has_phase(self, series, seen):
        """Tell whether origins lie a whole number of strides apart from those of the fit: bool of shape (n,)."""
        return seen % self.stride == self.phases[series]

    def batch(self, table, weights=None):
        """Return all windows of a table; ``weights`` are those of its rows as targets, 0 for missing values."""
        if table.observed is not None:
            weights = table.observed * (1.0 if weights is None else weights)
        windows, row_weights = self.windows(table), weights
        weights = np.ones(len(windows)) if weights is None else window_weights(weights, windows, self.pass_steps)
        weights = np.tile(join(weights, self.n_channels).mean(axis=-1), self.n_channels)
        weights = weights / max(weights.mean(), np.finfo(float).tiny) if len(weights) else weights
        levels = table.levels(windows)
        return self._batch(table, windows, levels, self._scales(table, windows, levels), weights, row_weights)

    def batch_after(self, workspace, start, scales=None):
        """Return the windows of a workspace that end ``start`` steps after its origins.

        ``scales`` are those of the first pass, which later ones keep: forecasts vary less than observations.
        """
        windows = workspace.windows(start, self.lookback, self.segment)
        levels = workspace.levels(windows)
        scales = self._scales(workspace, windows, levels) if scales is None else scales
        return self._batch(workspace, windows, levels, scales, np.ones(len(windows)))

    def _scales(self, rows, windows, levels):
        return SCALINGS[self.scaling](rows.spreads(windows, levels), self.spreads[windows.series])

    def _batch(self, rows, windows, levels, scales, weights, row_weights=None):
        return Batch(rows, self.size, windows, levels, scales, self.units[windows.series], weights, row_weights)
