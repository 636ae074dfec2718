"""Every frequency of pandas is followed or refused by name, and messages about gaps name the gap that is there."""

import datetime
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.frames import append, to_panel
from tsrnn.frames.advice import as_code
from tsrnn.seasonality import seasons_of_frequency

N = 26
OFFSETS = [
    pd.DateOffset(months=1),
    pd.DateOffset(2, months=1),
    pd.DateOffset(weeks=1),
    pd.DateOffset(days=1),
    pd.DateOffset(hours=6),
    pd.DateOffset(minutes=90),
    pd.DateOffset(years=1),
    pd.DateOffset(months=1, days=3),
    pd.DateOffset(),
    pd.offsets.Easter(),
    pd.offsets.LastWeekOfMonth(weekday=4),
    pd.offsets.LastWeekOfMonth(2, weekday=0),
    pd.offsets.WeekOfMonth(week=1, weekday=1),
    pd.offsets.SemiMonthBegin(),
    pd.offsets.SemiMonthEnd(day_of_month=10),
    pd.offsets.FY5253(weekday=4, startingMonth=12, variation="last"),
    pd.offsets.FY5253Quarter(weekday=4, startingMonth=12, variation="last", qtr_with_extra_week=4),
    pd.offsets.BusinessHour(start="08:00", end="16:00"),
    pd.offsets.CustomBusinessHour(holidays=["2001-01-08"]),
    pd.offsets.BusinessDay(),
    pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Fri Sat", holidays=["2001-01-08"]),
    pd.offsets.CustomBusinessMonthBegin(),
    pd.offsets.CustomBusinessMonthEnd(holidays=["2001-01-31"]),
    pd.offsets.BYearBegin(),
    pd.offsets.BYearEnd(month=6),
    pd.offsets.BQuarterEnd(startingMonth=2),
    pd.offsets.BMonthBegin(),
    pd.offsets.MonthEnd(3),
    pd.offsets.QuarterBegin(startingMonth=3),
    pd.offsets.YearEnd(month=6),
    pd.offsets.Week(),
    pd.offsets.Week(2, weekday=2),
    pd.offsets.Day(2),
    pd.offsets.Hour(5),
    pd.offsets.Milli(20),
    pd.offsets.Micro(7),
]
# Whole seconds; and not the quarters that pandas 2.2 counts in the years of nanoseconds only.
COARSE_OFFSETS = [
    freq for freq in OFFSETS if not isinstance(freq, (pd.offsets.Milli, pd.offsets.Micro, pd.offsets.FY5253Quarter))
]
# Those that stamps alone tell, by pandas or by ourselves; the others need an index with its frequency, or `freq`.
TOLD_BY_STAMPS = [
    pd.DateOffset(months=1),
    pd.DateOffset(2, months=1),
    pd.DateOffset(years=1),
    pd.offsets.Easter(),
    pd.offsets.LastWeekOfMonth(weekday=4),
    pd.offsets.LastWeekOfMonth(2, weekday=0),
    pd.offsets.WeekOfMonth(week=1, weekday=1),
    pd.offsets.WeekOfMonth(2, week=1, weekday=1),
    pd.offsets.SemiMonthBegin(),
    pd.offsets.SemiMonthBegin(day_of_month=10),
    pd.offsets.SemiMonthEnd(),
    pd.offsets.BusinessDay(),
    pd.offsets.BMonthBegin(),
    pd.offsets.BQuarterEnd(startingMonth=2),
    pd.offsets.MonthEnd(3),
    pd.offsets.QuarterBegin(startingMonth=3),
    pd.offsets.Week(weekday=2),
    pd.offsets.Day(2),
    pd.offsets.Milli(20),
]


def stamps(freq, n=N, start="2001-01-15 09:00", tz=None, unit="us"):
    """The first n stamps."""
    first = pd.Timestamp(start, tz=tz).as_unit(unit)
    index = pd.date_range(first, periods=n, freq=freq, unit=unit)
    # pandas 2.2 gives another number of stamps for an offset of months and days, but the right ones up to an end.
    return index if len(index) == n else pd.date_range(first, first + 2 * n * freq, freq=freq, unit=unit)[:n]


def series_of(index):
    return pd.Series(np.arange(float(len(index))), index=index, name="sales")


def bare(index):
    """The same stamps without their frequency."""
    return pd.DatetimeIndex(list(index)).as_unit(index.unit)


