"""What a backtest compares: which forecasters there are, how they are named, and what is refused."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from inspect import Parameter, isclass, signature

from tsrnn.baselines import BASELINES
from tsrnn.forecaster import RNNForecaster
from tsrnn.forecaster.parameters import CONSTRAINTS as NETWORK
from tsrnn.validation import check_parameters

WORDS = (
    "an RNNForecaster, an object with fit(y) and predict(horizon=...), a function of (y, horizon), one of the "
    f"baselines {{{', '.join(map(repr, BASELINES))}}}, or a dict or list of these"
)
ALWAYS = ("naive", "seasonal_naive")  # Baselines that every forecaster is put beside.


class Forecaster:
    """Constraint: one forecaster of any kind."""

    def accepts(self, value):
        """Whether `value` is a forecaster."""
        if isinstance(value, str):
            return value in BASELINES
        return not isclass(value) and (has_fit(value) or callable(value))

    def __str__(self):
        """Return the words for a message."""
        return WORDS


CONSTRAINTS = {"forecaster": [Forecaster()]}


def has_fit(forecaster):
    """Tell whether a forecaster is an object with fit and predict."""
    return all(callable(getattr(forecaster, method, None)) for method in ("fit", "predict"))


def name_forecasters(forecaster):
    """Return forecasters by name, in their order: keys of a dict, or names of classes, functions and baselines.

    Names that occur several times are numbered, as by `sklearn.pipeline.make_pipeline`.

    Examples
    --------
    >>> from tsrnn import RNNForecaster
    >>> from tsrnn.backtesting.forecasters import name_forecasters
    >>> list(name_forecasters([RNNForecaster(4), "naive2", RNNForecaster(4, cell="lstm")]))
    ['RNNForecaster-1', 'naive2', 'RNNForecaster-2']
    """
    if isinstance(forecaster, Mapping):
        for name in forecaster:
            if not isinstance(name, str):
                raise TypeError(f"The names of forecasters must be str, to be columns of the output. Got {name!r}.")
        return _require_forecasters(dict(forecaster), forecaster)
    several = list(forecaster) if isinstance(forecaster, list | tuple) else [forecaster]
    _require_forecasters(dict(enumerate(several)), forecaster)
    names = [_name(member) for member in several]
    total, seen = Counter(names), Counter()
    named = {}
    for name, member in zip(names, several, strict=True):
        seen[name] += 1
        named[f"{name}-{seen[name]}" if total[name] > 1 else name] = member
    return named


def _require_forecasters(named, given):
    """Return forecasters by name if there are any and nothing else."""
    if not named:
        check_parameters("backtest", {"forecaster": given}, CONSTRAINTS)
    for member in named.values():
        check_parameters("backtest", {"forecaster": member}, CONSTRAINTS)
    return named


def _name(forecaster):
    if isinstance(forecaster, str):
        return forecaster
    return type(forecaster).__name__ if has_fit(forecaster) else _name_of_function(forecaster)


def _name_of_function(function):
    function = function.func if isinstance(function, partial) else function
    return getattr(function, "__name__", type(function).__name__)


def is_baseline(forecaster):
    """Tell whether a forecaster is one of `tsrnn.baselines`, by name or itself, perhaps with a season that is set."""
    function = forecaster.func if isinstance(forecaster, partial) else forecaster
    return isinstance(forecaster, str) or any(function is baseline for baseline in BASELINES.values())


def takes_season(function):
    """Tell whether a function has a parameter ``season_length`` that must be given."""
    parameter = signature(function).parameters.get("season_length")
    return parameter is not None and parameter.default is Parameter.empty


def takes_covariates(forecaster):
    """Tell whether a forecaster reads covariates: a function of (y, horizon, X), or fit(X, y) and predict(X)."""
    if has_fit(forecaster):
        return {"X", "y"} <= set(signature(forecaster.fit).parameters) and "X" in signature(
            forecaster.predict
        ).parameters
    return "X" in signature(forecaster).parameters


def require_callable(name, forecaster, has_covariates):
    """Refuse a forecaster that cannot be called as backtests do; ``has_covariates`` says whether there are any."""
    if isinstance(forecaster, str | RNNForecaster):
        return
    if not has_fit(forecaster):
        _require_arguments(name, forecaster, has_covariates)
    elif not (has_covariates and takes_covariates(forecaster)):
        if "horizon" not in signature(forecaster.predict).parameters:
            raise TypeError(
                f"Forecaster {name!r} must have predict(horizon=...), or fit(X, y) and predict(X) where covariates "
                f"are given. Got {type(forecaster).__name__} with predict{signature(forecaster.predict)}. Give a "
                "function of (y, horizon) that fits it and returns its forecast."
            )


def _require_arguments(name, function, has_covariates):
    """Refuse a function that cannot be called with the series, the horizon, and what else it asks for."""
    extra = {"season_length": 1} if takes_season(function) else {}
    if has_covariates and takes_covariates(function):
        extra["X"] = None
    try:
        signature(function).bind(None, 1, **extra)
    except TypeError as error:
        more = "" if has_covariates else ", and X where covariates are given"
        raise TypeError(
            f"Forecaster {name!r} must be a function of (y, horizon), which may also take season_length{more}. Its "
            f"arguments are {signature(function)}: {error}."
        ) from error


def common_reading(networks, **given):
    """Return the parameters that say how the series are read.

    Parameters
    ----------
    networks : dict of str to RNNForecaster
        They must read the series alike.
    **given : object
        Parameters from the user; None for those of the networks or, without any, the defaults.

    Returns
    -------
    dict
        Arguments of `tsrnn.frames.to_panel`.

    Raises
    ------
    ValueError
        If two say otherwise.
    """
    wanted = {parameter: value for parameter, value in given.items() if value is not None}
    readings = [network._reading() for network in networks.values()] or [RNNForecaster(1)._reading() | wanted]
    for reading in [*readings, wanted]:
        for parameter in [parameter for parameter in (*given, "weight_col") if parameter in reading]:
            if reading[parameter] != readings[0][parameter]:
                raise ValueError(
                    f"All forecasters of a backtest read the series alike. Got {parameter}="
                    f"{readings[0][parameter]!r} and {parameter}={reading[parameter]!r}. Set one for all."
                )
    refuses = any(reading["missing"] == "raise" for reading in readings)
    return readings[0] | {"missing": "raise" if refuses else "fill", "past_covariates": None}


def common_horizon(networks, horizon):
    """Return the steps ahead: those given, or those of the networks.

    Raises
    ------
    ValueError
        If they differ, or there is no network.
    """
    for network in networks.values():
        check_parameters("RNNForecaster", network.get_params(deep=False), NETWORK)
    if horizon is not None:
        return horizon
    horizons = sorted({network.horizon for network in networks.values()})
    if len(horizons) != 1:
        problem = f"The forecasters have the horizons {horizons}" if horizons else "No forecaster has a horizon"
        some = max(horizons, default=12)
        raise ValueError(f"{problem}. Set the steps ahead of the backtest, such as horizon={some}.")
    return int(horizons[0])
