"""Displays: the data in their lines and images, their labels, and what they refuse."""

import builtins

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.exceptions import NotFittedError

from tsrnn import RNNClassifier, RNNForecaster, RNNRegressor
from tsrnn.plotting import ForecastDisplay, StatesDisplay
from tsrnn.sequences import Sequences

HORIZON = 4


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def monthly():
    """Sixty months with a season of twelve."""
    months = pd.date_range("2015-01-01", periods=60, freq="MS")
    return pd.Series(100.0 + np.arange(60) + 10 * np.sin(np.arange(60) * np.pi / 6), index=months, name="sales")


def quick_forecaster(y):
    return RNNForecaster(HORIZON, hidden_size=2, max_epochs=1, random_state=0).fit(y)


@pytest.fixture(scope="module")
def forecaster(monthly):
    return quick_forecaster(monthly)


def data_of(line):
    """Points of a line as a Series."""
    x, y = line.get_data(orig=True)
    return pd.Series(y, index=x)


# --------------------------------------------------------------------------------------------------- forecasts


def test_lines_hold_the_forecast_and_the_last_observations(forecaster, monthly):
    display = ForecastDisplay.from_estimator(forecaster, n_observed=10)
    forecast = forecaster.predict()
    line, observed = data_of(display.line_), data_of(display.observed_line_)
    np.testing.assert_array_equal(line, forecast)
    np.testing.assert_array_equal(line.index, forecast.index)
    np.testing.assert_array_equal(observed, monthly[-10:])
    np.testing.assert_array_equal(observed.index, monthly.index[-10:])
    assert display.ax_.get_title() == "sales"
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["observed", "RNNForecaster"]
    assert display.figure_ is display.ax_.figure