class TestEveryOffset:
    @pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
    @pytest.mark.parametrize("freq", OFFSETS, ids=repr)
    def test_declared_or_on_the_index_it_goes_on(self, freq, zone):
        whole = stamps(freq, tz=zone)
        for series, declared in ((series_of(whole[:20]), None), (series_of(bare(whole[:20])), freq)):
            panel = to_panel(series, freq=declared)
            assert list(panel.restore([np.ones(6)]).index) == list(whole[20:])
            grown = panel
            for k in range(20, N):
                grown = append(grown, series_of(whole)[k : k + 1])
            np.testing.assert_array_equal(grown.values, np.arange(float(N)))
            np.testing.assert_array_equal(panel.steps_ahead(whole), [-1] * 20 + list(range(6)))

    @pytest.mark.parametrize("unit", ["s", "us"])
    @pytest.mark.parametrize("year", ["1500", "2300"])
    @pytest.mark.parametrize("freq", COARSE_OFFSETS, ids=repr)
    def test_beyond_the_years_of_nanoseconds(self, freq, unit, year):
        whole = stamps(freq, start=f"{year}-01-15 09:00", unit=unit)
        result = to_panel(series_of(whole[:20])).restore([np.ones(6)])
        pd.testing.assert_index_equal(result.index, whole[20:])

    @pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
    @pytest.mark.parametrize("freq", TOLD_BY_STAMPS, ids=repr)
    def test_inferred(self, freq, zone):
        whole = stamps(freq, tz=zone)
        result = to_panel(series_of(bare(whole[:20]))).restore([np.ones(6)])
        assert list(result.index) == list(whole[20:])

    @pytest.mark.parametrize("freq", OFFSETS, ids=repr)
    def test_in_a_panel_of_several_ids(self, freq):
        whole = stamps(freq)
        parts = {"b": series_of(bare(whole[:20])), "a": series_of(bare(whole[3:15]))}
        panel = to_panel(pd.concat(parts), freq=freq)
        assert list(panel.continue_index(2)) == [*whole[20:22], *whole[15:17]]

    @pytest.mark.parametrize("freq", OFFSETS, ids=repr)
    def test_written_as_code(self, freq):
        code = as_code(freq)
        if code == "freq":
            assert type(freq).__name__.startswith(("Business", "Custom"))
        else:
            assert pd.tseries.frequencies.to_offset(eval(code)) == freq

    @pytest.mark.parametrize("freq", OFFSETS, ids=repr)
    @pytest.mark.parametrize("gap", [1, 9, 19])
    def test_the_gap_is_the_one_that_is_there(self, freq, gap):
        whole = stamps(freq)
        cut = series_of(whole).drop(whole[gap])
        words = f"{whole[gap]} is missing, {whole[gap + 1]} follows {whole[gap - 1]}"
        with pytest.raises(ValueError, match=re.escape(words)) as caught:
            to_panel(cut, freq=freq)
        advice = re.search(r"for example (data\.asfreq.*?\.interpolate\(\))", str(caught.value)).group(1)
        assert to_panel(eval(advice, {"data": cut, "pd": pd, "freq": freq}), freq=freq).lengths[0] == N


class TestRefused:
    @pytest.mark.parametrize(
        "freq",
        ["0D", "-1D", "0h", "-3h", "-1MS", "0B", pd.DateOffset(months=0), pd.DateOffset(days=-1), pd.DateOffset(day=3),
         pd.DateOffset(month=6), pd.DateOffset(hour=5), pd.Timedelta(0), pd.offsets.BDay(0), pd.offsets.Easter(0)],
        ids=repr,
    )  # fmt: skip
    def test_standing_still_or_going_back(self, freq):
        with pytest.raises(ValueError, match="freq must lead forward in time.*Got freq="):
            to_panel(series_of(bare(stamps("D"))), freq=freq)

    @pytest.mark.parametrize("freq", ["foo", "", 1.5, True, object()])
    def test_unknown(self, freq):
        with pytest.raises(ValueError, match="freq must be a pandas frequency such as 'D'.*Got freq="):
            to_panel(series_of(stamps("D")), freq=freq)

    def test_finer_than_the_stamps(self):
        data = series_of(stamps("D", n=1, unit="s"))
        with pytest.raises(ValueError, match="finer than the resolution.*datetime64.s") as caught:
            to_panel(data, freq="5ns")
        mended = eval(re.search(r"Convert them: (.*)\.$", str(caught.value)).group(1))
        assert to_panel(mended, freq="5ns").restore([[1.0]]).index[0] == data.index[0] + pd.Timedelta(5, "ns")

    @pytest.mark.parametrize(
        ("first", "freq"),
        [
            ("2155-01-01", "YS"),
            ("2262-01-01", "D"),
            ("2262-04-11", "h"),
            ("2262-01-01", pd.DateOffset(months=1)),
        ],
    )
    def test_forecasts_beyond_what_the_stamps_can_count(self, first, freq):
        panel = to_panel(series_of(stamps(freq, n=3, start=first, unit="ns")))
        with pytest.raises(ValueError, match="beyond 2262-04-11.*horizon.*as_unit"):
            panel.continue_index(200)
        coarse = to_panel(series_of(stamps(freq, n=3, start=first, unit="us")))
        assert len(coarse.continue_index(200)) == 200

    def test_fits_up_to_the_last_stamp(self):
        whole = stamps("MS", n=63, start="2257-01-01", unit="ns")
        panel = to_panel(series_of(bare(whole[:60])))
        pd.testing.assert_index_equal(panel.continue_index(3), pd.DatetimeIndex(whole[60:], freq="MS", name=None))
        np.testing.assert_array_equal(panel.steps_ahead(whole[60:]), [0, 1, 2])


