"""Weights in a column of a long frame: those of sample_weight, and no covariate."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV

from tsrnn import RNNForecaster, backtest
from tsrnn.frames import to_panel
from tsrnn.model_selection import PanelSplit

N = 60
DAYS = pd.date_range("2024-01-01", periods=N + 6, freq="D")
KINDS = ["long", "two ids", "dated"]
IDS = {"long": "unique_id", "two ids": ["store", "item"], "dated": "unique_id"}


def quick(**parameters):
    given = {"max_epochs": 2, "hidden_size": 2, "random_state": 0, "early_stopping": False, "lookback": 4}
    given |= {"smoothing": False}  # it counts all observations alike
    return RNNForecaster(2, **(given | parameters))


def contain(kind, start=0, stop=N, covariate=False):
    """Rows of two series, or of one, with weights."""
    parts = []
    for k, name in enumerate("a" if kind == "dated" else "ab"):
        rng = np.random.default_rng(k)
        y = 20 + np.resize([0.0, 3, 5, 3, 0, -4, -7], N + 6) + rng.normal(size=N + 6)
        ids = {"long": {"unique_id": name}, "two ids": {"store": name, "item": 1}, "dated": {}}[kind]
        columns = {**ids, "ds": DAYS, "y": y, "w": rng.uniform(0, 2, size=N + 6)}
        columns |= {"price": rng.normal(size=N + 6)} if covariate else {}
        parts.append(pd.DataFrame(columns).iloc[start:stop])
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("covariate", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_is_that_of_sample_weight(kind, covariate):
    data = contain(kind, covariate=covariate).sample(frac=1, random_state=0, ignore_index=True)
    weighted = quick(weight_col="w", id_col=IDS[kind]).fit(data)
    other = quick(id_col=IDS[kind]).fit(data.drop(columns="w"), sample_weight=data["w"])
    plain = quick(id_col=IDS[kind]).fit(data.drop(columns="w"))
    ahead = contain(kind, N, N + 2, covariate=covariate).drop(columns="y")
    forecast = weighted.predict(ahead)
    pd.testing.assert_frame_equal(forecast, other.predict(ahead))
    assert (forecast["y"].to_numpy() != plain.predict(ahead)["y"].to_numpy()).any()
    assert "w" not in forecast
    assert weighted.covariates_["name"].tolist() == ["price"] * covariate


@pytest.mark.parametrize("kind", KINDS)
def test_other_methods_pass_over_the_column(kind):
    weighted = quick(weight_col="w", id_col=IDS[kind]).fit(contain(kind))
    other = quick(id_col=IDS[kind]).fit(contain(kind).drop(columns="w"), sample_weight=contain(kind)["w"])
    late = contain(kind, N, N + 2)
    weighted.update(late.assign(w=np.nan))
    other.update(late.drop(columns="w"))
    later = contain(kind, N + 2, N + 4)
    assert weighted.score(later) == weighted.score(later.drop(columns="w")) == other.score(later.drop(columns="w"))
    weighted.partial_fit(later.assign(w=-1.0))
    other.partial_fit(later.drop(columns="w"))
    pd.testing.assert_frame_equal(weighted.predict(), other.predict())
    whole = contain(kind, 0, N + 4)
    np.testing.assert_array_equal(
        weighted.predict_origins(whole, [20]), other.predict_origins(whole.drop(columns="w"), [20])
    )


@pytest.mark.parametrize("refit", [False, True])
def test_backtests_fit_with_the_weights(refit):
    data = contain("long")
    table = backtest(quick(weight_col="w"), data, n_windows=2, refit=refit)
    assert table.columns.tolist() == ["unique_id", "ds", "cutoff", "y", "RNNForecaster", "naive", "seasonal_naive"]
    for cutoff in table["cutoff"].unique():
        before = data[data["ds"] <= (cutoff if refit else table["cutoff"].min())]
        expected = quick().fit(before.drop(columns="w"), sample_weight=before["w"])
        if not refit and cutoff > table["cutoff"].min():
            expected.update(data[(data["ds"] > table["cutoff"].min()) & (data["ds"] <= cutoff)].drop(columns="w"))
        rows = table[table["cutoff"] == cutoff]
        # Forecasts after an update and from the end of a whole panel differ by the rounding of float32.
        np.testing.assert_allclose(rows["RNNForecaster"], expected.predict()["y"], rtol=1e-5)


def test_weights_of_rows_without_a_target_do_not_matter():
    data = contain("long", 0, N + 2, covariate=True)
    future = data["ds"] >= DAYS[N]
    data.loc[future, ["y", "w"]] = np.nan
    data.loc[5, ["y", "w"]] = np.nan
    same = data.assign(w=data["w"].fillna(1.0))
    pd.testing.assert_frame_equal(quick(weight_col="w").fit(data).predict(), quick(weight_col="w").fit(same).predict())


def test_the_column_is_no_covariate_beside_y():
    data = contain("long", covariate=True)
    panel = to_panel(data[["unique_id", "ds", "y", "w"]], X=data.drop(columns="y"), weight_col="w")
    assert panel.covariates.names == ["price"]


def test_in_searches():
    data = contain("long")
    folds = PanelSplit(2, n_splits=2)
    search = GridSearchCV(quick(weight_col="w"), {"cell": ["gru"]}, cv=folds).fit(data)
    (train, test), *_ = folds.split(data)
    first = quick(weight_col="w", cell="gru").fit(data.iloc[train])
    assert search.cv_results_["split0_test_score"][0] == first.score(data.iloc[test])


class TestRefusals:
    @pytest.mark.parametrize("value", [np.nan, -1.0, np.inf, -np.inf])
    @pytest.mark.parametrize("kind", KINDS)
    def test_weights_that_are_none(self, kind, value):
        data = contain(kind)
        data.loc[3, "w"] = value
        where = {"long": "at id 'a', ", "two ids": r"at id \('a', 1\), ", "dated": "at "}[kind]
        words = rf"Column 'w' has {value} {where}2024-01-04 00:00:00 \(1 such in all\)"
        forecaster = quick(weight_col="w", id_col=IDS[kind]).fit(contain(kind))
        before = forecaster.predict()
        with pytest.raises(ValueError, match=words) as caught:
            forecaster.fit(data)
        pd.testing.assert_frame_equal(forecaster.predict(), before)
        with pytest.raises(ValueError, match=words):
            backtest(forecaster, data)
        mended = eval(str(caught.value).split("observations out: ")[1][:-1], {"data": data, "np": np})
        expected = quick(id_col=IDS[kind]).fit(
            mended.drop(columns="w"), sample_weight=data["w"].where(data.index != 3, 0)
        )
        pd.testing.assert_frame_equal(forecaster.fit(mended).predict(), expected.predict())

    def test_weights_that_are_no_numbers(self):
        data = contain("long")
        with pytest.raises(TypeError, match="Column 'w' has dtype bool") as caught:
            quick(weight_col="w").fit(data.assign(w=data["w"] > 1))
        mended = eval(str(caught.value).split("Convert it: ")[1][:-1], {"data": data.assign(w=data["w"] > 1)})
        quick(weight_col="w").fit(mended)
        with pytest.raises(TypeError, match="'x' at id 'a', 2024-01-01 00:00:00 is no number. Set weight_col to"):
            quick(weight_col="w").fit(data.assign(w="x"))
        with pytest.raises(ValueError, match="Column 'w' holds zeros alone"):
            quick(weight_col="w").fit(data.assign(w=0.0))

    def test_weights_twice(self):
        data = contain("long")
        with pytest.raises(ValueError, match="Give the weights once. Got sample_weight and weight_col='w'"):
            quick(weight_col="w").fit(data, sample_weight=data["w"])

    def test_no_such_column(self):
        data = contain("long")
        with pytest.raises(
            ValueError, match=r"weight_col='weight' is none of the columns \['unique_id', 'ds', 'y', 'w'"
        ):
            quick(weight_col="weight").fit(data)
        with pytest.raises(ValueError, match="weight_col must be another column than those of ids, time and target"):
            quick(weight_col="y").fit(data)
        with pytest.raises(ValueError, match="past_covariates must name columns of X. Got 'w'"):
            quick(weight_col="w", past_covariates=["w"]).fit(contain("long", covariate=True))

    def test_other_containers(self):
        data = contain("long").pivot(index="ds", columns="unique_id", values="y")
        for other in (data, data["a"], data.to_numpy()):
            with pytest.raises(TypeError, match="weight_col='w' names a column of a long DataFrame.*sample_weight="):
                quick(weight_col="w").fit(other)
