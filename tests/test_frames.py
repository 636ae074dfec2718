"""Containers in, the same containers out: every index to the stamp, every bad input refused by name."""

import datetime
import decimal
import fractions

import numpy as np
import pandas as pd
import pytest

from tsrnn.frames import append, to_panel

N = 30


def _numbers(n=N, start=0.0):
    return start + np.arange(n, dtype=float)


def _series(n=N, freq="D", start="2024-01-01", **kwargs):
    return pd.Series(_numbers(n), index=pd.date_range(start, periods=n, freq=freq, **kwargs), name="sales")


HOLIDAYS = pd.offsets.CustomBusinessDay(holidays=["2024-01-15", "2024-02-19", "2024-03-01"])
FREQUENCIES = [
    "D", "3D", "B", HOLIDAYS, "W-SUN", "W-MON", "W-WED", "2W-FRI", "MS", "ME", "BME", "2MS", "SME",
    "WOM-2TUE", "QS-JAN", "QS-FEB", "QE-DEC", "YS", "YE-JUN", "h", "2h", "30min", "15min", "min", "10s", "ms",
    pd.DateOffset(months=1), pd.offsets.BusinessHour(),
]  # fmt: skip
ZONES = [None, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


class TestIndexContinues:
    """The forecast index is the one pandas gives when the range is made longer."""

    @pytest.mark.parametrize("zone", ZONES, ids=str)
    @pytest.mark.parametrize("freq", FREQUENCIES, ids=str)
    @pytest.mark.parametrize("horizon", [1, 25])
    def test_any_frequency_and_zone(self, freq, zone, horizon):
        whole = pd.date_range("2024-01-15 12:00", periods=N + horizon, freq=freq, tz=zone, name="when")
        series = pd.Series(_numbers(), index=whole[:N], name="sales")
        result = to_panel(series).restore([_numbers(horizon)])
        expected = pd.Series(_numbers(horizon), index=whole[N:], name="sales")
        pd.testing.assert_series_equal(result, expected)
        assert result.index.freq == whole.freq

    @pytest.mark.parametrize("zone", [None, "Europe/Berlin", "Asia/Kolkata"], ids=str)
    @pytest.mark.parametrize(
        "freq", ["D", "3D", "B", "W-SUN", "W-WED", "MS", "ME", "QS-FEB", "YE-DEC", "h", "2h", "15min", "10s"]
    )
    def test_frequency_lost_and_inferred(self, freq, zone):
        whole = pd.date_range("2024-01-15 12:00", periods=N + 5, freq=freq, tz=zone)
        series = pd.Series(_numbers(), index=pd.DatetimeIndex(list(whole[:N])))
        assert series.index.freq is None
        result = to_panel(series).restore([_numbers(5)])
        assert list(result.index) == list(whole[N:])
        assert result.index.dtype == series.index.dtype

    @pytest.mark.parametrize("freq", ["D", "M", "Q", "Y", "W-WED", "h", "15min", "2M"])
    def test_periods(self, freq):
        whole = pd.period_range("2024-01-01", periods=N + 5, freq=freq, name="when")
        result = to_panel(pd.Series(_numbers(), index=whole[:N])).restore([_numbers(5)])
        pd.testing.assert_index_equal(result.index, whole[N:])

    @pytest.mark.parametrize("index", [pd.RangeIndex(N), pd.RangeIndex(7, 7 + 3 * N, 3), pd.Index(np.arange(5, 5 + N))])
    def test_integers(self, index):
        step = index[1] - index[0]
        result = to_panel(pd.Series(_numbers(), index=index)).restore([[1.0, 2.0]])
        assert list(result.index) == [index[-1] + step, index[-1] + 2 * step]

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_resolution_stays(self, unit):
        series = _series(unit=unit)
        assert to_panel(series).restore([[1.0]]).index.dtype == series.index.dtype

    def test_clock_time_stays_over_daylight_saving(self):
        index = pd.date_range("2024-10-01 02:30", "2024-10-26 02:30", freq="D", tz="Europe/Berlin")
        result = to_panel(pd.Series(_numbers(len(index)), index=index)).restore([_numbers(3)])
        assert [str(stamp) for stamp in result.index] == [
            "2024-10-27 02:30:00+02:00",
            "2024-10-28 02:30:00+01:00",
            "2024-10-29 02:30:00+01:00",
        ]

    def test_missing_clock_hour_is_moved_forward(self):
        index = pd.date_range("2024-03-01 02:30", "2024-03-30 02:30", freq="D", tz="Europe/Berlin")
        panel = to_panel(pd.Series(_numbers(len(index)), index=index))
        result = panel.restore([_numbers(2)])
        assert [str(stamp) for stamp in result.index] == [
            "2024-03-31 03:00:00+02:00",
            "2024-04-01 02:30:00+02:00",
        ]
        assert list(append(panel, result).restore([[1.0]]).index) == [
            pd.Timestamp("2024-04-02 02:30", tz="Europe/Berlin")
        ]

    @pytest.mark.parametrize("hours", range(20, 30))
    def test_hours_count_through_the_repeated_hour(self, hours):
        whole = pd.date_range("2024-10-26", periods=40, freq="h", tz="Europe/Berlin")
        result = to_panel(pd.Series(_numbers(hours), index=pd.DatetimeIndex(list(whole[:hours])))).restore(
            [_numbers(5)]
        )
        assert list(result.index) == list(whole[hours : hours + 5])

    def test_days_of_another_zone_count_in_absolute_time(self):
        index = pd.date_range("2024-10-01", periods=N, freq="D", tz="UTC").tz_convert("Europe/Berlin")
        result = to_panel(pd.Series(_numbers(), index=index)).restore([[1.0]])
        assert result.index[0] == pd.Timestamp("2024-10-31", tz="UTC")

    def test_declared_frequency_beats_inference(self):
        stamps = pd.date_range("2024-01-01", periods=5, freq="D")
        assert to_panel(pd.Series(_numbers(5), index=stamps), freq="B").restore([[1.0]]).index[0] == pd.Timestamp(
            "2024-01-08"
        )

    def test_declared_step_of_integers(self):
        assert list(to_panel(pd.Series([1.0], index=[4]), freq=2).restore([[1.0, 2.0]]).index) == [6, 8]

    def test_objects_that_are_dates(self):
        days = [datetime.date(2024, 1, 1) + datetime.timedelta(k) for k in range(5)]
        result = to_panel(pd.Series(_numbers(5), index=pd.Index(days, dtype=object))).restore([[1.0]])
        assert result.index[0] == pd.Timestamp("2024-01-06")

    def test_objects_that_are_periods_or_integers(self):
        periods = pd.period_range("2024-01", periods=4, freq="M")
        for index in (periods, pd.RangeIndex(4)):
            objects = pd.Index(list(index), dtype=object)
            stamps = to_panel(pd.Series(_numbers(4), index=objects)).restore([[1.0]]).index
            assert list(stamps) == [index[-1] + 1]

    def test_periods_may_be_declared(self):
        index = pd.period_range("2024-01", periods=4, freq="M")
        assert to_panel(pd.Series(_numbers(4), index=index), freq="M").frequencies == (index.freq,)

    def test_frequency_of_a_multiindex_level(self):
        days = pd.date_range("2024-01-01", periods=12, freq=HOLIDAYS)
        index = pd.MultiIndex.from_product([["a", "b"], days[:11]])
        panel = to_panel(pd.Series(_numbers(22), index=index.set_levels(days[:11], level=1)))
        assert panel.restore(np.ones((2, 1))).index[0] == ("a", days[11])

    def test_a_series_in_another_phase_of_the_same_frequency(self):
        stamps = {
            i: pd.date_range(start, periods=6, freq="2W-MON") for i, start in (("a", "2024-01-01"), ("b", "2024-01-08"))
        }
        long = pd.concat([pd.DataFrame({"unique_id": i, "ds": s[:5], "y": 1.0}) for i, s in stamps.items()])
        assert list(to_panel(long).restore(np.ones((2, 1)))["ds"]) == [stamps["a"][5], stamps["b"][5]]


class TestContainers:
    @pytest.mark.parametrize("name", [None, "sales", 3, ("a", "b"), "odd.näme {x} %s", "ds"], ids=repr)
    def test_series_keeps_its_name(self, name):
        series = _series().rename(name)
        result = to_panel(series).restore([[1.0, 2.0]])
        assert result.name == name
        assert result.tolist() == [1.0, 2.0]

    @pytest.mark.parametrize(
        "columns",
        [
            ["a", "b"],
            [0, 1],
            [None, "x"],
            ["y", "odd.näme {x}"],
            pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
        ],
    )
    def test_wide(self, columns):
        frame = pd.DataFrame({0: _numbers(), 1: _numbers(start=100)}, index=_series().index)
        frame.columns = pd.Index(columns, name="store") if isinstance(columns, list) else columns
        panel = to_panel(frame)
        np.testing.assert_array_equal(panel.values, np.concatenate([_numbers(), _numbers(start=100)]))
        result = panel.restore([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        pd.testing.assert_index_equal(result.columns, frame.columns)
        np.testing.assert_array_equal(result.to_numpy(), [[1, 4], [2, 5], [3, 6]])
        assert result.index[0] == pd.Timestamp("2024-01-31")

    @pytest.mark.parametrize("frame", [False, True])
    def test_multiindex_rows_in_any_order(self, frame):
        rows = [("b", day) for day in (3, 1, 2)] + [("a", day) for day in (2, 4, 3, 5)]
        index = pd.MultiIndex.from_tuples([(i, pd.Timestamp(2024, 1, d)) for i, d in rows], names=["id", "day"])
        data = pd.Series([13.0, 11, 12, 22, 24, 23, 25], index=index, name="sales")
        data = data.sample(frac=1, random_state=1)
        panel = to_panel(data.to_frame() if frame else data)
        order = list(dict.fromkeys(data.index.get_level_values(0)))
        assert list(panel.ids) == order
        values = {"a": [22, 23, 24, 25], "b": [11, 12, 13]}
        np.testing.assert_array_equal(panel.values, values[order[0]] + values[order[1]])
        result = panel.restore([[1.0, 2.0], [3.0, 4.0]])
        assert type(result) is (pd.DataFrame if frame else pd.Series)
        result = result["sales"] if frame else result
        assert result.name == "sales"
        assert result.index.names == ["id", "day"]
        ends = {"a": [6, 7], "b": [4, 5]}
        stamps = [(i, pd.Timestamp(2024, 1, day)) for i in order for day in ends[i]]
        assert list(result.index) == stamps
        assert result.tolist() == [1.0, 2.0, 3.0, 4.0]

    @pytest.mark.parametrize("ids", [["b", "a"], [7, 2], ["2024", "x"]])
    @pytest.mark.parametrize("times", ["dates", "integers", "periods", "zone"])
    def test_long_unequal_lengths_and_ends(self, ids, times):
        stamps = {
            "dates": pd.date_range("2024-01-31", periods=12, freq="ME"),
            "integers": pd.RangeIndex(1, 13),
            "periods": pd.period_range("2024-01", periods=12, freq="M"),
            "zone": pd.date_range("2024-01-31", periods=12, freq="D", tz="Asia/Kolkata"),
        }[times]
        long = pd.DataFrame(
            {
                "store": np.repeat(ids, [8, 4]),
                "when": list(stamps[:8]) + list(stamps[2:6]),
                "sold": _numbers(12),
            }
        ).iloc[[8, 0, 9, 1, 10, 2, 11, 3, 4, 5, 6, 7]]
        before = long.copy(deep=True)
        panel = to_panel(long, id_col="store", time_col="when", target_col="sold")
        assert list(panel.ids) == [ids[1], ids[0]]
        np.testing.assert_array_equal(panel.lengths, [4, 8])
        np.testing.assert_array_equal(panel.values, [8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7])
        result = panel.restore(np.arange(6.0).reshape(2, 3))
        assert list(result.columns) == ["store", "when", "sold"]
        assert list(result["store"]) == [ids[1]] * 3 + [ids[0]] * 3
        assert list(result["when"]) == list(stamps[6:9]) + list(stamps[8:11])
        assert list(result["sold"]) == [0, 1, 2, 3, 4, 5]
        assert result["store"].dtype == long["store"].dtype
        pd.testing.assert_frame_equal(long, before)

    def test_categorical_ids_come_back(self):
        long = pd.DataFrame({"unique_id": pd.Categorical(["b", "b", "a", "a"]), "ds": [1, 2, 1, 2], "y": _numbers(4)})
        assert to_panel(long).restore([[1.0], [2.0]])["unique_id"].tolist() == ["b", "a"]

    def test_weeks_that_end_on_different_days(self):
        stamps = {day: pd.date_range("2024-01-01", periods=8, freq=f"W-{day}") for day in ("MON", "WED", "SUN")}
        long = pd.concat([pd.DataFrame({"unique_id": d, "ds": s[:6], "y": _numbers(6)}) for d, s in stamps.items()])
        result = to_panel(long).restore(np.zeros((3, 2)))
        assert list(result["ds"]) == [stamp for s in stamps.values() for stamp in s[6:]]

    def test_array(self):
        np.testing.assert_array_equal(to_panel(_numbers()).restore([[1.0, 2.0]]), [1.0, 2.0])
        np.testing.assert_array_equal(to_panel([1, 2.5, 3]).values, [1, 2.5, 3])
        table = to_panel(np.column_stack([_numbers(), _numbers(start=5)]))
        np.testing.assert_array_equal(table.series(1), _numbers(start=5))
        np.testing.assert_array_equal(table.restore([[1.0, 2.0], [3.0, 4.0]]), [[1, 3], [2, 4]])

    @pytest.mark.parametrize(
        "make",
        [
            lambda x: x.astype(np.float16),
            lambda x: x.astype(np.float32),
            lambda x: x.astype(">f8"),
            lambda x: x.astype(np.int8),
            lambda x: x.astype(np.uint64),
            lambda x: x.astype(object),
            lambda x: np.repeat(x, 2)[::2],
            lambda x: np.asfortranarray(np.column_stack([x, x]))[:, 1],
        ],
    )
    def test_any_real_numbers(self, make):
        data = make(_numbers())
        data.setflags(write=False)
        for container in (data, pd.Series(data)):
            panel = to_panel(container)
            assert panel.values.dtype == np.float64
            np.testing.assert_array_equal(panel.values, _numbers())
            assert not np.shares_memory(panel.values, data)

    @pytest.mark.parametrize("dtype", ["Int64", "UInt8", "Float32", "Float64"])
    def test_nullable_numbers(self, dtype):
        series = pd.Series(range(5), dtype=dtype, index=_series(5).index)
        np.testing.assert_array_equal(to_panel(series).values, _numbers(5))
        series = series.copy()
        series.iloc[3] = pd.NA
        with pytest.raises(ValueError, match="missing value at 2024-01-04"):
            to_panel(series)

    @pytest.mark.parametrize("kind", [decimal.Decimal, fractions.Fraction, np.float32, int])
    def test_objects_that_are_numbers(self, kind):
        np.testing.assert_array_equal(
            to_panel(pd.Series([kind(k) for k in range(4)], dtype=object)).values, _numbers(4)
        )


class TestRefusals:
    """Each message says what was given, what is allowed, and where."""

    @pytest.mark.parametrize(
        ("column", "words"),
        [
            (np.array([True, False] * 15), "dtype bool; allowed are real numbers.*astype"),
            (_numbers().astype(complex), "dtype complex128; allowed are real numbers"),
            (pd.arrays.SparseArray(_numbers()), "is sparse.*to_dense"),
            (pd.Categorical(_numbers()), "dtype category"),
            (pd.date_range("2024", periods=N), "dtype datetime64.*allowed are real numbers"),
            (pd.timedelta_range("1D", periods=N), "dtype timedelta64.*total_seconds"),
            (pd.array([True] * N, dtype="boolean"), "dtype boolean"),
            (["1.5"] * N, "(dtype (str|object)|holds '1.5' of type str at 2024-01-01).*to_numeric"),
            (
                pd.Series([1.0, 2.0, "x"] + [0.0] * (N - 3), dtype=object).array,
                "holds 'x' of type str at 2024-01-03",
            ),
            (
                pd.Series([1.0, True] + [0.0] * (N - 2), dtype=object).array,
                "holds True of type bool at 2024-01-02",
            ),
        ],
    )
    def test_values_that_are_not_numbers(self, column, words):
        frame = pd.DataFrame({"good": _numbers(), "bad": column}, index=_series().index)
        with pytest.raises(TypeError, match=f"Column 'bad' (has )?{words}"):
            to_panel(frame)
        with pytest.raises(TypeError, match=f"Series 'bad' (has )?{words}"):
            to_panel(frame["bad"])

    @pytest.mark.parametrize(
        ("rows", "value", "words"),
        [
            ([4], np.nan, "has a missing value at 2024-01-05"),
            ([4, 9], np.nan, "has 2 missing values, the first at 2024-01-05"),
            ([4], np.inf, "has an infinite value at 2024-01-05"),
            ([6, 8, 9], -np.inf, "has 3 infinite values, the first at 2024-01-07"),
            (range(N), np.nan, "holds no value at all: all 30 are missing, the first at 2024-01-01"),
        ],
    )
    @pytest.mark.parametrize("container", ["series", "wide", "multiindex", "long", "array"])
    def test_values_that_are_not_finite(self, rows, value, words, container):
        bad = _numbers()
        bad[list(rows)] = value
        frame = pd.DataFrame({"good": _numbers(), "bad": bad}, index=_series().index)
        long = frame.rename_axis("ds").melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()
        data, name = {
            "series": (frame["bad"], "Series 'bad'"),
            "wide": (frame, "Column 'bad'"),
            "multiindex": (long.set_index(["unique_id", "ds"])["y"], "Id 'bad'"),
            "long": (long.sample(frac=1, random_state=0), "Id 'bad'"),
            "array": (frame.to_numpy(), "Column 1"),
        }[container]
        if container == "array":
            for day, position in (("2024-01-05", 4), ("2024-01-07", 6), ("2024-01-01", 0)):
                words = words.replace(day, f"position {position}")
        with pytest.raises(ValueError, match=f"{name} ({words}).*must be a finite number"):
            to_panel(data)

    def test_none_among_objects(self):
        series = pd.Series([1.0, None, 3.0], dtype=object, name="a")
        with pytest.raises(ValueError, match="Series 'a' has a missing value at 1"):
            to_panel(series)

    def test_ragged_wide_frame_is_pointed_to_the_long_form(self):
        frame = pd.DataFrame({"a": _numbers(), "late": [np.nan] * 3 + [1.0] * (N - 3)}, index=_series().index)
        with pytest.raises(ValueError, match="Column 'late' has 3 missing values.*long DataFrame or a MultiIndex"):
            to_panel(frame)

    @pytest.mark.parametrize("container", ["series", "wide"])
    def test_duplicates_and_disorder_of_an_index(self, container):
        shape = (lambda s: s) if container == "series" else (lambda s: s.to_frame())
        series = _series()
        with pytest.raises(ValueError, match="1 duplicate time stamp, the first 2024-01-05.*duplicated"):
            to_panel(shape(series.iloc[[0, 1, 2, 3, 4, 4, 5]]))
        with pytest.raises(ValueError, match="not in ascending order: 2024-01-02 .*after 2024-01-03.*sort_index"):
            to_panel(shape(series.iloc[[0, 2, 1, 3]]))
        with pytest.raises(ValueError, match="not in ascending order: 28 stands after 29"):
            to_panel(shape(series.set_axis(pd.RangeIndex(N - 1, -1, -1))))
        with pytest.raises(ValueError, match="not in ascending order: 0 stands after 5 .*reset_index"):
            to_panel(shape(series.set_axis([5, 0, *range(6, N + 4)])))

    @pytest.mark.parametrize("form", ["long", "multiindex"])
    def test_duplicates_of_an_id(self, form):
        long = pd.DataFrame({"unique_id": ["a", "b", "b", "a", "b"], "ds": [1, 1, 2, 2, 1], "y": _numbers(5)})
        data = long if form == "long" else long.set_index(["unique_id", "ds"])
        with pytest.raises(ValueError, match="id 'b' has the time stamp 1 twice .1 duplicate in all"):
            to_panel(data)

    @pytest.mark.parametrize(
        ("freq", "missing", "follows"),
        [
            ("D", "2024-01-05", "2024-01-06"),
            ("h", "2024-01-01 04:00", "2024-01-01 05:00"),
            ("MS", "2024-05-01", "2024-06-01"),
            ("ME", "2024-05-31", "2024-06-30"),
            ("B", "2024-01-05", "2024-01-08"),
            ("W-WED", "2024-01-31", "2024-02-07"),
            ("QS", "2025-01-01", "2025-04-01"),
        ],
    )
    def test_gap(self, freq, missing, follows):
        series = _series(freq=freq)
        series = series.drop(series.index[4])
        with pytest.raises(ValueError, match=f"series 'sales' has a gap: {missing}.* is missing, {follows}.*asfreq"):
            to_panel(series)
        long = pd.DataFrame({"unique_id": "a", "ds": series.index, "y": series.to_numpy()})
        whole = pd.DataFrame({"unique_id": "b", "ds": _series(freq=freq).index, "y": 1.0})
        with pytest.raises(ValueError, match=f"id 'a' has a gap: {missing}.* is missing, {follows}"):
            to_panel(pd.concat([whole, long]))

    def test_gap_of_integers_and_periods(self):
        with pytest.raises(ValueError, match="has a gap: 3 is missing, 4 follows 2 .step 1.*reset_index"):
            to_panel(pd.Series(_numbers(4), index=[1, 2, 4, 5]))
        with pytest.raises(ValueError, match="has a gap: 2024-03 is missing, 2024-04 follows 2024-02"):
            to_panel(pd.Series(_numbers(3), index=pd.PeriodIndex(["2024-01", "2024-02", "2024-04"], freq="M")))

    def test_gap_against_a_declared_frequency(self):
        with pytest.raises(ValueError, match="has a gap: 2024-01-06 .*is missing, 2024-01-08"):
            to_panel(_series(freq="B"), freq="D")
        with pytest.raises(ValueError, match="2024-01-06 .* where 2024-01-08 .*is next after 2024-01-05"):
            to_panel(_series(freq="D"), freq="B")

    def test_a_stamp_off_the_grid(self):
        stamps = list(_series(10).index)
        stamps[4] += pd.Timedelta("6h")
        with pytest.raises(ValueError, match="no frequency fits|2024-01-05 06:00"):
            to_panel(pd.Series(_numbers(10), index=pd.DatetimeIndex(stamps)))

    def test_a_missing_hour_at_daylight_saving(self):
        index = pd.DatetimeIndex(list(pd.date_range("2024-10-26", periods=40, freq="h", tz="Europe/Berlin").delete(27)))
        with pytest.raises(ValueError, match=r"has a gap: 2024-10-27 02:00:00\+01:00 is missing"):
            to_panel(pd.Series(_numbers(39), index=index))

    def test_no_frequency(self):
        irregular = pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-17 11:07", "2024-02-03"])
        with pytest.raises(ValueError, match="series 'sales': no frequency fits its time stamps.*2024-01-17"):
            to_panel(pd.Series(_numbers(4), index=irregular, name="sales"))
        with pytest.raises(ValueError, match="has 2 time stamps .first 2024-01-01.* and no frequency; at least 3"):
            to_panel(pd.Series(_numbers(2), index=irregular[:2]))
        with pytest.raises(ValueError, match="id 'a' has 1 time stamp .first 2024-01-01"):
            to_panel(pd.DataFrame({"unique_id": ["a"], "ds": [irregular[0]], "y": [1.0]}))

    @pytest.mark.parametrize(
        ("index", "words"),
        [
            (["01/02/2024", "01/03/2024", "01/04/2024"], "dtype (str|object) .'01/02/2024'.*cannot be told apart"),
            ([0.0, 1.0, 2.0], "datetimes, periods or integers. Got dtype float64 .0.0."),
            ([True, False, True], "dtype bool"),
            (pd.timedelta_range("1D", periods=3), "dtype timedelta64"),
            (pd.Index(["a", 1, None], dtype=object), "missing time stamp at position 2"),
            (pd.DatetimeIndex(["2024-01-01", None, "2024-01-03"]), "missing time stamp at position 1"),
        ],
    )
    def test_stamps_of_a_wrong_kind(self, index, words):
        with pytest.raises((TypeError, ValueError), match=f"the index .*{words}"):
            to_panel(pd.Series(_numbers(3), index=index))
        with pytest.raises((TypeError, ValueError), match=f"column 'ds' .*{words}"):
            to_panel(pd.DataFrame({"unique_id": "a", "ds": index, "y": _numbers(3)}))

    def test_epoch_integers(self):
        long = pd.DataFrame({"unique_id": "a", "ds": [1704067200, 1704153600, 1704240000], "y": _numbers(3)})
        with pytest.raises(ValueError, match="time stamps are integers .first 1704067200.*Got freq='D'.*to_datetime"):
            to_panel(long, freq="D")
        with pytest.raises(ValueError, match="20240201 follows 20240131.*to_datetime"):
            to_panel(pd.Series(_numbers(3), index=[20240130, 20240131, 20240201]))
        with pytest.raises(ValueError, match="time stamps are dates.*Got freq=1"):
            to_panel(_series(), freq=1)
        with pytest.raises(ValueError, match="freq='D' differs from the frequency of the periods, 'M'"):
            to_panel(pd.Series(_numbers(3), index=pd.period_range("2024-01", periods=3, freq="M")), freq="D")

    @pytest.mark.parametrize(
        "data",
        [
            [],
            np.empty(0),
            np.empty((0, 2)),
            np.empty((3, 0)),
            pd.Series(dtype=float),
            pd.DataFrame(index=range(3)),
            pd.DataFrame({"unique_id": [], "ds": [], "y": []}),
        ],
    )
    def test_empty(self, data):
        with pytest.raises(ValueError, match="The data is empty: shape"):
            to_panel(data)

    def test_duplicate_columns(self):
        frame = pd.DataFrame(np.ones((3, 2)), columns=["a", "a"])
        with pytest.raises(ValueError, match="Duplicate column name 'a'"):
            to_panel(frame)
        long = pd.DataFrame([["a", 1, 2.0, 3.0]], columns=["unique_id", "ds", "y", "y"])
        with pytest.raises(ValueError, match="Duplicate column name 'y'"):
            to_panel(long)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (3.0, "Got builtins.float"),
            (None, "Got builtins.NoneType"),
            ("abc", "Got builtins.str"),
            ({"a": [1, 2]}, "Got builtins.dict"),
            ([pd.Series([1.0])], "list must hold numbers.*Got a list of Series"),
            ([[1, 2], [3]], "list must hold numbers.*Got a list of list"),
        ],
    )
    def test_unknown_containers(self, data, words):
        with pytest.raises(TypeError, match=words):
            to_panel(data)

    def test_foreign_frame_is_told_how_to_convert(self):
        class Frame:
            def to_pandas(self):
                raise AssertionError("must not be converted behind the user's back")

        with pytest.raises(TypeError, match=r"Got .*Frame. Convert it with .to_pandas\(\)"):
            to_panel(Frame())

    @pytest.mark.parametrize("shape", [(), (2, 2, 2)])
    def test_array_of_wrong_dimension(self, shape):
        with pytest.raises(ValueError, match="one dimension .one series. or two"):
            to_panel(np.ones(shape))

    def test_masked_array(self):
        with pytest.raises(ValueError, match="missing value at position 1"):
            to_panel(np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False]))

    def test_half_a_long_frame(self):
        with pytest.raises(
            ValueError,
            match=r"needs the columns \['unique_id', 'ds', 'y'\]; got \['unique_id', 'y'\] without \['ds'\]",
        ):
            to_panel(pd.DataFrame({"unique_id": [1, 2], "y": [1.0, 2.0]}))
        with pytest.raises(
            ValueError, match=r"needs the columns \['store', 'ds', 'y'\]; got \['ds', 'y'\] without \['store'\]"
        ):
            to_panel(pd.DataFrame({"ds": [1, 2], "y": [1.0, 2.0]}), id_col="store")

    @pytest.mark.parametrize("extra", [{}, {"price": []}], ids=["", "price"])
    @pytest.mark.parametrize("ids", [{}, {"unique_id": []}], ids=["dated", "long"])
    def test_no_rows(self, ids, extra):
        with pytest.raises(ValueError, match=r"The data is empty: shape \(0, \d\). Give at least one value"):
            to_panel(pd.DataFrame({**ids, "ds": [], "y": [], **extra}))

    def test_missing_id(self):
        with pytest.raises(ValueError, match="column 'unique_id' has a missing id at row 1"):
            to_panel(pd.DataFrame({"unique_id": ["a", None], "ds": [1, 2], "y": [1.0, 2.0]}))

    def test_multiindex_of_wrong_levels(self):
        days = pd.date_range("2024", periods=3)
        with pytest.raises(ValueError, match=r"order is \(id, time\).*swaplevel"):
            to_panel(pd.Series(_numbers(3), index=pd.MultiIndex.from_product([days, ["a"]])))
        with pytest.raises(ValueError, match=r"must have one column, the target. Got \['p', 'q'\]"):
            to_panel(pd.DataFrame({"p": _numbers(3), "q": 1.0}, index=pd.MultiIndex.from_product([["a"], days])))


