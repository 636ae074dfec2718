"""Pictures of intervals: bands around forecasts, and the calibration of a backtest."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from tsrnn import RNNForecaster, backtest
from tsrnn.plotting import ForecastDisplay, IntervalCalibrationDisplay

DAYS = pd.date_range("2024-01-01", periods=40, freq="D")
Y = pd.Series(np.arange(40.0), DAYS, name="sales")
FORECAST = Y[-5:] + 1
TABLE = pd.DataFrame(
    {
        "sales": FORECAST,
        "sales-lo-80": FORECAST - 1,
        "sales-hi-80": FORECAST + 2,
        "sales-lo-95": FORECAST - 3,
        "sales-hi-95": FORECAST + 4,
        "sales-median": FORECAST,
    }
)


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


def ends_of(band):
    """Lower and upper end of a band, by position."""
    (path,) = band.get_paths()
    points = pd.DataFrame(path.vertices[:-1]).drop_duplicates().groupby(0)[1].agg(["min", "max"])
    return points["min"].to_numpy(), points["max"].to_numpy()


class TestBands:
    def test_bands_hold_the_intervals_the_widest_first(self):
        display = ForecastDisplay.from_predictions(Y, TABLE)
        assert [band.get_label() for band in display.bands_] == ["95 %", "80 %"]
        for band, level in zip(display.bands_, (95, 80), strict=True):
            low, high = ends_of(band)
            np.testing.assert_array_equal(low, TABLE[f"sales-lo-{level}"])
            np.testing.assert_array_equal(high, TABLE[f"sales-hi-{level}"])
        np.testing.assert_array_equal(display.line_.get_ydata(), FORECAST)
        labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert labels == ["observed", "forecast", "95 %", "80 %"]

    @pytest.mark.parametrize("color", ["red", "C2", "black"])
    def test_narrower_bands_are_nearer_to_the_color_of_the_line(self, color):
        wide, narrow = ForecastDisplay.from_predictions(Y, TABLE, color=color).bands_
        line, white = np.array(colors.to_rgb(color)), np.ones(3)
        for band in (wide, narrow):
            assert band.get_facecolor()[0, 3] == 1  # opaque: the legend shows the colour that is drawn
        away = [np.abs(band.get_facecolor()[0, :3] - line).sum() for band in (narrow, wide)]
        assert 0 < away[0] < away[1] < np.abs(white - line).sum()
        assert wide.get_zorder() < narrow.get_zorder() < 2  # below all lines

    def test_without_intervals_there_are_no_bands(self):
        assert ForecastDisplay.from_predictions(Y, FORECAST).bands_ == []
        assert ForecastDisplay.from_predictions(Y, TABLE[["sales", "sales-median", "sales-lo-80"]]).bands_ == []

    def test_bands_are_drawn_again(self):
        display = ForecastDisplay.from_predictions(Y, TABLE)
        first = display.bands_
        assert len(display.plot().bands_) == 2
        assert display.bands_[0] is not first[0]

    @pytest.mark.parametrize("name", ["a", "b-lo", 3, ("x", "y")], ids=str)
    def test_columns_of_one_of_several_series(self, name):
        table, other = TABLE.iloc[:, :5], TABLE.iloc[:, :1] * 2
        renamed = [(*name[:-1], f"{name[-1]}{column[5:]}") if isinstance(name, tuple) else f"{name}{column[5:]}"
                   for column in table.columns]  # fmt: skip
        wide = pd.concat([table.set_axis(pd.Index(renamed, tupleize_cols=False), axis=1), other], axis=1)
        wide.columns = pd.Index([name, *wide.columns[1:]], tupleize_cols=False)
        display = ForecastDisplay.from_predictions(Y.rename(name), wide)
        np.testing.assert_array_equal(display.line_.get_ydata(), FORECAST)
        np.testing.assert_array_equal(ends_of(display.bands_[1])[1], FORECAST + 2)

    def test_a_forecast_that_is_not_among_several_is_refused(self):
        wide = TABLE.assign(other=1.0)
        with pytest.raises(ValueError, match=r"column named as it, 'price', .* Got the forecasts \['sales', 'other'\]"):
            ForecastDisplay.from_predictions(Y.rename("price"), wide)
        assert len(ForecastDisplay.from_predictions(Y.rename("price"), wide.drop(columns="other")).bands_) == 2
        with pytest.raises(TypeError, match="y_true must be a Series, .* Got DataFrame"):
            ForecastDisplay.from_predictions(Y.to_frame(), TABLE)

    def test_on_a_dark_ground(self):
        with plt.style.context("dark_background"):
            _, ax = plt.subplots()
            band = ForecastDisplay.from_predictions(Y, TABLE, ax=ax, color="white").bands_[0]
        assert band.get_facecolor()[0, :3].max() < 0.5


class TestBandsOfForecasters:
    """From the end of what was seen, as `predict` gives them."""

    def quick(self, *data):
        return RNNForecaster(4, hidden_size=2, max_epochs=1, random_state=0).fit(*data)

    @pytest.mark.parametrize("kind", ["wide", "long", "keyed", "array"])
    def test_each_container(self, kind):
        wide = pd.DataFrame({"a": Y + 5 * np.sin(np.arange(40)), "b": Y[::-1].to_numpy()}, DAYS)
        long = wide.rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")
        keyed = long.set_index(["unique_id", "ds"])["y"]
        data = {"wide": wide, "long": long, "keyed": keyed, "array": wide.to_numpy()}[kind]
        forecaster = self.quick(data)
        display = ForecastDisplay.from_estimator(forecaster, series=1 if kind == "array" else "b", level=[80, 95])
        forecast = forecaster.predict(level=[80, 95])
        if kind == "array":
            expected = forecast[:, 1]
        elif kind == "wide":
            expected = forecast[["b", "b-lo-80", "b-hi-80", "b-lo-95", "b-hi-95"]].to_numpy()
        else:
            rows = forecast.reset_index()
            rows = rows[rows["unique_id"] == "b"]
            expected = rows[["y", "y-lo-80", "y-hi-80", "y-lo-95", "y-hi-95"]].to_numpy()
        np.testing.assert_array_equal(display.line_.get_ydata(), expected[:, 0])
        assert display.intervals.columns.tolist() == ["lo-80", "hi-80", "lo-95", "hi-95"]
        np.testing.assert_array_equal(display.intervals, expected[:, 1:])
        for band, ends in zip(display.bands_, (expected[:, 3:], expected[:, 1:3]), strict=True):
            np.testing.assert_array_equal(np.column_stack(ends_of(band)), ends)

    def test_covariates_that_are_known_for_the_future(self):
        X = pd.DataFrame({"heat": np.cos(np.arange(40.0))}, DAYS)
        y = Y + 20 * X["heat"]
        forecaster = self.quick(X[:-4], y[:-4])
        display = ForecastDisplay.from_estimator(forecaster, X[-4:], y[-4:], level=80)
        expected = forecaster.predict(X[-4:], level=80)
        np.testing.assert_array_equal(display.line_.get_ydata(), expected.iloc[:, 0])
        np.testing.assert_array_equal(display.intervals, expected.iloc[:, 1:])

    def test_frames_of_predict_are_drawn_alike(self):
        forecaster = self.quick(Y)
        display = ForecastDisplay.from_estimator(forecaster, level=80, horizon=6)
        other = ForecastDisplay.from_predictions(Y, forecaster.predict(level=80, horizon=6))
        pd.testing.assert_frame_equal(display.intervals, other.intervals, check_freq=False)
        pd.testing.assert_series_equal(display.y_pred, other.y_pred, check_freq=False)

    def test_bad_levels_are_refused(self):
        with pytest.raises(ValueError, match="'level' parameter of ForecastDisplay must be .* give level=80"):
            ForecastDisplay.from_estimator(self.quick(Y), level=0.8)


def walks(**asked):
    """A backtest of random walks, whose naive intervals are right."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(150, 20)).cumsum(axis=0), pd.date_range("2024", periods=150, freq="h"))
    return backtest("naive", data, horizon=6, n_windows=10, **asked)