class TestGaps:
    """The first stamp that breaks the frequency is named, not the first that differs from some calendar."""

    months = pd.date_range("2020-01-01", periods=40, freq="MS")

    def test_a_first_stamp_off_the_calendar(self):
        index = pd.DatetimeIndex([pd.Timestamp("2019-12-15"), *self.months[:20], *self.months[21:]])
        data = series_of(index)
        with pytest.raises(ValueError, match="first time stamp 2019-12-15 00:00:00 is none of frequency MS") as caught:
            to_panel(data, freq="MS")
        mended = eval(re.search(r"frequency: (data.*)\.$", str(caught.value)).group(1))
        assert list(to_panel(mended).times) == list(self.months)

    def test_a_first_stamp_off_the_calendar_is_no_short_first_step(self):
        index = pd.DatetimeIndex([pd.Timestamp("2019-12-15"), *self.months])
        with pytest.raises(ValueError, match="first time stamp 2019-12-15 00:00:00 is none"):
            to_panel(series_of(index), freq="MS")

    def test_after_a_clock_time_that_daylight_saving_moved(self):
        days = pd.date_range("2024-03-25 02:30", periods=20, freq="D").tz_localize(
            "Europe/Berlin", nonexistent="shift_forward"
        )
        assert days[6].hour == 3
        with pytest.raises(ValueError, match="gap: 2024-04-06 02:30.* is missing, 2024-04-07 02:30"):
            to_panel(series_of(days.delete(12)), freq="D")

    def test_last_fridays(self):
        index = bare(stamps(pd.offsets.LastWeekOfMonth(weekday=4)))
        with pytest.raises(ValueError, match="gap: 2001-10-26 .*is missing, 2001-11-30"):
            to_panel(series_of(index.delete(9)))

    @pytest.mark.parametrize("freq", ["2M", "3D", "2h", "Q-NOV"])
    def test_periods(self, freq):
        whole = pd.period_range("2001-01-01", periods=20, freq=freq, name="when")
        data = pd.Series(np.arange(19.0), index=whole.delete(7))
        with pytest.raises(ValueError, match=f"gap: {whole[7]} is missing, {whole[8]} follows") as caught:
            to_panel(data)
        mended = eval(re.search(r"for example (data\.reindex.*\.interpolate\(\))", str(caught.value)).group(1))
        pd.testing.assert_index_equal(mended.index, whole)
        assert to_panel(mended).lengths[0] == 20