class TestAppend:
    @pytest.mark.parametrize("index", [
        pd.date_range("2024-01-01", periods=N + 4, freq="W-WED", tz="Europe/Berlin"),
        pd.date_range("2024-01-01", periods=N + 4, freq=HOLIDAYS),
        pd.period_range("2024-01", periods=N + 4, freq="M"),
        pd.RangeIndex(5, 5 + 2 * (N + 4), 2),
    ], ids=lambda index: str(getattr(index, "freq", "range")))  # fmt: skip
    @pytest.mark.parametrize("wide", [False, True])
    def test_goes_on_in_steps(self, index, wide):
        data = pd.Series(_numbers(N + 4), index=index, name="a")
        data = pd.DataFrame({"a": data, "b": -data}) if wide else data
        panel = to_panel(data.iloc[:N])
        grown = append(append(panel, data.iloc[N : N + 1]), data.iloc[N + 1 :])
        whole = to_panel(data)
        np.testing.assert_array_equal(grown.values, whole.values)
        np.testing.assert_array_equal(grown.offsets, whole.offsets)
        assert list(grown.times) == list(index)
        assert len(panel.times) == N

    def test_wide_columns_in_another_order(self):
        frame = pd.DataFrame({"a": _numbers(), "b": _numbers(start=50)}, index=_series().index)
        grown = append(to_panel(frame.iloc[:20]), frame.iloc[20:][["b", "a"]])
        np.testing.assert_array_equal(grown.values, to_panel(frame).values)
        with pytest.raises(ValueError, match=r"must have the columns \['a', 'b'\]. Got \['a'\]"):
            append(to_panel(frame.iloc[:20]), frame.iloc[20:][["a"]])

    def test_arrays(self):
        grown = append(to_panel(np.ones((4, 2))), np.zeros((3, 2)))
        np.testing.assert_array_equal(grown.series(1), [1, 1, 1, 1, 0, 0, 0])
        with pytest.raises(ValueError, match="must have the columns"):
            append(to_panel(np.ones((4, 2))), np.zeros((3, 3)))

    def test_some_ids_and_new_ids(self):
        def long(i, *days):
            return pd.DataFrame(
                {
                    "unique_id": i,
                    "ds": [pd.Timestamp(2024, 1, d) for d in days],
                    "y": [float(d) for d in days],
                }
            )

        panel = to_panel(pd.concat([long("b", 1, 2, 3), long("a", 2, 3, 4)]))
        grown = append(panel, pd.concat([long("c", 9, 10), long("a", 5, 6)]))
        assert list(grown.ids) == ["b", "a", "c"]
        np.testing.assert_array_equal(grown.values, [1, 2, 3, 2, 3, 4, 5, 6, 9, 10])
        np.testing.assert_array_equal(grown.lengths, [3, 5, 2])
        assert [day.day for day in grown.restore(np.zeros((3, 1)))["ds"]] == [4, 7, 11]
        with pytest.raises(
            ValueError, match="id 'a' must go on right after 2024-01-04.*expected 2024-01-05.*got 2024-01-06"
        ):
            append(panel, long("a", 6))
        with pytest.raises(ValueError, match="id 'z' has a gap: 2024-01-02"):
            append(panel, long("z", 1, 3))

    @pytest.mark.parametrize(("start", "got"), [("2024-01-30", "2024-01-30"), ("2024-02-01", "2024-02-01")])
    def test_overlap_and_gap_name_the_expected_stamp(self, start, got):
        panel = to_panel(_series())
        with pytest.raises(ValueError, match=f"after 2024-01-30.*expected 2024-01-31 00:00:00, got {got}"):
            append(panel, _series(2, start=start))

    def test_other_container_kind_or_zone(self):
        panel = to_panel(_series())
        with pytest.raises(TypeError, match="same container as the data seen before, a Series. Got a DataFrame"):
            append(panel, _series(2, start="2024-01-31").to_frame())
        with pytest.raises(TypeError, match="must be of one kind and time zone"):
            append(panel, _series(2, start="2024-01-31", tz="UTC"))
        with pytest.raises(TypeError, match="are int64 .first 30.*must be of one kind"):
            append(panel, pd.Series([1.0], index=[30]))

    def test_other_resolution_is_converted(self):
        panel = to_panel(_series(unit="s"))
        grown = append(panel, _series(2, start="2024-01-31", unit="ns"))
        assert grown.times.dtype == panel.times.dtype


