"""Components of forecasts: they add up, in every container, and are those of the members."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.frames.output import add_columns
from tsrnn.plotting import ComponentsDisplay

NAMES = ["level", "trend", "season", "linear", "network", "limits"]
DAYS = pd.date_range("2024-01-01", periods=84)


def quick(**parameters):
    given = {"max_epochs": 1, "hidden_size": 3, "random_state": 0, "season_length": 7, "outliers": "keep"}
    return RNNForecaster(5, **(given | parameters))


def wide(n_series=2):
    rng, t = np.random.default_rng(0), np.arange(84)[:, None]
    values = 50 + 0.1 * t + 5 * np.sin(2 * np.pi * t / 7 + np.arange(n_series)) + rng.normal(size=(84, n_series)) / 2
    return pd.DataFrame(values, index=DAYS, columns=[f"s{i}" for i in range(n_series)])


def long():
    return wide().rename_axis("ds").melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()


CONTAINERS = {
    "Series": (wide()["s0"], "s0"),
    "wide": (wide(), "s1"),
    "long": (long(), "y"),
    "MultiIndex": (long().set_index(["unique_id", "ds"])["y"], "y"),
    "one column": (long().set_index(["unique_id", "ds"]), "y"),
}


@pytest.mark.parametrize("options", [{}, {"log": True}, {"linear": False}, {"smoothing": False}], ids=str)
@pytest.mark.parametrize("container", CONTAINERS)
def test_components_add_up_to_the_forecast(container, options):
    data, name = CONTAINERS[container]
    forecaster = quick(**options).fit(data)
    table, forecast = forecaster.predict(components=True), forecaster.predict()
    assert [column for column in table if str(column).startswith(f"{name}-")] == [f"{name}-{part}" for part in NAMES]
    expected = forecast if forecast.ndim == 1 else forecast[name]
    np.testing.assert_array_equal(table[name], expected)
    np.testing.assert_allclose(table[[f"{name}-{part}" for part in NAMES]].sum(axis=1), expected, rtol=1e-12)
    pd.testing.assert_index_equal(table.index, forecast.index)


@pytest.mark.parametrize("strategy", ["recursive", "seq2seq"])
def test_beyond_the_horizon_and_from_arrays(strategy):
    forecaster = quick(strategy=strategy, smoothing=False).fit(wide().to_numpy())
    parts = forecaster.predict(horizon=12, components=True)
    assert parts.shape == (12, 2, 1 + len(NAMES))
    np.testing.assert_array_equal(parts[:, :, 0], forecaster.predict(horizon=12))
    np.testing.assert_allclose(parts[:, :, 1:].sum(axis=-1), parts[:, :, 0], rtol=1e-12)


def test_components_are_those_of_season_level_and_learners():
    y = wide()["s0"]
    forecaster = quick(smoothing=False, log=False, learning_rate=1e-30).fit(y)
    parts = forecaster.predict(components=True)
    recipe = forecaster._ensemble.best.recipe
    remainder, (season,) = recipe.decomposition.apply(y.to_numpy())
    np.testing.assert_allclose(parts["s0-season"], season[len(y) + np.arange(5)], rtol=1e-9)
    np.testing.assert_allclose(parts["s0-level"], remainder[-recipe.decomposition.level_window :].mean(), rtol=1e-9)
    # A network that has learned nothing adds nothing: its readout begins at zero.
    np.testing.assert_allclose(parts["s0-network"], 0, atol=1e-12)
    assert np.abs(parts["s0-linear"]).max() > 0 and (parts["s0-trend"] == 0).all()


def test_rows_ahead_with_covariates():
    y = wide()["s0"]
    X = pd.DataFrame({"x": np.sin(np.arange(94) * 1.7)}, index=pd.date_range("2024-01-01", periods=94))
    forecaster = quick().fit(X[:84], y + 9 * X["x"][:84])
    rows = forecaster.predict(X[84:89], components=True)
    np.testing.assert_array_equal(rows["y"], forecaster.predict(X[84:89]))
    np.testing.assert_allclose(rows.drop(columns="y").sum(axis=1), rows["y"], rtol=1e-12)


def test_columns_of_several_levels_and_kinds():
    table = pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")], names=["k", "l"]))
    more = add_columns(table, {"level": table + 10})
    assert more.columns.tolist() == [("a", "x"), ("a", "x-level"), ("a", "y"), ("a", "y-level")]
    assert more.columns.names == ["k", "l"] and more.to_numpy().tolist() == [[1, 11, 2, 12]]
    assert add_columns(pd.DataFrame({0: [1.0]}), {"q": pd.DataFrame({0: [2.0]})}).columns.tolist() == [0, "0-q"]


def test_columns_that_are_taken():
    table = pd.DataFrame({"a": [1.0], "a-level": [2.0]})
    with pytest.raises(ValueError, match="would have the column 'a-level' twice. Rename that of the series"):
        add_columns(table, {"level": table})
    renamed = table.rename(columns={"a-level": "b"})
    assert add_columns(renamed, {"level": renamed}).columns.tolist() == ["a", "a-level", "b", "b-level"]


def test_picture_of_components():
    forecaster = quick().fit(wide())
    display = ComponentsDisplay.from_estimator(forecaster, series="s1", horizon=9)
    forecast = forecaster.predict(horizon=9)["s1"]
    np.testing.assert_allclose(display.forecast, forecast, rtol=1e-12)
    assert [ax.get_title(loc="left") for ax in display.axes_][:2] == ["forecast of s1", "level"]
    np.testing.assert_allclose(display.axes_[0].lines[0].get_ydata(), forecast, rtol=1e-12)
    with pytest.raises(ValueError, match="series must name one of the 2 series"):
        ComponentsDisplay.from_estimator(forecaster)
