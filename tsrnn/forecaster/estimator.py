"""`RNNForecaster`: its parameters and their documentation."""

from collections.abc import Sequence
from typing import Literal

from tsrnn._types import (
    Auto,
    Cell,
    Column,
    Columns,
    ForecastLoss,
    Frequency,
    Precision,
    RandomState,
    Schedule,
    Strategy,
)
from tsrnn.forecaster.base import BaseForecaster
from tsrnn.losses import Huber, StudentT


class RNNForecaster(BaseForecaster):
    """Forecast one or many time series with a recurrent network.

    pandas in, pandas out: the forecast comes in the container of the series, with its names, and its index
    goes on with the same frequency and time zone. One network learns from all series; nothing else is needed
    than the values.

    Each forecast of the network is a seasonal component plus a level plus a forecast of the remainder. The seasonal
    component is estimated from earlier seasons, and the level is a mean of the newest values. The remainder is forecast
    by a ridge regression on the window (``linear``) and a recurrent network.

    Small data, fewer than 10 series with less than 10,000 observations together: the last part of each series is held
    out (``early_stopping_``). The network is fitted to the residuals of the ridge regression, its readout initialised
    to zero, and both are shrunk by as much as their forecasts of the held-out part require, down to the seasonal
    component and the level alone. The forecast is the mean of three networks with different initial weights.

    Large data, from 10 series or 10,000 observations on: nothing is held out from the network, and its weights are
    averaged over the last half of the epochs. Network and ridge regression are fitted to the same targets, and the
    forecast is the mean of both. A second ridge regression of each series is added to that of all series, shrunk
    towards zero by the error on held-out windows.

    From 10 series on, the forecast is the mean over up to three look-backs whose errors are nearly the lowest.

    Beside the network, exponential smoothing and the Theta method forecast each series by itself (``smoothing``):
    level, damped trend and season, all that is known of a short series. The forecast is the mean of the three, weighted
    by their errors on the last part of each series (``shares_``); with less than 10 series, the fewer forecasts that
    part holds, the nearer it is to their median.
    Intermittent series, and those whose season has been seen, but not twice, are left to the network.

    With covariates, ``fit(X, y)``, the season is an input like them, and not subtracted. Rows hold what is known of the
    step a horizon later. Columns, and squares for the ridge regression, are chosen by the error of ridge regressions on
    the last part of each series. Ridge regressions read indicators of the 64 most frequent levels of a category, the
    network all (up to 1,000). Categories that are constant in each of several series, such as an item, are read by the
    network in any case (up to 10,000 levels), unless it reads all series together: how a series follows other columns
    may depend on them. Networks of several look-backs are averaged, and so are they and the regression.

    Forecasts are limited: they exceed the range of the observations by at most two ordinary changes over a season (or
    over as many seasons as the horizon spans), and are not negative for series without negative values. Forecasts of
    intermittent series, with zeros among 60 % or more of their newest values, are at most the fraction of non-zero
    values times the mean of all values, or with ``loss="squared_error"`` twice the mean, unless a seasonal pattern
    tells when they are not zero.

    Parameters
    ----------
    horizon : int
        Steps ahead that are trained for. `predict` takes any other number, too.
    lookback : int or "auto", default="auto"
        Observations that a forecast reads. "auto": twice the horizon or the season, whichever is longer, but short
        enough to leave sufficient training windows; with many series, up to three multiples of the season (or
        horizon) with the lowest errors of linear forecasts; see ``lookbacks_``. Near the beginning of a series, fewer
        observations are read.
    season_length : int, list of int, or "auto", default="auto"
        Steps in a season, or in several; 1 for none. "auto": chosen among those that the frequency suggests
        (or, for integer stamps, the autocorrelation), by the error of seasonal forecasts of the past.
    log : bool or "auto", default="auto"
        Whether to work on logarithms. "auto": if all values are positive, the transform with the lower error of
        seasonal forecasts; with 10 series and more always logarithms.
    outliers : {"replace", "keep"}, default="replace"
        Treatment of outliers, single values far from all predictions by earlier ones (the last values, and those a
        season before): "replace" reads a prediction in their stead, "keep" the values. The third outlier in a row
        to one side is a new level and is kept, and so are all where they are common. See ``outliers_``.
    missing : {"fill", "raise"}, default="fill"
        Treatment of missing values, NaN and gaps between the stamps: "fill" reads in their stead what the season and
        the values before predict, and never counts them as targets; "raise" refuses them. See ``n_missing_``.
    past_covariates : list of column names or None, default=None
        Covariates that are known up to the origin alone. All others are taken as known for the future, and `predict`
        needs them for each step ahead.
    stride : int, default=1
        Steps between origins: with 24, hourly series are forecast at the hour at which the fit ends, as for a
        day-ahead market. Forecasts from other origins are refused. For an id that `update` adds, its first data count.
    strategy : {"auto", "direct", "recursive", "seq2seq", "parallel"}, default="auto"
        Multi-step strategy. "direct": all steps from the last state. "recursive": one step at a time, fed back as an
        observation. "seq2seq": a decoder that runs through the steps. "parallel": a decoder whose segments of the
        horizon all start from the last state and read the number of their segment. Both decoders read the covariates
        that are known of their own steps. "auto": parallel from a median length of 500 and 10,000 observations together
        on, otherwise direct.
    channels : {"independent", "joint"}, default="independent"
        Inputs of the forecast of one of several series. "independent": its own values; the weights are shared by all
        series. "joint": the values of all series, where some lead others. The network reads those of all in one step,
        and a ridge regression on the newest values of all is added. "joint" needs series that share their time
        stamps, to which none can be added later, and resolves "auto" as for one series.
    scaling : {"window", "series"}, default="window"
        Unit of the values that the network reads: the spread of the window, or that of the series.
    linear : bool, default=True
        Whether to fit the linear part.
    smoothing : bool, default=True
        Whether exponential smoothing and the Theta method of each series take part in the forecast. They read no
        covariates and no weights of observations, and take no part where there are covariates that help.
    cell : {"gru", "lstm", "rnn"}, default="gru"
        Kind of recurrent cell.
    hidden_size : int or "auto", default="auto"
        Units of each layer and direction. "auto": 32, or 64 from 10,000 observations on.
    num_layers : int or "auto", default="auto"
        Layers of cells. "auto": ``len(dilations)`` if given; otherwise 2 for long series (see ``strategy``), else 1.
    bidirectional : bool, default=False
        Whether the window is read in both directions.
    dropout : float or "auto", default="auto"
        Probability of dropping an output between layers, in training. "auto": 0.3 with covariates, otherwise 0.
    residual : bool, default=True
        Whether each layer above the first adds its input to its output.
    dilations : list of int or None, default=None
        Dilation of each layer, such as [1, 2, 4]: steps back to the state that a step starts from; None for 1.
    loss : {"student_t", "absolute_error", "huber", "squared_error"} or tsrnn.losses.StudentT or Huber, \
default="student_t"
        Loss of the network, in units of the window. "student_t" forecasts the conditional median and the spread about
        it: ``StudentT(absolute_weight=2.0)``, whose location errs no more than that of "absolute_error", which
        forecasts the median alone. "squared_error" forecasts the conditional mean, for forecasts that are added up;
        see Notes.
    learning_rate : float, default=2e-3
        Rate of Adam.
    schedule : {"auto", "constant", "cosine", "one_cycle"}, default="auto"
        Course of the rate over ``max_epochs``. "auto": constant with early stopping, otherwise cosine.
    weight_decay : float, default=1e-2
        Decay of the weights, as in AdamW.
    batch_size : int or "auto", default="auto"
        Windows of a minibatch. "auto": 32, or 256 from 10,000 observations on.
    max_epochs : int or "auto", default="auto"
        Most epochs: passes over the windows, of which no more than 16,384, drawn anew, are taken each time.
        "auto": 60 with early stopping, otherwise as many as make 1,500 minibatches.
    clip_norm : float or None, default=1.0
        Largest norm of a gradient; None for no limit.
    early_stopping : bool or "auto", default="auto"
        Whether to hold out the last windows of each series and keep the weights that forecast them best.
        Otherwise all windows are trained on for ``max_epochs``. "auto": with fewer than 10 series that have
        less than 10,000 observations together.
    validation_fraction : float, default=0.2
        Fraction of the windows of each series that is held out: the last ones in time.
    n_iter_no_change : int, default=8
        Epochs without improvement of the held-out loss after which training stops.
    tol : float, default=0.0
        Least decrease of the held-out loss that counts as an improvement.
    freq : str, offset or int, default=None
        Frequency of the stamps, if it is neither set on the index nor inferable.
    id_col, time_col, target_col : str, default="unique_id", "ds", "y"
        Columns of a long frame. ``id_col=["store", "item"]`` names several columns whose values together are the id; a
        frame without the column "unique_id" is one series.
    weight_col : str or None, default=None
        Column of a long frame with the weight of each observation, as ``sample_weight`` of `fit`. It counts in `fit`
        and `backtest` alone; other methods pass over it.
    warm_start : bool, default=False
        Whether `fit` trains the network of an earlier fit further.
    random_state : int, RandomState, Generator or None, default=None
        Source of the initial weights and the order of the windows. An int gives the same bits at every fit.
    n_jobs : int or None, default=None
        Threads; None for as many as the work justifies. No result depends on it.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the network.
    verbose : int, default=0
        Above 0, show the progress: bars with tqdm (extra ``progress``), without it lines on stderr.

    Attributes
    ----------
    horizon_ : int
        Steps ahead of one pass: ``horizon``; fewer if the series are too short beyond the observations that estimate
        the seasons; 1 with the recursive strategy. Later steps read forecasts like observations.
    lookback_ : int
        Observations that a forecast reads; that of the best network, where there are several.
    lookbacks_ : tuple of int
        That of each network.
    segment_length_ : int
        Observations that the network reads in one of its steps.
    strategy_, num_layers_, hidden_size_, dropout_, batch_size_, max_epochs_, schedule_, early_stopping_
        Resolved values of "auto".
    season_length_ : int
        Shortest season of the seasonal component; 1 for none.
    seasons_ : tuple of int
        All seasons of the seasonal component.
    log_ : bool
        Whether the model works on logarithms.
    calibration_ : DataFrame
        Scores of past forecasts, their errors in units of their spread, one row a step ahead: n_scores (weighted by
        age), mean_score, and coverage_50, _80, _90, _95 and _99, the shares within intervals. In `fit` they are those
        of held-out windows, or of the newest ones; `update` adds what has come true.
    shares_ : Series
        Share of the network with its linear part ("network"), of exponential smoothing ("ets") and of the Theta method
        ("theta") in the forecast, by their errors on the last part of each series.
    smoothing_ : DataFrame
        Models of smoothing, a row each: series, method ("ets" or "theta"), weight among those of the series, smoothing
        parameters alpha, beta, phi (0 without a trend) and gamma, season ("none", "additive" or "multiplicative") and
        its length.
    covariates_ : DataFrame
        Covariates of the fit: name, kind, known ("past" or "future"), and whether forecasts read the column (chosen)
        or its square (squared): those that lower the error on the last part of each series, and categories that are
        constant in each series.
    outliers_ : DataFrame
        Observations that were replaced: series, time, value and replacement.
    n_missing_ : int or Series of int
        Missing values from the first observation on: of a single series, or of each id.
    forecast_origin_ : stamp or Series of stamps
        Last observation: of all series, or of each id.
    history_ : DataFrame
        One row an epoch: network (its index in ``networks_``), epoch, loss, validation_loss, learning_rate, seconds.
        It goes on over fits that are continued.
    best_epoch_ : int
        Epoch in ``history_`` whose weights ``network_`` has; 0 for the initial ones.
    n_iter_ : int
        Epochs that ``network_`` was trained for, those of earlier fits that were continued included.
    parameters_ : dict of str to ndarray
        Its parameters under PyTorch's names.
    network_ : tsrnn.network.Network
        The network, or the one of ``lookback_`` where there are several.
    networks_ : tuple of tsrnn.network.Network
        All of them.

    See Also
    --------
    tsrnn.backtest : Forecasts from past origins, beside naive ones.
    tsrnn.model_selection.PanelSplit : Folds by time for scikit-learn's searches over panels.

    Notes
    -----
    The default loss forecasts the conditional median: forecasts are as often too high as too low. The median of skewed
    values is below their mean, so that sums of forecasts are too low: on counts with many zeros by a half or more. For
    stock, energy and other totals use ``loss="squared_error"``, which forecasts the mean, and ``log=False``: a mean
    of logarithms (``log_``), transformed back, is less than the mean of the values.

    Forecasts and quantiles are real numbers, also those of integers and counts.

    Intervals (``level``, ``quantiles``) are symmetric about the forecast on the scale of the models. Their width is the
    spread that the network tells of each window, and in short series how far smoothing, fitted again at past origins,
    has been off; errors of past forecasts, those of the newest counting most, tell by how many spreads intervals reach
    how often (split-conformal prediction, see ``calibration_``). That they cover what they say holds on average over
    forecasts like those of the past: not at each step or hour alone, not for what the past has never shown, and, of
    fewer than about twenty forecasts that are known, only as far as errors are distributed as Student's t. `update`
    scores what has come true since: after a change of level or spread, intervals adapt over some tens of forecasts.

    References
    ----------
    Lai, Chang, Yang and Liu (2018), Modeling Long- and Short-Term Temporal Patterns with Deep Neural
    Networks: the linear part beside the recurrent one. Lin et al. (2023), SegRNN: reading several
    observations in one step. Gelman and Hill (2007), Data Analysis Using Regression and
    Multilevel/Hierarchical Models: partial pooling of coefficients over series. Hyndman, Koehler, Ord and Snyder
    (2008), Forecasting with Exponential Smoothing; Assimakopoulos and Nikolopoulos (2000), The theta model.

    Examples
    --------
    >>> from tsrnn import RNNForecaster
    >>> from tsrnn.datasets import load_airline
    >>> forecaster = RNNForecaster(horizon=12, random_state=0).fit(load_airline())
    >>> forecast = forecaster.predict(horizon=3)
    >>> forecast.index.strftime("%Y-%m-%d").tolist(), forecast.name
    (['1961-01-01', '1961-02-01', '1961-03-01'], 'passengers')
    """

    def __init__(
        self,
        horizon: int,
        *,
        lookback: int | Auto = "auto",
        season_length: int | list[int] | Auto = "auto",
        log: bool | Auto = "auto",
        outliers: Literal["replace", "keep"] = "replace",
        missing: Literal["fill", "raise"] = "fill",
        past_covariates: Sequence[Column] | None = None,
        stride: int = 1,
        strategy: Strategy = "auto",
        channels: Literal["independent", "joint"] = "independent",
        scaling: Literal["window", "series"] = "window",
        linear: bool = True,
        smoothing: bool = True,
        cell: Cell = "gru",
        hidden_size: int | Auto = "auto",
        num_layers: int | Auto = "auto",
        bidirectional: bool = False,
        dropout: float | Auto = "auto",
        residual: bool = True,
        dilations: Sequence[int] | None = None,
        loss: ForecastLoss | Huber | StudentT = "student_t",
        learning_rate: float = 2e-3,
        schedule: Schedule | Auto = "auto",
        weight_decay: float = 1e-2,
        batch_size: int | Auto = "auto",
        max_epochs: int | Auto = "auto",
        clip_norm: float | None = 1.0,
        early_stopping: bool | Auto = "auto",
        validation_fraction: float = 0.2,
        n_iter_no_change: int = 8,
        tol: float = 0.0,
        freq: Frequency | None = None,
        id_col: Columns = "unique_id",
        time_col: Column = "ds",
        target_col: Column = "y",
        weight_col: Column | None = None,
        warm_start: bool = False,
        random_state: RandomState = None,
        n_jobs: int | None = None,
        dtype: Precision = "float32",
        verbose: int = 0,
    ) -> None:
        self.horizon = horizon
        self.lookback = lookback
        self.season_length = season_length
        self.log = log
        self.outliers = outliers
        self.missing = missing
        self.past_covariates = past_covariates
        self.stride = stride
        self.strategy = strategy
        self.channels = channels
        self.scaling = scaling
        self.linear = linear
        self.smoothing = smoothing
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.residual = residual
        self.dilations = dilations
        self.loss = loss
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.clip_norm = clip_norm
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.freq = freq
        self.id_col = id_col
        self.time_col = time_col
        self.target_col = target_col
        self.weight_col = weight_col
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.verbose = verbose