class TestSlices:
    def test_head(self):
        frame = pd.DataFrame({"a": _numbers(), "b": _numbers(start=50)}, index=_series().index)
        part = to_panel(frame).head(12)
        np.testing.assert_array_equal(part.values, to_panel(frame.iloc[:12]).values)
        pd.testing.assert_frame_equal(part.restore(np.ones((2, 3))), to_panel(frame.iloc[:12]).restore(np.ones((2, 3))))

    def test_head_and_select_of_a_panel(self):
        ids, times = np.repeat(["b", "a", "c"], [4, 6, 3]), [*range(4), *range(6), *range(3)]
        long = pd.DataFrame({"unique_id": ids, "ds": times, "y": _numbers(13)})
        part = to_panel(long).head([2, 5, 1])
        np.testing.assert_array_equal(part.values, [0, 1, 4, 5, 6, 7, 8, 10])
        assert part.restore(np.zeros((3, 1)))["ds"].tolist() == [2, 5, 1]
        some = to_panel(long).select(np.array([0, 2]))
        np.testing.assert_array_equal(some.values, [0, 1, 2, 3, 10, 11, 12])
        assert list(some.ids) == ["b", "c"]
        assert list(some.stamps(1)) == [0, 1, 2]

    def test_align(self):
        long = pd.DataFrame({"unique_id": ["a", "b", "a", "b"], "ds": [2, 1, 1, 2], "y": [2.0, 11.0, 1.0, 12.0]})
        panel = to_panel(long)
        np.testing.assert_array_equal(panel.align(long["y"].to_numpy()), panel.values)
        table = np.column_stack([_numbers(), _numbers()])
        np.testing.assert_array_equal(to_panel(table).align(_numbers()), to_panel(table).values)

    @pytest.mark.parametrize("make", [lambda s: s, lambda s: s.to_frame(), lambda s: s.to_numpy()])
    def test_input_is_not_changed_or_shared(self, make):
        data = make(_series())
        before = data.copy()
        panel = to_panel(data)
        panel.values[:] = -1.0
        panel.restore([[1.0]])
        if isinstance(data, np.ndarray):
            np.testing.assert_array_equal(data, before)
        else:
            assert data.equals(before)
            assert data.index.equals(before.index)