def overlap_of_labels(ax):
    """Pixels by which labels of dates lie over each other, once drawn."""
    ax.figure.canvas.draw()
    low, high = ax.get_xlim()
    labels = [tick.label1 for tick in ax.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = sorted((label.get_window_extent() for label in labels if label.get_text()), key=lambda box: box.x0)
    assert len(boxes) >= 2
    return max(one.x1 - other.x0 for one, other in zip(boxes, boxes[1:], strict=False))


@pytest.mark.parametrize("width", [4, 9])
@pytest.mark.parametrize("freq", ["min", "h", "6h", "D", "B", "W", "MS", "QS", "YS"])
def test_labels_of_dates_have_room(freq, width):
    index = pd.date_range("2024-01-01", periods=80, freq=freq)
    y = pd.Series(np.sin(np.arange(80)), index)
    _, ax = plt.subplots(figsize=(width, 2.5), layout="constrained")
    assert overlap_of_labels(ForecastDisplay.from_predictions(y[:70], y[70:], ax=ax).ax_) < 0


def test_axes_of_numbers_keep_their_labels():
    y = pd.Series(np.arange(80.0))
    display = ForecastDisplay.from_predictions(y[:70], y[70:])
    display.figure_.canvas.draw()
    assert "40" in [label.get_text() for label in display.ax_.get_xticklabels()]


def test_legends_hide_no_line():
    """In a figure of its own it lies beside the axes; in axes that are given, it has a ground and the best corner."""
    y = pd.Series(np.arange(80.0), pd.date_range("2024-01-01", periods=80))
    display = ForecastDisplay.from_predictions(y[:70], y[70:])
    display.figure_.canvas.draw()
    legend, axes = display.ax_.get_legend().get_window_extent(), display.ax_.get_window_extent()
    assert axes.x1 <= legend.x0 and legend.x1 <= display.figure_.bbox.x1
    _, ax = plt.subplots()
    legend = ForecastDisplay.from_predictions(y[:70], y[70:], ax=ax).ax_.get_legend()
    ax.figure.canvas.draw()
    assert legend.get_frame_on()
    points = ax.transData.transform(np.column_stack([ax.convert_xunits(y.index), y]))
    assert not any(legend.get_window_extent().contains(*point) for point in points)


def test_three_seasons_or_two_horizons_are_shown(forecaster):
    season = max(forecaster.seasons_)
    assert season == 12
    assert len(data_of(ForecastDisplay.from_estimator(forecaster).observed_line_)) == 3 * season
    assert len(data_of(ForecastDisplay.from_estimator(forecaster, horizon=25).observed_line_)) == 50


def test_truth_goes_on_where_the_past_ends_and_is_not_learned(forecaster, monthly):
    months = pd.date_range("2020-01-01", periods=3, freq="MS")
    truth = pd.Series([1.0, 2.0, 3.0], index=months, name="sales")
    before = forecaster.predict()
    display = ForecastDisplay.from_estimator(forecaster, truth, n_observed=5)
    observed = data_of(display.observed_line_)
    np.testing.assert_array_equal(observed, [*monthly[-5:], 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(observed.index[-3:], months)
    pd.testing.assert_series_equal(forecaster.predict(), before)
    np.testing.assert_array_equal(data_of(display.line_), before)


def test_draws_where_and_how_it_is_told(forecaster):
    figure, ax = plt.subplots()
    display = ForecastDisplay.from_estimator(forecaster, horizon=7, ax=ax, name="network", color="red", linewidth=3)
    assert (display.figure_, display.ax_) == (figure, ax)
    assert len(data_of(display.line_)) == 7
    assert (display.line_.get_color(), display.line_.get_linewidth()) == ("red", 3)
    assert display.line_.get_label() == "network"
    again = display.plot()
    assert again is display
    assert display.ax_ is not ax


def series_by_kind(monthly):
    """One series, as each kind of container that the forecaster takes, and its name in it."""
    other = monthly.to_numpy()[::-1]
    wide = pd.DataFrame({"first": other, "second": monthly.to_numpy()}, index=monthly.index)
    long = wide.melt(ignore_index=False, var_name="unique_id", value_name="y").rename_axis("ds").reset_index()
    return {
        "wide": (wide, "second"),
        "long": (long, "second"),
        "keyed": (long.set_index(["unique_id", "ds"])["y"], "second"),
        "array": (wide.to_numpy(), 1),
    }


@pytest.mark.parametrize("kind", ["wide", "long", "keyed", "array"])
def test_draws_one_of_many_series(kind, monthly):
    data, name = series_by_kind(monthly)[kind]
    forecaster = quick_forecaster(data)
    display = ForecastDisplay.from_estimator(forecaster, series=name, n_observed=60)
    forecast = forecaster.predict()
    if kind == "long":
        expected = forecast.loc[forecast["unique_id"] == name, "y"]
    elif kind == "keyed":
        expected = forecast[name]
    else:
        expected = np.asarray(forecast)[:, 1]
    np.testing.assert_array_equal(data_of(display.line_), expected)
    np.testing.assert_array_equal(data_of(display.observed_line_), monthly)
    assert display.ax_.get_title() == str(name)


@pytest.mark.parametrize(
    ("index", "first", "last"),
    [
        (pd.period_range("2015-01", periods=60, freq="M"), "2015-01-01", "2020-04-01"),
        (pd.date_range("2015-01-01 05:00", periods=60, freq="D", tz="Asia/Tokyo"), "2015-01-01T05", "2015-03-05T05"),
    ],
    ids=["periods", "time zone"],
)
def test_stamps_are_those_on_the_clock(index, first, last, monthly):
    display = ForecastDisplay.from_estimator(quick_forecaster(monthly.set_axis(index)), n_observed=60)
    assert data_of(display.observed_line_).index[0] == np.datetime64(first)
    assert data_of(display.line_).index[-1] == np.datetime64(last)


def test_integers_stay_integers(monthly):
    display = ForecastDisplay.from_estimator(quick_forecaster(monthly.reset_index(drop=True)))
    assert data_of(display.line_).index.tolist() == [60, 61, 62, 63]


def test_predictions_can_come_from_anywhere(monthly):
    display = ForecastDisplay.from_predictions(monthly, monthly[-6:] + 1, color="green")
    np.testing.assert_array_equal(data_of(display.observed_line_), monthly)
    np.testing.assert_array_equal(data_of(display.line_), monthly[-6:] + 1)
    assert (display.line_.get_label(), display.line_.get_color()) == ("forecast", "green")
    with pytest.raises(TypeError, match="y_pred must be a Series, whose index says when. Got ndarray."):
        ForecastDisplay.from_predictions(monthly, monthly.to_numpy())


def test_what_cannot_be_drawn_is_refused(forecaster, monthly):
    with pytest.raises(NotFittedError):
        ForecastDisplay.from_estimator(RNNForecaster(3))
    with pytest.raises(ValueError, match=r"series must name one of the 1 series: 'sales'. Got 'sale'."):
        ForecastDisplay.from_estimator(forecaster, series="sale")
    several = quick_forecaster(pd.concat({f"s{i}": monthly for i in range(7)}, axis=1))
    with pytest.raises(ValueError, match=r"one of the 7 series: 's0', 's1', 's2', 's3', 's4', .... Got None."):
        ForecastDisplay.from_estimator(several)
    for name in ("horizon", "n_observed"):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of ForecastDisplay .* Got 0 instead"):
            ForecastDisplay.from_estimator(forecaster, **{name: 0})


# ------------------------------------------------------------------------------------------------------ states


@pytest.fixture(scope="module")
def regressors():
    X = np.random.default_rng(0).normal(size=(20, 6, 2))
    settings = {"hidden_size": 3, "max_epochs": 1, "random_state": 0, "standardize_inputs": False}
    models = {cell: RNNRegressor(cell=cell, **settings).fit(X, X[:, 0]) for cell in ("rnn", "lstm", "gru")}
    models["both"] = RNNRegressor(num_layers=2, bidirectional=True, **settings).fit(X, X[:, 0])
    return models, X


@pytest.mark.parametrize(
    ("model", "layer", "values"),
    [
        ("rnn", "l0", "h"),
        ("lstm", "l0", "c"),
        ("lstm", "l0", "f"),
        ("gru", "l0", "z"),
        ("both", "l1", "h"),
        ("both", "l0_reverse", "h"),
        ("both", "l1_reverse", "n"),
    ],
)
def test_image_holds_the_unrolled_network(regressors, model, layer, values):
    models, X = regressors
    display = StatesDisplay.from_estimator(models[model], X, values=values, layer=layer, sample=2)
    image = display.image_.get_array()
    unrolled = models[model].network_.unroll(Sequences.from_dense(X))[layer][values][2].T
    if values in "hc":
        # The zero state before the first step is left out; a reverse layer begins at the other end.
        first = -1 if layer.endswith("reverse") else 0
        np.testing.assert_array_equal(unrolled[:, first], 0)
        unrolled = np.delete(unrolled, first, axis=1)
    assert image.shape == (3, 6)
    np.testing.assert_array_equal(image, unrolled)
    assert display.image_.get_extent() == [0.5, 6.5, 3.5, 0.5]
    largest = max(1, np.abs(image).max())
    assert display.image_.get_clim() == (-largest if image.min() < 0 else 0, largest)
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("step", f"unit of {values}")


def test_colours_widen_with_the_values():
    display = StatesDisplay(values=np.array([[0.5], [-3.0]]), name="c").plot()
    assert display.image_.get_clim() == (-3, 3)
    display = StatesDisplay(values=np.array([[0.5], [3.0]]), name="c").plot(cmap="Greys")
    assert (display.image_.get_clim(), display.image_.get_cmap().name) == ((0, 3), "Greys")


def test_sequences_of_words_of_different_length_are_drawn():
    X = [["a", "b"], ["b", "a", "a", "b"], ["a"]]
    model = RNNClassifier(5, categories="auto", max_epochs=1, random_state=0).fit(X, ["x", "y", "x"])
    _, ax = plt.subplots()
    display = StatesDisplay.from_estimator(model, X, sample=1, ax=ax)
    assert display.image_.get_array().shape == (5, 4)
    assert display.ax_ is ax


def test_states_that_are_not_there_are_refused(regressors):
    models, X = regressors
    with pytest.raises(NotFittedError):
        StatesDisplay.from_estimator(RNNRegressor(), X)
    with pytest.raises(ValueError, match="layer must be one of 'l0'. Got 'l1'."):
        StatesDisplay.from_estimator(models["gru"], X, layer="l1")
    with pytest.raises(ValueError, match="values must be one of 'h', 'r', 'z', 'n'. Got 'c'."):
        StatesDisplay.from_estimator(models["gru"], X, values="c")


# -------------------------------------------------------------------------------------------------- matplotlib


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch, monthly):
    really_import = builtins.__import__

    def without_matplotlib(name, *args, **kwargs):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(f"No module named {name}")
        return really_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    with pytest.raises(ImportError, match=r'pip install "tsrnn\[plot\]"'):
        ForecastDisplay.from_predictions(monthly, monthly)
