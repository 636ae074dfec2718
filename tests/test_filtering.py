"""Outliers and missing values of panels: what models read, and what users see."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tsrnn.forecaster.filtering import (
    OutlierWarning,
    fill_panel,
    filter_panel,
    fit_filling,
    fit_filter,
    tabulate_outliers,
    unsettled_origins,
    warn_of_outliers,
)
from tsrnn.frames import to_panel


@pytest.fixture
def panel(rng):
    """Two daily series with one outlier each and missing values."""
    days = pd.date_range("2024-01-01", periods=70, freq="D")
    values = 50 + np.resize([0.0, 9, 4, 1, 3, -8, -9], 140) + rng.normal(size=140)
    frame = pd.DataFrame({"a": values[:70], "b": values[70:]}, index=days)
    frame.iloc[30, 0], frame.iloc[45, 1] = 900.0, -700.0
    panel = to_panel(frame)
    values = panel.values.copy()
    values[[20, 29, 31, 33, 110, 111, 112, 113, 130, 139]] = np.nan
    return replace(panel, values=values)


def test_missing_values_are_no_outliers_and_filled_from_filtered_ones(panel):
    outlier_filter = fit_filter(panel, (7,))
    filtered = filter_panel(panel, outlier_filter)
    table = tabulate_outliers(panel, filtered)
    assert table["series"].tolist() == ["a", "b"] and table["value"].tolist() == [900.0, -700.0]
    filled = fill_panel(filtered, fit_filling(filtered, (7,)))
    assert 30 < filled.values.min() and filled.values.max() < 70
    pd.testing.assert_frame_equal(tabulate_outliers(panel, filled), table)
    with pytest.warns(OutlierWarning, match="2 outliers replaced by .* column 'a' at 2024-01-31"):
        warn_of_outliers(panel, filled)
    assert unsettled_origins(panel, outlier_filter).tolist() == []


def test_new_rows_are_read_from_those_filtered_and_filled_before(panel):
    outlier_filter = fit_filter(panel, (7,))
    filtered = filter_panel(panel, outlier_filter)
    filling = fit_filling(filtered, (7,))
    expected = fill_panel(filtered, filling)
    rows = np.r_[0:60, 70:130]
    seen = replace(panel, values=panel.values[rows], offsets=np.array([0, 60, 120]))
    before = fill_panel(filter_panel(seen, outlier_filter), filling)
    after = fill_panel(filter_panel(panel, outlier_filter, before), filling, before)
    np.testing.assert_array_equal(after.values, expected.values)
    np.testing.assert_array_equal(after.values[rows], before.values)


def test_a_complete_panel_has_no_filling(panel):
    complete = replace(panel, values=np.where(np.isnan(panel.values), 50.0, panel.values))
    assert fit_filling(complete, (7,)) is None
    assert fill_panel(complete, None) is complete


def test_a_panel_without_outliers_is_left_as_it_is(panel):
    calm = replace(panel, values=np.where(np.abs(panel.values) > 100, 50.0, panel.values))
    assert filter_panel(calm, fit_filter(calm, (7,))) is calm
    assert filter_panel(panel, None) is panel
