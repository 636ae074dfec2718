"""Inputs from covariates: which rows of a table hold what is known of which step."""

from types import SimpleNamespace

import numpy as np
import pytest

from tsrnn.frames.covariates import Covariates
from tsrnn.scaling import SeriesScaler
from tsrnn.seasonality import Decomposition, seasonal_future
from tsrnn.series.inputs import MAX_LEVELS, Inputs
from tsrnn.series.schema import Column
from tsrnn.series.table import Table
from tsrnn.windows import Origins, make_windows

AHEAD = 3


def covariates_of(table, columns, starts=(0,), stops=None):
    table = np.asarray(table, dtype=np.float64)
    stops = np.array([len(table)] if stops is None else stops)
    is_number = np.array([column.kind == "number" for column in columns])
    codes = table[:, ~is_number].astype(np.int32)
    return Covariates(tuple(columns), np.array(starts), stops, table[:, is_number], codes, stops)


def number(name, known="future"):
    return Column(name, "number", known)


def category(name, n_levels, known="future"):
    return Column(name, "category", known, tuple(range(n_levels)))


def test_columns_known_ahead_are_moved_and_others_are_not():
    values = np.column_stack([np.arange(10.0), 100 + np.arange(10.0)])
    covariates = covariates_of(values, (number("price"), number("sales", "past")))
    inputs = Inputs.fit(covariates, [8], AHEAD)
    read = inputs.read(covariates, np.zeros(8, int), np.arange(8)) * inputs.spread + inputs.center
    np.testing.assert_allclose(read[:7, 0], np.arange(7.0) + AHEAD)
    np.testing.assert_allclose(read[:, 1], 100 + np.arange(8.0))


def test_steps_beyond_the_last_row_are_zero():
    covariates = covariates_of(np.arange(10.0)[:, None], (number("price"),))
    inputs = Inputs.fit(covariates, [10], AHEAD)
    read = inputs.read(covariates, np.zeros(10, int), np.arange(10))
    np.testing.assert_array_equal(read[7:], 0)
    assert (read[:7] != 0).all()


def test_constants_are_those_of_the_fit():
    values = np.r_[np.arange(6.0), 1e6, 1e6][:, None]
    inputs = Inputs.fit(covariates_of(values, (number("price"),)), [6], 1)
    assert inputs.center[0] == 2.5
    assert inputs.spread[0] == pytest.approx(np.std(np.arange(6.0)))
    constant = Inputs.fit(covariates_of(np.full((6, 1), 7.0), (number("price"),)), [6], 1)
    assert constant.spread[0] == 1


@pytest.mark.parametrize(("n_levels", "n_inputs"), [(1, 1), (2, 1), (3, 3), (MAX_LEVELS + 5, MAX_LEVELS)])
def test_categories_become_indicators(n_levels, n_inputs):
    codes = np.resize(np.arange(n_levels), 3 * n_levels)
    covariates = covariates_of(codes[:, None], (category("kind", n_levels),))
    inputs = Inputs.fit(covariates, [len(codes)], 0)
    assert len(inputs) == n_inputs
    read = inputs.read(covariates, np.zeros(len(codes), int), np.arange(len(codes))) * inputs.spread + inputs.center
    for k, item in enumerate(inputs.inputs):
        np.testing.assert_allclose(read[:, k], codes == item.level, atol=1e-12)


def test_codes_of_a_category_are_those_of_all_its_levels():
    codes = np.resize(np.arange(MAX_LEVELS + 5), 200)
    covariates = covariates_of(codes[:, None], (category("kind", MAX_LEVELS + 5),))
    inputs = Inputs.fit(covariates, [190], AHEAD)
    assert [item.n_codes for item in inputs.categories] == [MAX_LEVELS + 5]
    read = inputs.read_codes(covariates, np.zeros(200, int), np.arange(200))
    np.testing.assert_array_equal(read[:-AHEAD, 0], codes[AHEAD:])
    np.testing.assert_array_equal(read[-AHEAD:, 0], -1)  # there is no row of these steps


def test_codes_known_up_to_the_origin_stay_at_their_rows():
    codes = np.resize([0, 1, 2], 30)
    covariates = covariates_of(codes[:, None], (category("kind", 3, "past"),))
    read = Inputs.fit(covariates, [30], AHEAD).read_codes(covariates, np.zeros(30, int), np.arange(30))
    np.testing.assert_array_equal(read[:, 0], codes)


def test_levels_that_the_fit_had_not_are_no_category(monkeypatch):
    codes = np.array([3, 1, 3, 1, 3, 4, 0, 2])
    covariates = covariates_of(codes[:, None], (category("kind", 5),))
    inputs = Inputs.fit(covariates, [6], 0)
    read = inputs.read_codes(covariates, np.zeros(8, int), np.arange(8))
    assert read[:, 0].tolist() == [1, 0, 1, 0, 1, 2, -1, -1]
    monkeypatch.setattr("tsrnn.series.inputs.MAX_CODES", 2)
    inputs = Inputs.fit(covariates, [6], 0)  # the two most frequent ones
    assert inputs.read_codes(covariates, np.zeros(8, int), np.arange(8))[:, 0].tolist() == [1, 0, 1, 0, 1, -1, -1, -1]