class TestRunsOfCalendarOffsets:
    """Stamps as pandas counts them, once their frequency is lost; the stamp that is odd is named."""

    @pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
    @pytest.mark.parametrize("months", [1, 2, 3, 12])
    @pytest.mark.parametrize("start", ["2001-01-31", "2001-08-31", "2000-01-30", "2000-02-29", "1999-12-31"])
    @pytest.mark.parametrize("n", [3, 4, 24])
    def test_days_that_some_months_lack(self, start, months, n, zone):
        freq = pd.DateOffset(years=1) if months == 12 else pd.DateOffset(months=months)
        stamps = [pd.Timestamp(start, tz=zone)]
        while len(stamps) < n + 3:
            stamps.append(stamps[-1] + freq)
        panel = to_panel(series_of(pd.DatetimeIndex(stamps[:n])))
        if panel.frequencies[0] == freq:  # a few stamps may be month ends as well
            assert list(panel.continue_index(3)) == stamps[n:]

    def test_all_that_were_stepped_to_are_told(self):
        index = pd.DatetimeIndex(["2001-01-31", *[f"2001-{month:02d}-28" for month in range(2, 13)]])
        assert to_panel(series_of(index)).frequencies == (pd.DateOffset(months=1),)

    @pytest.mark.parametrize("odd", [0, 1, 9, 22, 23])
    @pytest.mark.parametrize("freq", [pd.DateOffset(months=1), "MS", "W-FRI", "B", "D", "6h"], ids=repr)
    def test_the_odd_stamp_is_named(self, freq, odd):
        whole = bare(stamps(freq, n=24))
        index = whole.delete(odd).insert(odd, whole[odd] + pd.Timedelta("3h"))
        with pytest.raises(ValueError, match="no frequency fits") as caught:
            to_panel(series_of(index))
        assert str(index[odd]) in str(caught.value)

    def test_the_odd_stamp_of_months(self):
        index = pd.DatetimeIndex([*pd.date_range("2001-01-15", periods=23, freq=pd.DateOffset(months=1)), "2002-12-16"])
        with pytest.raises(ValueError, match="2002-12-16 00:00:00 follows 2002-11-15"):
            to_panel(series_of(index))

    def test_a_gap_after_a_first_clock_time_that_daylight_saving_moved(self):
        days = pd.date_range("2024-03-31 02:30", periods=40).tz_localize("Europe/Berlin", nonexistent="shift_forward")
        with pytest.raises(ValueError, match="2024-04-12 02:30:00.02:00 is missing, 2024-04-13"):
            to_panel(series_of(days.delete(12)), freq="D")


class TestDaysOff:
    @pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
    @pytest.mark.parametrize("kind", ["series", "wide", "long", "keyed"])
    @pytest.mark.parametrize("off", [[13], [3], [3, 9, 14, 20, 25]], ids=repr)
    @pytest.mark.parametrize("week", ["Mon Tue Wed Thu Fri", "Sun Mon Tue Wed Thu", "Mon Tue Wed Thu Fri Sat"])
    def test_the_missing_working_day_is_named_and_holidays_can_be_declared(self, week, off, kind, zone):
        whole = bare(stamps(pd.offsets.CustomBusinessDay(weekmask=week), n=30, tz=zone))
        wide = pd.DataFrame({"a": np.arange(30.0), "b": 1.0}, index=whole).drop(whole[off])
        keyed = wide.stack().swaplevel().rename_axis(["unique_id", "ds"]).rename("y")
        data = {"series": wide["a"], "wide": wide, "keyed": keyed, "long": keyed.reset_index()}[kind]
        with pytest.raises(ValueError, match="has a gap") as caught:
            to_panel(data)
        if week == "Mon Tue Wed Thu Fri":
            assert f"{whole[off[0]]} is missing, {whole[off[0] + 1]} follows" in str(caught.value)
            assert "(frequency B)" in str(caught.value)
        freq = eval(re.search(r"freq=(.*\)), or use", str(caught.value)).group(1), {"pd": pd, "data": data})
        panel = to_panel(data, freq=freq)
        assert panel.lengths[0] == 30 - len(off)
        expected = pd.date_range(whole[-1], periods=4, freq=pd.offsets.CustomBusinessDay(weekmask=week))[1:]
        assert list(panel.continue_index(3)[:3]) == list(expected)

    def test_gaps_of_one_series_are_no_days_off(self):
        whole = series_of(stamps("B"))
        with pytest.raises(ValueError, match="has a gap") as caught:
            to_panel(pd.concat({"a": whole.drop(whole.index[4]), "b": whole[:9]}))
        assert "CustomBusinessDay" not in str(caught.value)

    def test_periods_have_a_frequency(self):
        whole = pd.Series(np.arange(9.0), index=pd.period_range("2024-01-01", periods=9, freq="D"))
        with pytest.raises(ValueError, match="has a gap") as caught:
            to_panel(whole.drop(whole.index[4]))
        assert "CustomBusinessDay" not in str(caught.value)


