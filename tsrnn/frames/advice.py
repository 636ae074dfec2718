"""Expressions that mend a container, for error messages: Python to be run on the user's ``data``."""

import keyword
import re
from dataclasses import dataclass
from functools import partial

import pandas as pd
from pandas.tseries.api import guess_datetime_format
from pandas.tseries.frequencies import to_offset

CUT_BY_TIME = (
    "If a cross-validation has cut the rows, cut them by time: cv=tsrnn.model_selection.PanelSplit(horizon=...)."
)


@dataclass(frozen=True)
class Stamps:
    """Names and expressions of the time stamps of a container.

    Attributes
    ----------
    what : str
        Name in an error, such as ``"column 'ds'"``.
    read : str
        Expression of all stamps, one a row.
    replace : callable
        From the expression of other stamps to the expression that puts them into the container.
    number : str or None
        Expression that replaces the stamps by positions; None where dates are needed.
    distinct : str or None
        Expression of the distinct stamps that ``replace`` takes, where it does not take one a row.
    accessor : str
        Text between the stamps and a method of datetimes: ``".dt"`` for a column.
    data : str
        Name of the container in the expressions.
    """

    what: str
    read: str
    replace: object
    number: str | None = None
    distinct: str | None = None
    accessor: str = ""
    data: str = "data"

    def convert(self, template):
        """Return the expression that converts the stamps; ``template`` has ``{}`` for them."""
        return self.replace(template.replace("{}", self.distinct or self.read))

    def as_unit(self, unit):
        """Return the expression that converts the stamps to another resolution."""
        return self.convert(f"{{}}{self.accessor}.as_unit({unit!r})")


def stamps_of_index(name="data"):
    """Describe the stamps of a plain index."""
    number = f"{name}.reset_index(drop=True)"
    return Stamps("the index", f"{name}.index", lambda new: f"{name}.set_axis({new})", number, data=name)


def stamps_of_keys(given):
    """Describe the stamps of covariates that have ids beside them: a column of X, or the last level of its index."""
    if isinstance(given, pd.Series):
        read, replace = f"X[{given.name!r}]", partial(assign, given.name, data="X")
        return Stamps(f"column {given.name!r} of X", read, replace, accessor=".dt", data="X")
    read, distinct = "X.index.get_level_values(-1)", "X.index.levels[-1]"
    replace = "X.set_axis(X.index.set_levels({}, level=-1))".format
    return Stamps("the time level of X", read, replace, distinct=distinct, data="X")


def stamps_of_level():
    """Describe the stamps of the second level of an index."""
    number = "data.groupby(level=0, observed=True).cumcount()"
    return Stamps(
        "the time level of the index",
        "data.index.get_level_values(1)",
        lambda new: f"data.set_axis(data.index.set_levels({new}, level=1))",
        f"data.set_axis(pd.MultiIndex.from_arrays([data.index.get_level_values(0), {number}]))",
        "data.index.levels[1]",
    )


def stamps_of_column(names):
    """Describe the stamps of a long frame."""
    number = f"data.groupby({names.id_col!r}, observed=True).cumcount()"
    return Stamps(
        f"column {names.time_col!r}",
        f"data[{names.time_col!r}]",
        lambda new: assign(names.time_col, new),
        assign(names.time_col, number),
        accessor=".dt",
    )


def assign(name, expression, data="data"):
    """Return the expression that replaces a column of a frame."""
    if not isinstance(name, str):
        return f"pd.concat([{data}.drop(columns=[{name!r}]), ({expression}).rename({name!r})], axis=1)"
    if name.isidentifier() and not keyword.iskeyword(name) and name != "self":
        return f"{data}.assign({name}={expression})"
    return f"{data}.assign(**{{{name!r}: {expression}}})"


def as_code(freq):
    """Return the expression of a frequency; ``"freq"``, as of a variable, where it cannot be written."""
    if isinstance(freq, int):
        return str(freq)
    if type(freq) is not pd.DateOffset and not isinstance(freq, pd.offsets.Easter) and _names_itself(freq):
        return repr(freq.freqstr)
    options = {"n": freq.n} if freq.n != 1 else {}
    options |= freq.kwds | ({"normalize": True} if freq.normalize else {})
    if not all(isinstance(value, (int, float, str)) for value in options.values()):
        return "freq"
    module = "pd" if type(freq) is pd.DateOffset else "pd.offsets"
    return f"{module}.{type(freq).__name__}({', '.join(f'{key}={value!r}' for key, value in options.items())})"


def _names_itself(freq):
    try:
        return to_offset(freq.freqstr) == freq
    except ValueError:  # pandas 2.2 writes some offsets in a way that it does not read
        return False