def test_categories_that_are_constant_in_each_series_are_static():
    table = np.array([[0, 5, 1], [1, 5, 1], [0, 5, 1], [1, 7, 1], [1, 7, 1], [0, 7, 1]])
    columns = (number("price"), category("item", 8), category("region", 2))
    covariates = covariates_of(np.column_stack([table[:, 0], table[:, 1:]]), columns, (0, 3), np.array([3, 6]))
    assert [item.static for item in Inputs.fit(covariates, [3, 3], 1).categories] == [True, True]
    assert [item.static for item in Inputs.fit(covariates, [3, 2], 1).categories] == [True, True]
    one = covariates_of(table[:3], columns)
    assert [item.static for item in Inputs.fit(one, [3], 1).categories] == [False, False]
    columns = (category("kind", 2), category("item", 8), number("one"))
    inputs = Inputs.fit(covariates_of(table, columns, (0, 3), np.array([3, 6])), [3, 3], 1)
    assert [(item.column, item.static) for item in inputs.categories] == [(0, False), (1, True)]  # static ones last
    assert [item.column for item in inputs.inputs] == [2, 0, 1]  # numbers first
    assert [item.column for item in inputs.select(np.array([0])).categories] == [1]
    assert inputs.without_static_categories().categories == inputs.categories[:1]


def test_squares_are_of_numbers_that_are_known_ahead():
    values = np.column_stack([np.arange(9.0), np.arange(9.0), np.resize([0.0, 1, 2], 9)])
    covariates = covariates_of(values, (number("price"), number("sales", "past"), category("kind", 3)))
    inputs = Inputs.fit(covariates, [9], 1).with_squares()
    assert inputs.n_linear == 3 + 1 and inputs.inputs[-1].column == 0
    read = inputs.read(covariates, np.zeros(8, int), np.arange(8))
    np.testing.assert_allclose(read[:, -1], read[:, 0] ** 2 - 1)


def table_of(x, decomposition, inputs, covariates):
    panel = SimpleNamespace(
        values=x, offsets=np.array([0, len(x)]), n_series=1, lengths=np.array([len(x)]), observed=None,
        covariates=covariates,
    )  # fmt: skip
    return Table.of(panel, SeriesScaler.fit(x, panel.offsets, log=False), decomposition, inputs)


@pytest.mark.parametrize("shift", [1, 4, 7, 9, 15])
@pytest.mark.parametrize("seasons", [(), (7,), (3, 7)])
def test_rows_hold_the_season_of_later_steps_as_known_at_the_row(seasons, shift, rng):
    x, decomposition = rng.normal(size=80), Decomposition(seasons, 0.5)
    covariates = covariates_of(np.arange(100.0)[:, None], (number("price"),))
    inputs = Inputs.fit(covariates, [80], shift)
    table = table_of(x, decomposition, inputs, covariates)
    for row in (40, 61, 79):
        _, parts = decomposition.apply(table.scaled[: row + 1])
        known = seasonal_future(parts, seasons, np.array([row + 1]), shift)[0, -1]
        np.testing.assert_allclose(table.numbers[row, 1], known, atol=1e-12)


@pytest.mark.parametrize("with_inputs", [False, True])
def test_a_workspace_holds_the_rows_that_windows_of_the_table_read(with_inputs, rng):
    x, decomposition, horizon = rng.normal(size=60), Decomposition((7,), 0.5, 3), 4
    values = np.column_stack([rng.normal(size=(80, 2)), rng.integers(0, 3, 80), rng.integers(0, 4, 80)])
    columns = (number("price"), number("sales", "past"), category("kind", 3), category("state", 4, "past"))
    covariates = covariates_of(values, columns)
    inputs = Inputs.fit(covariates, [60], horizon) if with_inputs else None
    table = table_of(x, decomposition, inputs, covariates)
    windows = make_windows(table.offsets, lookback=12, min_lookback=20, horizon=horizon, skip=decomposition.unknown)
    origins = Origins(windows.series, windows.seen)
    work = table.workspace(origins, 12, horizon)
    moved = work.windows(0, 12, 1)
    np.testing.assert_array_equal(moved.lengths, windows.lengths)
    np.testing.assert_allclose(work.levels(moved), table.levels(windows), atol=1e-14)
    for one, other in zip(windows.origins, moved.origins, strict=True):
        np.testing.assert_array_equal(work.numbers[other - 12 : other], table.numbers[one - 12 : one])
        if with_inputs:
            np.testing.assert_array_equal(work.codes[other - 12 : other], table.codes[one - 12 : one])
    if with_inputs:
        np.testing.assert_array_equal(work.seasonal, 0)
    else:
        np.testing.assert_allclose(work.seasonal, table.seasonal_future(windows.series, windows.seen, horizon))


def test_a_workspace_has_no_category_before_the_begin_of_a_series(rng):
    covariates = covariates_of(rng.integers(0, 3, (20, 1)), (category("kind", 3),))
    table = table_of(rng.normal(size=16), Decomposition((), 0.5, 2), Inputs.fit(covariates, [16], 2), covariates)
    codes = table.workspace(Origins(np.array([0]), np.array([5])), 8, 2).codes[:, 0]
    assert codes[:3].tolist() == [-1, -1, -1]
    np.testing.assert_array_equal(codes[3:], covariates.codes[2:9, 0])


def test_forecasts_that_are_written_are_read_as_observations(rng):
    x, decomposition = rng.normal(size=40), Decomposition((5,), 0.5, 2)
    table = table_of(x, decomposition, None, None)
    work = table.workspace(Origins(np.array([0]), np.array([40])), 10, 6)
    forecasts = rng.normal(size=(1, 3))
    work.write(0, forecasts)
    np.testing.assert_allclose(work.forecasts[:, :3], forecasts)
    later = work.windows(3, 10, 1)
    remainder = (forecasts - work.seasonal[:, :3])[0]
    np.testing.assert_allclose(work.levels(later), remainder[-2:].mean())
    assert later.seen[0] == 43