class TestClock:
    def test_a_moved_clock_time_comes_back_row_by_row(self):
        days = pd.date_range("2024-03-01 02:30", periods=40, freq="D").tz_localize(
            "Europe/Berlin", nonexistent="shift_forward"
        )
        series = series_of(days)
        grown = to_panel(series[:20], freq="D")
        for k in range(20, 38):
            assert grown.restore([[1.0]]).index[0] == days[k]
            grown = append(grown, series[k : k + 1])
        np.testing.assert_array_equal(grown.steps_ahead(days[38:]), [0, 1])

    def test_a_series_that_begins_with_a_moved_clock_time(self):
        days = pd.date_range("2024-03-01 02:30", periods=50, freq="D").tz_localize(
            "Europe/Berlin", nonexistent="shift_forward"
        )
        panel = to_panel(series_of(days[30:45]), freq="D")
        assert panel.times[0].hour == 3
        assert list(panel.continue_index(5)) == list(days[45:])

    @pytest.mark.parametrize("step", [datetime.timedelta(days=1), pd.Timedelta("1D"), np.timedelta64(1, "D")], ids=repr)
    def test_spans_of_days_keep_the_clock_time(self, step):
        days = pd.date_range("2024-03-20 12:00", periods=20, freq="D", tz="Europe/Berlin")
        assert list(to_panel(series_of(days[:5]), freq=step).continue_index(15)) == list(days[5:])


ARROW = ["timestamp[ns][pyarrow]", "timestamp[us][pyarrow]", "timestamp[s][pyarrow]", "timestamp[us, tz=UTC][pyarrow]",
         "timestamp[us, tz=Europe/Berlin][pyarrow]", "date32[day][pyarrow]"]  # fmt: skip


class TestArrow:
    @pytest.mark.parametrize("dtype", ARROW)
    def test_stamps_come_back_in_their_type(self, dtype):
        pyarrow = pytest.importorskip("pyarrow")
        zone = re.search(r"tz=(\S+)\]\[", dtype)
        days = pd.Series(pd.date_range("2024-03-20", periods=24, tz=zone and zone.group(1)))
        arrow = pyarrow.date32() if "date" in dtype else pyarrow.timestamp(dtype[10:12].strip("],"), zone and zone[1])
        days = days.astype(pd.ArrowDtype(arrow))
        index, data = pd.Index(days, name="when"), np.arange(20.0)
        result = to_panel(pd.Series(data, index=index[:20])).restore([np.ones(4)])
        pd.testing.assert_index_equal(result.index, index[20:])
        long = pd.DataFrame({"unique_id": "a", "ds": days[:20], "y": data})
        assert to_panel(long).restore([np.ones(4)])["ds"].equals(days[20:].reset_index(drop=True))
        keyed = pd.Series(data, index=pd.MultiIndex.from_arrays([["a"] * 20, index[:20]]))
        result = to_panel(keyed).restore([np.ones(4)])
        assert result.index.levels[1].dtype == index.dtype
        assert list(result.index.get_level_values(1)) == list(index[20:])


class TestOddIndexes:
    def test_flags_of_a_cut_index_are_not_trusted(self):
        for index in (pd.Index([1, 1, 2, 3, 4]), pd.DatetimeIndex(["2024-01-01", *pd.date_range("2024", periods=4)])):
            assert not index.is_unique  # kept in a cache that pandas 2.2 hands on to slices
            panel = to_panel(pd.Series(np.arange(4.0), index=index[1:]))
            assert panel.lengths[0] == 4
            assert append(panel, pd.Series([1.0], index=panel.continue_index(1))).lengths[0] == 5

    def test_flags_of_cut_columns_are_not_trusted(self):
        columns = pd.Index(["a", "a", "b"])
        assert not columns.is_unique
        frame = pd.DataFrame(np.ones((4, 2)), columns=columns[1:])
        assert append(to_panel(frame), frame.set_axis(range(4, 8))[["b", "a"]]).lengths[0] == 8

    def test_integers_beyond_int64(self):
        with pytest.raises(ValueError, match="the integer 9223372036854775814, which int64 cannot hold"):
            to_panel(pd.Series([1.0, 2.0], index=pd.Index([2**63 + 5, 2**63 + 6], dtype="uint64")))

    def test_new_stamps_finer_than_those_seen(self):
        panel = to_panel(series_of(stamps("D", n=5, start="2024-01-01", unit="s")))
        late = series_of(pd.DatetimeIndex(["2024-01-06 00:00:00.5"]).as_unit("ns"))
        with pytest.raises(TypeError, match="finer than those seen before, datetime64.s.*as_unit"):
            append(panel, late)

    def test_integers_that_would_pass_int64(self):
        panel = to_panel(pd.Series(np.arange(4.0), index=pd.RangeIndex(2**63 - 9, 2**63 - 5)))
        assert panel.continue_index(4)[-1] == 2**63 - 2
        with pytest.raises(ValueError, match="go beyond int64. Lower the horizon"):
            panel.continue_index(6)

    @pytest.mark.parametrize("second", ["2024-01-02", "2024-01-02 00:00+02:00"])
    def test_objects_of_several_zones(self, second):
        stamps = [pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp(second), pd.Timestamp("2024-01-03", tz="UTC")]
        data = pd.Series(np.arange(3.0), index=pd.Index(stamps, dtype=object))
        with pytest.raises(ValueError, match="the index has stamps of several time zones") as caught:
            to_panel(data)
        mended = eval(re.search(r"to one: (.*)\.$", str(caught.value)).group(1))
        assert str(mended.index.tz) == "UTC"

    @pytest.mark.parametrize("name", ["Q", "Q-DEC", pd.offsets.QuarterEnd(startingMonth=12)], ids=repr)
    def test_names_of_a_period(self, name):
        index = pd.period_range("2024Q1", periods=4, freq="Q")
        assert to_panel(pd.Series(np.arange(4.0), index=index), freq=name).frequencies == (index.freq,)

    def test_other_anchors_of_new_ids(self):
        parts = {day: series_of(pd.date_range("2024-01-01", periods=8, freq=f"W-{day}")) for day in ("MON", "WED")}
        grown = append(to_panel(pd.concat({"MON": parts["MON"]})), pd.concat({"WED": parts["WED"]}))
        assert [day.day_name() for day in grown.continue_index(1)] == ["Monday", "Wednesday"]