def fill_gaps(times, freq):
    """Return a function from the name of one series to the expression that fills its gaps.

    Parameters
    ----------
    times : Index
        Stamps; their kind decides.
    freq : BaseOffset or int
        Step that they should have.

    Returns
    -------
    callable
        From str to str.
    """
    code = as_code(freq)
    if isinstance(times, pd.DatetimeIndex):
        return lambda s: f"{s}.asfreq({code}).interpolate()"
    ends = "{s}.index.min(), {s}.index.max()"
    name = "name={s}.index.name"
    run = f"pd.RangeIndex({ends} + 1, {code}, {name})" if isinstance(freq, int) else f"pd.period_range({ends}, {name})"
    return lambda s: f"{s}.reindex({run.replace('{s}', s)}).interpolate()"


def fill_from(first, freq):
    """Return a function from the name of one series to the expression that fills it from an earlier stamp on.

    Parameters
    ----------
    first : Timestamp, Period or int
        Stamp that the series should begin with.
    freq : BaseOffset or int
        Step of its stamps.

    Returns
    -------
    callable
        From str to str.
    """
    if isinstance(freq, int):
        run = f"pd.RangeIndex({first}, {{s}}.index.max() + 1, {freq})"
    elif isinstance(first, pd.Period):
        run = f"pd.period_range(pd.{first!r}, {{s}}.index.max())"
    else:
        run = f"pd.date_range(pd.{first!r}, {{s}}.index.max(), freq={as_code(freq)})"
    return lambda s: f"{s}.reindex({run.replace('{s}', s)}, method='bfill')"


def resample(times):
    """Return a function from the name of one series to the expression that brings it to a usual frequency."""
    step = pd.Series(times).diff().median() / pd.Timedelta(days=1)
    coarse_to_fine = {"YS": 365, "MS": 28, "W": 7, "D": 1, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86_400}
    usual = next((name for name, days in coarse_to_fine.items() if step >= days), "ms")
    return lambda s: f"{s}.resample({usual!r}).mean().interpolate()"


def fill_values(is_float, has_infinite):
    """Return a function from the name of one series to the expression that fills missing values within it.

    Those before the first value and after the last are dropped.
    """
    cast = "" if is_float else ".astype(float)"
    hide = ".replace([np.inf, -np.inf], np.nan)" if has_infinite else ""
    return lambda s: f"{s}{cast}{hide}.interpolate(limit_area='inside').dropna()"


def read_text(texts):
    """Return the expression that makes dates of text, written ``{}``; None if that is not possible for all.

    Parameters
    ----------
    texts : Index
        Without missing values, not empty.

    Returns
    -------
    str or None
        With the format, which pandas would guess from the first alone.
    """
    if pd.api.types.infer_dtype(texts, skipna=True) not in ("string", "categorical"):
        return None
    texts = texts.astype(object)
    if not all(isinstance(text, str) for text in texts):
        return None
    week = "%G-W%V-%u"
    if texts.str.fullmatch(r"\d{4}-W\d{2}").all() and _are_read(texts + "-1", week):
        return f"pd.to_datetime({{}}.astype(str) + '-1', format={week!r})"
    # A first number above 12 is a day.
    day_first = re.match(r"(1[3-9]|2\d|3[01])\b", texts[0]) is not None
    guess = guess_datetime_format(texts[0], dayfirst=day_first)
    if guess is None or "%y" not in guess.lower():
        return None
    swapped = re.sub("%[dm]", lambda found: {"%d": "%m", "%m": "%d"}[found.group()], guess)
    formats = [guess, "ISO8601"] if guess.startswith("%Y") else [guess, swapped]
    how = next((how for how in formats if _are_read(texts, how)), None)
    return None if how is None else f"pd.to_datetime({{}}, format={how!r})"


def _are_read(texts, how):
    return pd.to_datetime(texts, format=how, errors="coerce").notna().all()


def convert_integers(times, stamps):
    """Say how integers become dates, if they look like dates; otherwise nothing."""
    largest = int(times.max())
    units = {"ns": 10**17, "us": 10**14, "ms": 10**11, "s": 10**8}
    unit = next((unit for unit, least in units.items() if largest >= least), None)
    how = f"pd.to_datetime({{}}, unit={unit!r})"
    if 19_000_101 <= int(times.min()) and largest <= 22_001_231:
        how = "pd.to_datetime({}.astype(str), format='%Y%m%d')"
    elif unit is None:
        return ""
    return f" If the integers are dates, convert them: {stamps.convert(how)}."
