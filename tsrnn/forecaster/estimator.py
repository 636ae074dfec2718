"""`RNNForecaster`: what users see, and what its parameters mean."""

from tsrnn.forecaster.base import BaseForecaster


class RNNForecaster(BaseForecaster):
    """Forecast one or many time series with a recurrent network.

    pandas in, pandas out: the forecast comes in the container of the series, with its names, and its index
    goes on with the same frequency and time zone. One network learns from all series; nothing else is needed
    than the values.

    Each forecast is the sum of a known part and a learned one. Known: the season, repeated from earlier
    seasons, and the level. Learned: a ridge regression on the window (``linear``) and a recurrent network.

    With little to learn from (``early_stopping_``), the network learns what the ridge regression leaves, from
    zero on, and both are kept only so far as they improve forecasts of the last part of each series, which is
    held out: the forecast of a series with nothing to learn is that of repeated seasons. Of fewer than 10
    series it is the mean of three networks that start from other weights.

    With more, of 10 series or 10,000 observations on, nothing is held out from the network, and its weights are
    averaged over the last half of the epochs. It learns the same as the linear part, and the forecast is the mean of
    both. To the ridge regression of all series comes one of
    each, drawn towards zero as much as forecasts of held-out parts say.

    Of 10 and more series the forecast is the mean over up to three look-backs, those that do nearly as well as
    the best.

    With covariates, ``fit(X, y)``, the season is an input like them, and not subtracted. Rows hold what is known of the
    step a horizon later. Columns, and squares for the ridge regression, are chosen by the error of ridge regressions on
    the last part of each series. Ridge regressions read indicators of the 64 most frequent levels of a category, the
    network all (up to 1,000). Categories that are constant in each of several series, such as an item, are read by the
    network in any case (up to 10,000 levels), unless it reads all series together: how a series follows other columns
    may depend on them. Networks of several look-backs are averaged, and so are they and the regression.

    No forecast goes further beyond the values seen than two ordinary changes over a season (or over
    as many seasons as it looks ahead). Series that have never been negative are not forecast below zero. Intermittent
    series, zero in 60 % of their newest values and more, are not forecast above the share of the others times the
    mean of all, or with ``loss="squared_error"`` twice the mean, unless their season says when they are not zero.

    Parameters
    ----------
    horizon : int
        Steps ahead that are trained for. `predict` takes any other number, too.
    lookback : int or "auto", default="auto"
        Observations that a forecast reads. "auto": twice the horizon or the season, whichever is longer, but
        no more than leaves enough windows to learn from; on many series, up to three multiples of the season
        (or horizon), chosen by how well linear forecasts from them do; see ``lookbacks_``. Near its beginning
        a series is read as far as it goes.
    season_length : int, list of int, or "auto", default="auto"
        Steps in a season, or in several; 1 for none. "auto": chosen among those that the frequency suggests
        (or, for integer stamps, the autocorrelation) by how well repeating them has forecast so far.
    log : bool or "auto", default="auto"
        Whether to work on logarithms: where all values are positive, "auto" takes what forecasts better, and
        for many series always logarithms.
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
        day-ahead market. Forecasts from other origins are refused.
    strategy : {"auto", "direct", "recursive", "seq2seq", "parallel"}, default="auto"
        How the steps ahead come about. "direct": the last state gives all of them. "recursive": one step at a time
        is fed back. "seq2seq": a decoder runs through the steps. "parallel": a decoder gives the horizon in
        segments, each of which begins at the last state and is told apart by its number. Both decoders read, beside
        what the window holds, the covariates that are known of their own steps. "auto": parallel for
        series of ordinarily 500 observations, 10,000 together, otherwise direct.
    channels : {"independent", "joint"}, default="independent"
        Whether each of several series is forecast from itself alone, by what all have taught, or from all of them at
        once, as where some lead others: the network reads the values of all in one step, and to the ridge regression
        of all series comes one from the newest values of all. "joint" is for series that share their time stamps;
        none can be added later, and what "auto" comes to is decided as for one series.
    scaling : {"window", "series"}, default="window"
        Whether the network reads values in units of the spread of its window, or of the series.
    linear : bool, default=True
        Whether to fit the linear part.
    cell : {"gru", "lstm", "rnn"}, default="gru"
        Kind of recurrent cell.
    hidden_size : int or "auto", default="auto"
        Units of each layer and direction. "auto": 32, or 64 from 10,000 observations on.
    num_layers : int or "auto", default="auto"
        Layers of cells. "auto": as many as ``dilations`` has; without, 2 for series as long as those for which
        ``strategy="auto"`` is parallel, and 1 for others.
    bidirectional : bool, default=False
        Whether the window is read from both ends.
    dropout : float or "auto", default="auto"
        Probability of dropping an output between layers, in training. "auto": 0.3 with covariates, otherwise 0.
    residual : bool, default=True
        Whether each layer above the first adds its input to its output.
    dilations : list of int or None, default=None
        For each layer, the number of steps back to the state that a step goes on from, as [1, 2, 4]; None for 1.
    loss : {"absolute_error", "huber", "squared_error"} or tsrnn.losses.Huber, default="absolute_error"
        What the network minimises, in units of the window. "absolute_error" forecasts the median of what may come,
        "squared_error" the mean, for forecasts that are added up; see Notes.
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
        Part of the windows of each series that is held out: always the last in time.
    n_iter_no_change : int, default=8
        Epochs without a better forecast after which to stop.
    tol : float, default=0.0
        By how much the loss must fall to count.
    freq : str, offset or int, default=None
        Frequency of the stamps, where it is neither on the index nor to be inferred.
    id_col, time_col, target_col : str, default="unique_id", "ds", "y"
        Columns of a long frame.
    warm_start : bool, default=False
        Whether `fit` trains the network of an earlier fit further.
    random_state : int, RandomState, Generator or None, default=None
        Source of the initial weights and the order of the windows. An int gives the same bits at every fit.
    n_jobs : int or None, default=None
        Threads; None for as many as the work is worth. No result depends on it.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the network.
    verbose : int, default=0
        Above 0, show the progress: bars with tqdm (extra ``progress``), without it lines on stderr.

    Attributes
    ----------
    horizon_ : int
        Steps ahead that one pass forecasts: ``horizon``; fewer, if their seasons leave no more of the series to learn
        from; 1 where the strategy is recursive. Beyond them, forecasts are read like observations.
    lookback_ : int
        Observations that a forecast reads; that of the best network, where there are several.
    lookbacks_ : tuple of int
        That of each network.
    segment_length_ : int
        Observations that the network reads in one of its steps.
    strategy_, num_layers_, hidden_size_, dropout_, batch_size_, max_epochs_, schedule_, early_stopping_
        What "auto" has come to.
    season_length_ : int
        Shortest season that is repeated; 1 for none.
    seasons_ : tuple of int
        All seasons that are repeated.
    log_ : bool
        Whether the model works on logarithms.
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
    The default loss forecasts the median: as often too high as too low. Where values are skewed the median is below the
    mean, so that sums of forecasts are too low: on counts with many zeros by a half or more. For stock, energy and
    other totals take ``loss="squared_error"``, which forecasts the mean, and ``log=False``: on logarithms
    (``log_``) a mean comes back as less than the mean of the values.

    Forecasts are real numbers, also those of integers and counts, and have no intervals.

    References
    ----------
    Lai, Chang, Yang and Liu (2018), Modeling Long- and Short-Term Temporal Patterns with Deep Neural
    Networks: the linear part beside the recurrent one. Lin et al. (2023), SegRNN: reading several
    observations in one step. Gelman and Hill (2007), Data Analysis Using Regression and
    Multilevel/Hierarchical Models: what a series shares with the others, and what is its own.

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
        horizon,
        *,
        lookback="auto",
        season_length="auto",
        log="auto",
        outliers="replace",
        missing="fill",
        past_covariates=None,
        stride=1,
        strategy="auto",
        channels="independent",
        scaling="window",
        linear=True,
        cell="gru",
        hidden_size="auto",
        num_layers="auto",
        bidirectional=False,
        dropout="auto",
        residual=True,
        dilations=None,
        loss="absolute_error",
        learning_rate=2e-3,
        schedule="auto",
        weight_decay=1e-2,
        batch_size="auto",
        max_epochs="auto",
        clip_norm=1.0,
        early_stopping="auto",
        validation_fraction=0.2,
        n_iter_no_change=8,
        tol=0.0,
        freq=None,
        id_col="unique_id",
        time_col="ds",
        target_col="y",
        warm_start=False,
        random_state=None,
        n_jobs=None,
        dtype="float32",
        verbose=0,
    ):
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
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.verbose = verbose