@given(
    freq=st.sampled_from(OFFSETS),
    start=st.datetimes(min_value=pd.Timestamp("1990"), max_value=pd.Timestamp("2030")),
    n=st.integers(4, 30),
    ahead=st.integers(1, 10),
)
def test_forecasts_continue_any_run_as_pandas_does(freq, start, n, ahead):
    whole = stamps(freq, n + ahead, start=start)
    panel = to_panel(series_of(whole[:n]))
    assert list(panel.continue_index(ahead)) == list(whole[n:])
    np.testing.assert_array_equal(panel.steps_ahead(whole[n:]), np.arange(ahead))


@given(
    freq=st.sampled_from(COARSE_OFFSETS),
    start=st.datetimes(min_value=pd.Timestamp("1990"), max_value=pd.Timestamp("2030")),
    drop=st.sets(st.integers(0, N - 1), max_size=6),
    late=st.sampled_from([None, "1h", "1D", "3D"]),
    zone=st.sampled_from([None, "Europe/Berlin"]),
)
def test_stamps_that_are_nearly_regular_are_read_or_refused_in_words(freq, start, drop, late, zone):
    index = stamps(freq, start=start.replace(microsecond=0)).delete(sorted(drop))
    if late is not None:
        index = index.insert(len(index), index[-1] + pd.Timedelta(late))
    if zone is not None:
        index = index.tz_localize(zone, ambiguous="NaT", nonexistent="NaT").dropna()
    try:
        panel = to_panel(series_of(bare(index)))
    except ValueError as error:
        assert re.search("has a gap|no frequency fits|is next after|is none of", str(error))
    else:
        assert panel.times.equals(index) and panel.continue_index(1)[0] > index[-1]


@pytest.mark.parametrize(
    ("freq", "seasons"),
    [
        (pd.DateOffset(months=1), (12,)),
        (pd.DateOffset(2, months=3), (2,)),
        (pd.DateOffset(weeks=1), (52,)),
        (pd.DateOffset(days=1), (7, 364, 365)),
        (pd.DateOffset(hours=1), (24, 168)),
        (pd.DateOffset(years=1), ()),
        (pd.DateOffset(months=1, days=3), ()),
        (pd.offsets.LastWeekOfMonth(weekday=4), (12,)),
        (pd.offsets.FY5253Quarter(weekday=4, startingMonth=12, qtr_with_extra_week=4), (4,)),
        (pd.offsets.Easter(), ()),
        (pd.offsets.Nano(20), (3 * 10**9, 18 * 10**10, 432 * 10**10)),
    ],
    ids=repr,
)
def test_seasons(freq, seasons):
    assert seasons_of_frequency(freq) == seasons


@pytest.mark.parametrize("freq", OFFSETS, ids=repr)
def test_every_offset_has_seasons_or_none(freq):
    assert all(season >= 2 for season in seasons_of_frequency(freq))
