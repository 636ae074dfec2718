"""Dates written as text: the formats in which all texts can be read, and the dates."""

import re

import pandas as pd
from pandas.tseries.api import guess_datetime_format

WEEK = "%G-W%V-%u"  # of the Monday; texts such as 2020-W05 are without it
ISO = "ISO8601"
BARE_NUMBERS = ("%Y", "%Y%m%d")  # may be numbers that are no dates
YEARS = (1800, 2200)  # of texts of digits alone that are taken for dates
OFFSET = r":\d{2}(?:\.\d+)? ?(Z|[+-]\d{2}(?::?\d{2})?)$"


def find_formats(texts):
    """Find the formats in which texts are dates.

    Parameters
    ----------
    texts : Index
        Without missing values, not empty.

    Returns
    -------
    list of str
        None, one, or two formats, where days and months may be either way round. A format is one of strptime, or
        ``"ISO8601"``.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.frames.text_dates import find_formats
    >>> find_formats(pd.Index(["01/02/2020", "01/03/2020"]))
    ['%m/%d/%Y', '%d/%m/%Y']
    >>> find_formats(pd.Index(["01/02/2020", "13/02/2020"]))
    ['%d/%m/%Y']
    """
    if pd.api.types.infer_dtype(texts, skipna=True) not in ("string", "categorical"):
        return []
    texts = texts.unique().astype(object)
    if not all(isinstance(text, str) for text in texts):
        return []
    if texts.str.fullmatch(r"\d{4}-W\d{2}").all():
        return [WEEK] if _are_read(texts, WEEK) else []
    # A first number above 12 is a day.
    day_first = re.match(r"(1[3-9]|2\d|3[01])\b", texts[0]) is not None
    guess = guess_datetime_format(texts[0], dayfirst=day_first)
    if guess is None or "%Y" not in guess:
        return []
    if guess.startswith("%Y"):
        return [how for how in (guess, ISO) if _are_read(texts, how)][:1]
    swapped = re.sub("%[dm]", lambda found: {"%d": "%m", "%m": "%d"}[found.group()], guess)
    both = [guess, swapped] if {"%d", "%m"} <= set(re.findall("%[dm]", guess)) else [guess]
    return [how for how in both if _are_read(texts, how)]


def _are_read(texts, how):
    return _parse(texts, how, errors="coerce", utc=True).notna().all()


def _parse(texts, how, **options):
    return pd.to_datetime(texts + "-1" if how == WEEK else texts, format=how, **options)


def as_expression(how, utc=False):
    """Return the expression that reads dates of a format, written ``{}``; with ``utc``, of several time zones."""
    if how == WEEK:
        return f"pd.to_datetime({{}}.astype(str) + '-1', format={WEEK!r})"
    return f"pd.to_datetime({{}}, format={how!r}{', utc=True' * utc})"


def read_dates(texts, how):
    """Read texts as dates.

    Parameters
    ----------
    texts : Index of shape (n,)
        Missing values become NaT.
    how : str
        A format of :func:`find_formats`.

    Returns
    -------
    DatetimeIndex of shape (n,), or None
        None if the texts are numbers that are hardly dates.

    Raises
    ------
    ValueError
        If the texts have several time zones.
    """
    codes, unique = pd.factorize(texts)
    unique = pd.Index(unique, dtype=object)
    if ("%z" in how or how == ISO) and len(unique.str.extract(OFFSET, expand=False).unique()) > 1:
        raise ValueError("Several time zones.")  # pandas 2 makes objects of them
    dates = _parse(unique, how)
    if how in BARE_NUMBERS and not (YEARS[0] <= dates.year.min() and dates.year.max() <= YEARS[1]):
        return None
    return pd.DatetimeIndex(dates.take(codes, allow_fill=True, fill_value=pd.NaT), name=texts.name)
