"""Report of a backtest: known errors, copies and flat lines of simulated forecasts, groups, coverage, refusals."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot as plt

import tsrnn
from tsrnn import backtest, report
from tsrnn.plotting import IntervalCalibrationDisplay
from tsrnn.reporting import BacktestReport

HORIZON = 12
HOURS = pd.date_range("2024-01-01", periods=600, freq="h")  # a Monday


def simulate(kind, seed=0):
    """Hourly series: a daily season with noise, a random walk, noise, or an autoregression that stays near its past."""
    noise = np.random.default_rng(seed).normal(size=len(HOURS))
    if kind == "season":
        values = 10 + 3 * np.sin(2 * np.pi * np.arange(len(HOURS)) / 24) + noise
    elif kind == "walk":
        values = noise.cumsum()
    elif kind == "near":
        values = np.zeros(len(HOURS))
        for t in range(1, len(HOURS)):
            values[t] = 0.5 * values[t - 1] + noise[t]
    else:
        values = noise
    return pd.Series(values, HOURS, name=kind)


def last(y, horizon):
    return np.repeat(y.iloc[-1], horizon)


def noisy_last(y, horizon):
    """The last value, beside it by a third of a step."""
    noise = np.random.default_rng(len(y)).normal(size=horizon)
    return y.iloc[-1] + y.diff().std() / 3 * noise


def block(y, horizon):
    """The values as many steps before as are forecast."""
    return y.iloc[-horizon:].to_numpy()


def yesterday(y, horizon):
    return np.resize(y.iloc[-24:].to_numpy(), horizon)


def mean(y, horizon):
    return np.repeat(y.mean(), horizon)


def waves(y, horizon):
    """Least squares on a mean and a daily wave: the best forecast of the season, and a poor one of a random walk."""
    angles = 2 * np.pi * np.arange(len(y) + horizon) / 24
    table = np.column_stack([np.ones(len(angles)), np.sin(angles), np.cos(angles)])
    return table[len(y) :] @ np.linalg.lstsq(table[: len(y)], y.to_numpy(), rcond=None)[0]


def decay(y, horizon):
    """The best forecast of the autoregression."""
    return y.iloc[-1] * 0.5 ** np.arange(1, horizon + 1)


FORECASTERS = {function.__name__: function for function in (last, noisy_last, block, yesterday, mean, waves, decay)}


def check_of(found, check):
    """Rows of one check, by forecaster."""
    return found.checks[found.checks["check"] == check].set_index("forecaster")


class TestCopiesAndFlatLines:
    @pytest.mark.parametrize("kind", ["season", "walk", "noise", "near"])
    @pytest.mark.parametrize(
        ("horizon", "step", "n_windows"), [(HORIZON, HORIZON, 15), (HORIZON, 5, 15), (5, 11, 30), (1, 1, 120)]
    )
    def test_copies_are_told_from_forecasts(self, kind, horizon, step, n_windows):
        table = backtest(FORECASTERS, simulate(kind), horizon=horizon, step=step, n_windows=n_windows)
        checks = check_of(report(table), "lag copy")
        copies = {name: finding for name, finding in checks.loc[~checks["passed"], "finding"].items()}
        expected = {"last": "repeats the last value", "noisy_last": "repeats the last value"}
        expected["yesterday"] = "repeats the last season"
        if horizon == 1:
            expected["block"] = "repeats the last value"
        elif step <= horizon:  # otherwise the table does not have the values between its windows
            expected["block"] = f"repeats the value {horizon} steps before"
        assert copies == expected

    def test_the_best_forecast_of_a_random_walk_is_a_copy_without_skill(self):
        """Smoothing that has found that nothing but the last values helps; a report says so."""

        def smooth(y, horizon):
            return np.repeat(y.ewm(alpha=0.9).mean().iloc[-1], horizon)

        found = report(backtest(smooth, simulate("walk"), horizon=HORIZON, n_windows=15))
        assert check_of(found, "lag copy").loc["smooth", "finding"] == "repeats the last value"
        assert abs(found.summary.loc["smooth", "skill_naive"]) < 0.05

    def test_a_real_forecast_passes(self):
        found = report(backtest("theta", tsrnn.datasets.load_airline(), horizon=12, n_windows=5))
        assert found.checks["passed"].all()
        assert found.summary.loc["theta", "series_won"] == 1

    def test_flat_lines(self):
        table = backtest(FORECASTERS, simulate("season"), horizon=HORIZON, n_windows=15)
        checks = check_of(report(table), "flat line")
        assert checks.index[~checks["passed"]].tolist() == ["last", "mean"]
        assert checks.loc[["last", "mean"], "value"].tolist() == pytest.approx([0, 0], abs=1e-12)  # rounding of a mean
        assert checks.loc["yesterday", "value"] == pytest.approx(1, abs=0.1)  # as much as the truth, a day later

    def test_of_single_steps_a_flat_line_is_the_same_from_all_cutoffs(self):
        table = backtest({"last": last, "constant": lambda y, horizon: [10.0]}, simulate("season"), horizon=1, step=1)
        checks = check_of(report(table), "flat line")
        assert checks["passed"].to_dict() == {"last": True, "constant": False}

    def test_a_truth_that_does_not_move(self):
        found = report(backtest({"last": last, "mean": mean}, pd.Series(3.0, HOURS), horizon=4))
        assert found.checks["passed"].tolist() == [False, False, True, True] * 2
        assert found.summary["mae"].to_dict() == dict.fromkeys(["last", "mean", "naive", "seasonal_naive"], 0)

    def test_copies_in_a_part_of_the_series(self):
        """A panel whose errors are pooled passes; the share of the series that are copies is told."""
        panel = pd.DataFrame({kind: simulate(kind) for kind in ("season", "noise", "near", "walk")})
        table = backtest(
            {"mixed": lambda y, h: last(y, h) if y.name == "walk" else waves(y, h)}, panel, horizon=HORIZON
        )
        row = check_of(report(table), "lag copy").loc["mixed"]
        assert row["passed"] and row["finding"] == "repeats no past value (in 25% of the series)"


# Two series, two windows of two steps; the truth of b is ten times that of a, and lacks a value.
TABLE = pd.DataFrame(
    {
        "unique_id": ["a"] * 4 + ["b"] * 4,
        "ds": pd.to_datetime(["2024-01-06", "2024-01-07", "2024-01-08", "2024-01-09"] * 2),
        "cutoff": pd.to_datetime(["2024-01-05", "2024-01-05", "2024-01-07", "2024-01-07"] * 2),
        "y": [1.0, 3.0, 4.0, 2.0, 10.0, 30.0, np.nan, 20.0],
        "net": [2.0, 3.0, 4.0, 1.0, 10.0, 30.0, 30.0, 24.0],
        "net-lo-80": [1.0, 2.0, 5.0, 0.0, 0.0, 31.0, 0.0, 0.0],
        "net-hi-80": [3.0, 4.0, 6.0, 2.0, 20.0, 32.0, 60.0, 30.0],
        "naive": [2.0, 2.0, 3.0, 3.0, 20.0, 20.0, 30.0, 30.0],
        "seasonal_naive": [1.0, 2.0, 1.0, 3.0, 10.0, 20.0, 10.0, 30.0],
    }
)
# Changes of a: 1 2 1 2, mean 1.5; of b, where they are known: 10 20 - -.
UNITS = {"a": 1.5, "b": 15.0}


class TestErrors:
    def test_known_values(self):
        summary = report(TABLE).summary
        scaled = {
            "net": (2 / 4 / 1.5 + 4 / 3 / 15) / 2,
            "naive": (4 / 4 / 1.5 + 30 / 3 / 15) / 2,
            "seasonal_naive": (5 / 4 / 1.5 + 20 / 3 / 15) / 2,
        }
        assert summary["mae"].tolist() == pytest.approx([6 / 7, 34 / 7, 25 / 7], rel=1e-12)
        assert summary["scaled_mae"].to_dict() == pytest.approx(scaled, rel=1e-12)
        for reference in ("naive", "seasonal_naive"):
            skill = {name: 1 - error / scaled[reference] for name, error in scaled.items()}
            assert summary[f"skill_{reference}"].to_dict() == pytest.approx(skill, rel=1e-12)
        assert summary["series_won"].tolist() == [1, 0, 0]

    def test_groups(self):
        found = report(TABLE)
        assert found.by_series["net"].to_dict() == pytest.approx({"a": 0.5 / 1.5, "b": 4 / 3 / 15}, rel=1e-12)
        assert found.by_step["net"].to_dict() == pytest.approx(
            {1: (1 / 1.5 + 0 + 0) / 3, 2: (0 + 1 / 1.5 + 0 + 4 / 15) / 4}, rel=1e-12
        )
        assert found.by_weekday.index.tolist() == ["Monday", "Tuesday", "Saturday", "Sunday"]
        assert found.by_weekday.loc["Tuesday", "net"] == pytest.approx((1 / 1.5 + 4 / 15) / 2, rel=1e-12)
        assert found.by_hour is None

    def test_worst_groups_are_relative_to_the_mean(self):
        worst = report(TABLE).worst
        mean = (2 / 1.5 + 4 / 15) / 7
        row = worst[worst["by"] == "weekday"].iloc[0]
        assert (row["forecaster"], row["group"], row["n"]) == ("net", "Tuesday", 2)
        assert row["relative_mae"] == pytest.approx((1 / 1.5 + 4 / 15) / 2 / mean, rel=1e-12)
        assert (worst["relative_mae"] > 1).all()

    def test_where_a_forecast_fails_is_found(self):
        """A series, a step, a weekday and an hour whose truth is shifted are the first of their kind."""
        panel = pd.DataFrame({f"s{k}": simulate("season", k) for k in range(4)})
        table = backtest({"waves": waves}, panel, horizon=24, n_windows=14)
        step = (table["ds"] - table["cutoff"]).dt.total_seconds() / 3600
        for kind, is_odd, group in [
            ("series", table["unique_id"] == "s2", "s2"),
            ("step", step == 7, 7),
            ("weekday", table["ds"].dt.day_of_week == 3, "Thursday"),
            ("hour", table["ds"].dt.hour == 5, 5),
        ]:
            worst = report(table.assign(waves=table["waves"] + 20 * is_odd)).worst
            assert worst.loc[worst["by"] == kind, "group"].iloc[0] == group

    def test_a_series_that_never_changes_counts_by_itself(self):
        table = pd.concat([TABLE, TABLE[:4].assign(unique_id="c", y=2.0, naive=2.0, seasonal_naive=2.0)])
        found, without = report(table), report(TABLE)
        assert found.summary["scaled_mae"].equals(without.summary["scaled_mae"])
        assert found.by_series.loc["c"].isna().all()

    @pytest.mark.parametrize("name", [None, np.nan, pd.NaT, pd.NA], ids=["None", "nan", "NaT", "NA"])
    def test_a_series_without_a_name_counts_as_others(self, name):
        panel = pd.DataFrame({"a": simulate("season"), "b": simulate("noise")})
        reports = []
        for names in (["a", "b"], ["a", name]):
            table = backtest("naive", panel.set_axis(names, axis=1), horizon=6, n_windows=3, level=80)
            reports.append(report(table.assign(net=table["naive"] + table["ds"].dt.hour)))
        named, nameless = reports
        assert nameless.by_series.index.isna().tolist() == [False, True]
        np.testing.assert_array_equal(nameless.by_series, named.by_series)
        np.testing.assert_array_equal(nameless.worst["relative_mae"], named.worst["relative_mae"])
        pd.testing.assert_frame_equal(nameless.summary, named.summary)
        pd.testing.assert_frame_equal(nameless.intervals, named.intervals)
        nameless.plot(), nameless._repr_html_()
        plt.close("all")

    def test_skill_beside_a_perfect_reference(self):
        found = report(TABLE.assign(seasonal_naive=TABLE["y"].fillna(0)))
        assert found.summary["skill_seasonal_naive"].tolist() == [-np.inf, -np.inf, 0]
        assert "net errs unlike the perfect seasonal_naive" in repr(found)


class TestIntervals:
    def test_known_values(self):
        row = report(TABLE).intervals.loc[("net", 80.0)]
        assert row["coverage"] == pytest.approx(5 / 7)
        widths = (2 + 2 + 1 + 2) / 4 / 1.5, (20 + 1 + 30) / 3 / 15
        assert row["width"] == pytest.approx(np.mean(widths), rel=1e-12)
        assert row["tolerance"] == pytest.approx(2 * np.sqrt(0.8 * 0.2 / 4))  # four windows
        assert np.isnan(row["relative_width"])

    def test_width_beside_the_better_naive_interval(self):
        ends = {
            "naive-lo-80": TABLE["y"] - 1, "naive-hi-80": TABLE["y"] + 1,
            "seasonal_naive-lo-80": TABLE["y"] - 4, "seasonal_naive-hi-80": TABLE["y"] + 4,
        }  # fmt: skip
        intervals = report(TABLE.assign(**ends)).intervals
        assert intervals["relative_width"].loc["naive"].tolist() == [1]
        assert intervals["relative_width"].loc["seasonal_naive"].tolist() == pytest.approx([4], rel=1e-12)
        expected = intervals.loc[("net", 80.0), "width"] / intervals.loc[("naive", 80.0), "width"]
        assert intervals.loc[("net", 80.0), "relative_width"] == pytest.approx(expected, rel=1e-12)

    def test_coverage_is_judged_by_the_number_of_windows(self):
        """Of normal steps, intervals of that distribution are right on average; half as wide ones are found out."""
        panel = pd.DataFrame({f"s{k}": simulate("walk", k) for k in range(30)})
        table = backtest({"last": last}, panel, horizon=6, n_windows=20, level=80)
        for name, factor in {"right": 1.0, "narrow": 0.5}.items():
            half = factor * (table["naive-hi-80"] - table["naive"])
            table = table.assign(
                **{name: table["naive"], f"{name}-lo-80": table["naive"] - half, f"{name}-hi-80": table["naive"] + half}
            )
        checks = check_of(report(table), "coverage of 80 %")
        assert checks["passed"].to_dict() == {"right": True, "narrow": False}
        assert checks.loc["right", "value"] == pytest.approx(0.8, abs=0.05)  # of 600 windows
        assert checks.loc["narrow", "finding"].endswith("at 0.50 times the width of naive ones")

    def test_unknown_naive_intervals_are_left_out(self):
        y = simulate("season")[:60]
        y.iloc[: -HORIZON - 1] = np.nan
        intervals = report(backtest("naive", y, horizon=HORIZON, n_windows=1, level=80)).intervals
        assert intervals.drop(columns="tolerance").isna().all(axis=None)

    def test_quantiles_as_far_from_the_median_are_an_interval(self):
        names = {"net-lo-80": "net-q0.1", "net-hi-80": "net-q0.9"}
        pd.testing.assert_frame_equal(report(TABLE.rename(columns=names)).intervals, report(TABLE).intervals)


class TestTables:
    def test_rows_in_any_order(self):
        found, shuffled = report(TABLE), report(TABLE.sample(frac=1, random_state=1))
        for part in ("summary", "intervals", "by_step", "by_weekday"):
            pd.testing.assert_frame_equal(getattr(found, part), getattr(shuffled, part))  # rounding of sums
        pd.testing.assert_frame_equal(found.by_series, shuffled.by_series.loc[["a", "b"]])

    def test_other_libraries(self):
        pd.testing.assert_frame_equal(report(pl.from_pandas(TABLE)).checks, report(TABLE).checks)

    @pytest.mark.parametrize(
        "index",
        [
            pd.RangeIndex(60),
            pd.period_range("2020-01", periods=60, freq="M"),
            pd.date_range("2024-01-01", periods=60, freq="h", tz="Asia/Tokyo"),
            pd.date_range("2024-01-31", periods=60, freq="ME"),
        ],
        ids=["integers", "periods", "zone", "months"],
    )
    @pytest.mark.parametrize("horizon", [1, 4])
    def test_stamps_of_each_kind(self, index, horizon):
        found = report(backtest({"last": last}, simulate("season")[:60].set_axis(index), horizon=horizon))
        is_hourly = isinstance(index, pd.DatetimeIndex) and index.freq == pd.tseries.frequencies.to_offset("h")
        assert (found.by_hour is not None) == (found.by_weekday is not None) == is_hourly
        assert found.by_step.index.tolist() == list(range(1, horizon + 1))

    def test_stamps_of_arrow(self):
        pytest.importorskip("pyarrow")
        kinds = {"ds": "date32[day][pyarrow]", "cutoff": "timestamp[us][pyarrow]"}
        arrow = TABLE.astype({"ds": "timestamp[us][pyarrow]", "cutoff": "timestamp[us][pyarrow]"})
        dates = TABLE.astype(dict.fromkeys(kinds, "date32[day][pyarrow]"))
        for table in (arrow, dates):
            pd.testing.assert_frame_equal(report(table).by_weekday, report(TABLE).by_weekday)

    def test_several_columns_of_ids(self):
        table = TABLE.rename(columns={"unique_id": "item"})
        table.insert(0, "store", "x")
        found = report(table)
        assert found.by_series.index.tolist() == [("x", "a"), ("x", "b")]
        assert found.worst.loc[found.worst["by"] == "series", "group"].tolist() == [("x", "a")]
        assert found.summary.equals(report(TABLE).summary)

    def test_further_columns_are_forecasters(self):
        table = TABLE.assign(mean=TABLE[["net", "naive"]].mean(axis=1))
        assert report(table).summary.index.tolist() == ["net", "naive", "seasonal_naive", "mean"]

    def test_naive_forecasts_alone(self):
        found = report(TABLE[["unique_id", "ds", "cutoff", "y", "naive", "seasonal_naive"]])
        assert len(found.checks) == 0 and len(found.summary) == 2
        assert set(found.worst["forecaster"]) == {"seasonal_naive"}  # the errors of the other one are all the same

    @pytest.mark.parametrize(
        ("table", "words"),
        [
            (TABLE.drop(columns="cutoff"), "table must come from tsrnn.backtest"),
            (TABLE[:0], "table must come from tsrnn.backtest: .* Got 0 rows"),
            (TABLE.assign(y=np.nan), "the truth missing throughout"),
            (TABLE[["unique_id", "ds", "cutoff", "y"]], r"and forecasts. Got the columns \['y'\] there"),
            (TABLE.drop(columns="naive"), r"must have the columns 'naive', 'seasonal_naive' to compare with"),
            (TABLE.assign(net=TABLE["y"]), "Column 'net' is NaN in 1 of 8 rows. Leave it out: table.drop"),
            (pd.concat([TABLE, TABLE]), "each stamp of a series once from each cutoff. Got several rows for"),
            (pd.concat([TABLE, TABLE["net"]], axis=1), "must have each column once. Got 'net' several times"),
        ],
        ids=["no cutoff", "empty", "no truth", "no forecast", "no naive", "missing", "rows twice", "columns twice"],
    )
    def test_other_tables_are_refused(self, table, words):
        with pytest.raises(ValueError, match=words):
            report(table)

    @pytest.mark.parametrize(("low", "high"), [("net-lo-80", "net-hi-80"), ("net-lo-97.5", "net-hi-97.5"),
                                               ("net-q0.1", "net-q0.9"), ("net-q0.1", "net-hi-80")])  # fmt: skip
    def test_inverted_intervals_are_refused(self, low, high):
        table = TABLE.rename(columns={"net-lo-80": low, "net-hi-80": high})
        table.loc[5, [low, high]] = [32.0, 31.0]
        words = f"Column '{high}' is below '{low}' in 1 of 8 rows, first at row 5: 31.0 below 32.0"
        for read in (report, IntervalCalibrationDisplay.from_backtest):
            with pytest.raises(ValueError, match=re.escape(words)):
                read(table)
        swapped = TABLE.rename(columns={"net-lo-80": high, "net-hi-80": low})
        swapped["net-median"] = [0.0, 9.0] * 4  # no end of an interval
        with pytest.raises(ValueError, match="Were the two swapped") as error:
            report(swapped)
        advised = eval(str(error.value).split("swapped? ")[1].rstrip("."), {"table": swapped})
        assert report(advised).intervals["coverage"].tolist() == report(TABLE).intervals["coverage"].tolist()

    def test_what_is_no_table_is_refused(self):
        with pytest.raises(
            TypeError, match="table must be the DataFrame that tsrnn.backtest returns. Got RNNForecaster"
        ):
            report(tsrnn.RNNForecaster(3))
        with pytest.raises(TypeError, match=r"Column 'shop' has dtype .* Leave it out: table.drop\(columns='shop'\)"):
            report(TABLE.assign(shop="x"))
        advised = TABLE.assign(shop="x").drop(columns="shop")
        assert isinstance(report(advised), BacktestReport)


class TestViews:
    def test_html_escapes_names(self):
        table = TABLE.rename(columns=lambda name: name.replace("net", "<i>net</i>")).replace(
            {"unique_id": {"a": "<b>"}}
        )
        text = report(table)._repr_html_()
        assert "<i>net" not in text and "<b>a" not in text and "<td><b></td>" not in text
        assert text.count("&lt;i&gt;net&lt;/i&gt;") > 5 and "&lt;b&gt;" in text
        for title in ("Errors", "Intervals", "Largest errors"):
            assert f"<h4>{title}</h4><table" in text

    @pytest.mark.parametrize(
        ("factor", "words"), [(0.5, "50% less than"), (1.001, "about as much as"), (3, "200% more than")]
    )
    def test_skill_in_words(self, factor, words):
        table = TABLE.assign(net=TABLE["y"].fillna(0) + factor * (TABLE["naive"] - TABLE["y"].fillna(0)))
        assert f" net errs {words} naive" in repr(report(table))

    def test_repr_has_a_line_for_each_check(self):
        found = report(TABLE)
        lines = repr(found).splitlines()
        assert lines[0] == "BacktestReport:" and len(lines) == 1 + len(found.checks)
        assert lines[1] == f"  ok   net errs {found.summary.loc['net', 'skill_naive']:.0%} less than naive"

    def test_picture(self):
        figure = report(TABLE).plot()
        titles = [ax.get_title() for ax in figure.axes]
        assert titles == [
            "Error saved, compared with naive forecasts, %", "Error by step ahead", "Coverage of intervals",
            "Series with the largest errors of net",
            "Error by weekday",
        ]  # fmt: skip
        lines = {line.get_label(): line.get_ydata().tolist() for line in figure.axes[1].lines}
        assert lines["net"] == report(TABLE).by_step["net"].tolist()
        assert set(lines) == {"net", "seasonal_naive"}  # the better naive forecast alone
        figure = report(
            TABLE.assign(seasonal_naive=TABLE["y"].fillna(0))[lambda table: table["unique_id"] == "a"]
        ).plot()
        assert len(figure.axes) == 4
        plt.close("all")