class TestCalibration:
    def test_shares_are_those_of_the_table(self):
        table = walks(level=[50, 90])
        display = IntervalCalibrationDisplay.from_backtest(table)
        inside = table["y"].between(table["naive-lo-50"], table["naive-hi-50"])
        assert display.coverage["naive", 50] == inside.mean()
        steps = table.groupby(["unique_id", "cutoff"]).cumcount() + 1
        np.testing.assert_allclose(display.by_step["naive", 50], inside.groupby(steps).mean(), rtol=1e-12)
        assert display.below["naive", 0.95] == (table["y"] <= table["naive-hi-90"]).mean()
        assert display.n_windows == 200
        assert display.coverage["naive"].to_dict() == pytest.approx({50: 0.5, 90: 0.9}, abs=0.08)  # of 200 windows

    def test_axes_hold_the_shares(self):
        display = IntervalCalibrationDisplay.from_backtest(walks(level=[50, 90]), forecaster="naive")
        levels, quantiles, steps = display.axes_
        np.testing.assert_allclose(levels.lines[1].get_xydata(), np.column_stack([[0.5, 0.9], display.coverage]))
        np.testing.assert_allclose(quantiles.lines[1].get_xdata(), [0.05, 0.25, 0.75, 0.95])
        np.testing.assert_array_equal(quantiles.lines[1].get_ydata(), display.below)
        lines = {tuple(line.get_ydata()) for line in steps.lines}
        assert {tuple(display.by_step["naive", level]) for level in (50, 90)} < lines
        assert [text.get_text() for text in steps.get_yticklabels()] == ["50 %", "90 %"]
        assert display.plot() is display

    def test_missing_truth_is_left_out(self):
        table = walks(level=80)
        table.loc[table.index % 3 == 0, "y"] = np.nan
        known = table.dropna()
        display = IntervalCalibrationDisplay.from_backtest(table, forecaster=["naive"])
        expected = known["y"].between(known["naive-lo-80"], known["naive-hi-80"]).mean()
        assert display.coverage["naive", 80] == pytest.approx(expected, rel=1e-12)

    def test_single_quantiles_make_no_interval(self):
        display = IntervalCalibrationDisplay.from_backtest(walks(quantiles=[0.3, 0.5]))
        assert len(display.axes_) == 1 and len(display.coverage) == 0 and display.by_step.shape == (6, 0)
        assert display.below["naive"].index.tolist() == [0.3, 0.5]

    def test_what_cannot_be_drawn_is_refused(self):
        with pytest.raises(
            ValueError, match=r"such as those of tsrnn.backtest\(..., level=\[80, 95\]\). Got the forecasts"
        ):
            IntervalCalibrationDisplay.from_backtest(walks())
        for forecaster in ("gru", [], ["naive", "gru"]):
            with pytest.raises(ValueError, match=r"forecaster must be one or several of \['naive', 'seasonal_naive'\]"):
                IntervalCalibrationDisplay.from_backtest(walks(level=80), forecaster=forecaster)
        with pytest.raises(TypeError, match="table must be the DataFrame that tsrnn.backtest returns"):
            IntervalCalibrationDisplay.from_backtest(np.zeros(3))
