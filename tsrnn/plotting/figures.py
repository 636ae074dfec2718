"""Figure and axes of a display."""


def find_axes(ax):
    """Return the figure and the axes to draw into.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        None for those of a new figure.

    Returns
    -------
    figure : matplotlib.figure.Figure
    ax : matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError('Drawing needs matplotlib. Install it with: pip install "tsrnn[plot]"') from error

    if ax is None:
        _, ax = plt.subplots(figsize=(9, 4), layout="constrained")
    return ax.figure, ax
