"""The containers a series may come in; a forecast goes back into the same one.

A layout has ``match`` (is it this container?), ``read`` (container to `Columns`), ``build`` (forecasts to
container), ``label`` (name of a series in an error), ``kind`` (name of the container in an error) and
``shares_times`` (whether one run of stamps serves all its series; then also ``has_stamps`` and
``has_named_series``). A new container is one such class and one entry in `LAYOUTS`.
"""

from tsrnn.frames.aligned import ArrayLayout, SeriesLayout, WideLayout
from tsrnn.frames.keyed import LongLayout, MultiIndexLayout

ALLOWED = (
    "a Series, a DataFrame with one column a series, a Series or one-column DataFrame with a MultiIndex (id, "
    "time), a long DataFrame with id, time and target column, a one- or two-dimensional array, or a list of "
    "numbers"
)

LAYOUTS = (MultiIndexLayout, LongLayout, WideLayout, SeriesLayout, ArrayLayout)


def find_layout(data, names):
    """Tell which container this is.

    Parameters
    ----------
    data : object
        What the user gave.
    names : Names
        Columns of a long frame.

    Returns
    -------
    Layout
        One of `LAYOUTS`, bound to the names in ``data``.

    Raises
    ------
    TypeError, ValueError
        If it is none of them; the error lists them.
    """
    for layout_class in LAYOUTS:
        layout = layout_class.match(data, names)
        if layout is not None:
            return layout
    kind = f"{type(data).__module__}.{type(data).__qualname__}"
    mend = " Convert it with .to_pandas()." if hasattr(data, "to_pandas") else ""
    raise TypeError(f"A series must be {ALLOWED}. Got {kind}.{mend}")
