"""Periods of business days, whose constructors pandas deprecates: no warning comes from within (pytest raises it)."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tsrnn import RNNForecaster, backtest, report
from tsrnn.calendar import CalendarFeatures, future_index
from tsrnn.frames.frequency import beginnings
from tsrnn.metrics import mae, mase
from tsrnn.plotting import ComponentsDisplay, ForecastDisplay, IntervalCalibrationDisplay

QUICK = {"max_epochs": 1, "hidden_size": 2, "random_state": 0}
DAYS = pd.date_range("2024-01-01", periods=60, freq="B", name="ds")


def as_periods(days, freq="B"):
    """Make periods, whose warning belongs to whoever makes them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return days.to_period(freq)


PERIODS = as_periods(DAYS)
VALUES = np.random.default_rng(0).normal(size=len(DAYS)).cumsum()
OF_DAYS, OF_PERIODS = pd.Series(VALUES, DAYS, name="y"), pd.Series(VALUES, PERIODS, name="y")


def forms(series):
    """The same values in each container."""
    long = series.reset_index().assign(unique_id="a")
    return {
        "series": series,
        "wide": pd.DataFrame({"a": series, "b": -series}),
        "long": long,
        "keyed": pd.concat({"a": series, "b": series[5:]}, names=["unique_id"]),
        "object": series.set_axis(series.index.astype(object)),
        "gap": series.drop(series.index[30]),
    }


@pytest.mark.parametrize("form", forms(OF_PERIODS))
def test_forecasts_are_those_of_stamps(form):
    new = as_periods(pd.date_range("2024-03-25", periods=2, freq="B", name="ds"))
    predictions = {}
    for series, after in ((OF_DAYS, pd.date_range("2024-03-25", periods=2, freq="B", name="ds")), (OF_PERIODS, new)):
        forecaster = RNNForecaster(2, missing="fill", **QUICK).fit(forms(series)[form])
        before = forecaster.predict(level=80)
        assert forecaster.forecast_origin_ is not None
        if form in ("series", "gap", "wide"):
            values = pd.Series([1.0, 2.0], after, name="y")
            forecaster.update(values if form != "wide" else pd.DataFrame({"a": values, "b": values}))
        predictions[type(after)] = [before, forecaster.predict(), forecaster.predict(components=True)]
    for days, periods in zip(predictions[pd.DatetimeIndex], predictions[pd.PeriodIndex], strict=True):
        numbers = [part.select_dtypes("number").to_numpy() if part.ndim == 2 else part for part in (days, periods)]
        np.testing.assert_array_equal(*numbers)
    if form == "series":
        later = as_periods(pd.date_range("2024-03-27", periods=2, freq="B"))
        assert predictions[pd.PeriodIndex][1].index.tolist() == later.tolist()


@pytest.mark.parametrize("freq", ["B", "1B", pd.offsets.BusinessDay()])
def test_the_frequency_may_be_given(freq):
    given = RNNForecaster(2, freq=freq, **QUICK).fit(OF_PERIODS)
    pd.testing.assert_series_equal(given.predict(), RNNForecaster(2, **QUICK).fit(OF_PERIODS).predict())


@pytest.mark.parametrize("freq", ["2B", "D", "W", pd.offsets.BusinessDay(2)])
def test_other_frequencies_are_refused(freq):
    with pytest.raises(ValueError, match="differs from the frequency of the periods, 'B'. Leave freq=None"):
        RNNForecaster(2, freq=freq, **QUICK).fit(OF_PERIODS)
    with pytest.raises(ValueError, match="differs from the frequency of the periods, 'M'. Leave freq=None"):
        months = pd.period_range("2001-01", periods=60, freq="M")
        RNNForecaster(2, freq=freq, **QUICK).fit(OF_PERIODS.set_axis(months))


def test_backtests_reports_and_pictures():
    tables = [
        backtest(RNNForecaster(2, **QUICK), series, level=80, cutoffs=series.index[[40, 45]])
        for series in (OF_DAYS, OF_PERIODS)
    ]
    np.testing.assert_array_equal(*(table.select_dtypes("number") for table in tables))
    of_days, of_periods = map(report, tables)
    pd.testing.assert_frame_equal(of_days.by_weekday, of_periods.by_weekday)
    of_periods.plot()
    IntervalCalibrationDisplay.from_backtest(tables[1])
    forecaster = RNNForecaster(2, **QUICK).fit(OF_PERIODS[:-2])
    ForecastDisplay.from_estimator(forecaster, OF_PERIODS[-2:], level=80)
    ForecastDisplay.from_predictions(OF_PERIODS, forecaster.predict(level=80))
    ComponentsDisplay.from_estimator(forecaster)
    plt.close("all")


def test_covariates_calendars_and_metrics():
    X = CalendarFeatures().transform(OF_PERIODS.to_frame())
    np.testing.assert_array_equal(X, CalendarFeatures().transform(OF_DAYS.to_frame()))
    assert future_index(OF_PERIODS, 2).tolist() == as_periods(pd.date_range("2024-03-25", periods=2, freq="B")).tolist()
    known = pd.DataFrame({"x": np.arange(60.0)}, PERIODS)
    forecaster = RNNForecaster(2, **QUICK).fit(known[:50], OF_PERIODS[:50])
    forecaster.update(known[48:54], OF_PERIODS[48:54], overlap="drop").predict(X=known[54:56])
    assert mae(OF_PERIODS, OF_PERIODS) == mase(OF_PERIODS[50:], OF_PERIODS[50:], OF_PERIODS[:50]) == 0


def test_refusals_of_other_stamps():
    forecaster = RNNForecaster(2, missing="raise", **QUICK).fit(OF_PERIODS[:50])
    with pytest.raises(TypeError, match=re.escape("data.set_axis(data.index.to_period('B'))")):
        forecaster.update(OF_DAYS[50:])
    with pytest.raises(ValueError, match="expected 2024-03-11, got 2024-03-18"):
        forecaster.update(OF_PERIODS[55:])
    with pytest.raises(ValueError, match="overlap"):
        forecaster.update(OF_PERIODS[40:])
    with pytest.raises(ValueError, match="has a gap: 2024-02-12 is missing"):
        RNNForecaster(2, missing="raise", **QUICK).fit(OF_PERIODS.drop(PERIODS[30]))
    with pytest.raises(TypeError, match=re.escape("pd.DatetimeIndex(cutoffs).to_period('B')")):
        backtest("naive", OF_PERIODS, horizon=2, cutoffs=DAYS[[40]])


@pytest.mark.parametrize("freq", ["B", "D", "W", "M", "Q", "Y", "h", "min"])
def test_periods_begin_where_pandas_says(freq):
    periods = as_periods(DAYS, freq)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        expected = periods.to_timestamp()
    assert beginnings(periods).tolist() == expected.tolist()
