import numpy as np
import pytest

from tsrnn.windows import Origins, Windows, gather, make_windows, split_by_time, thin, window_weights, windows_at

OFFSETS = np.array([0, 10, 13, 30])


def slow_windows(offsets, lookback, min_lookback, horizon, segment):
    """List windows one by one: (start, origin, series)."""
    found = []
    for i in range(len(offsets) - 1):
        for origin in range(offsets[i], offsets[i + 1]):
            readable = origin - offsets[i]
            if readable < min_lookback or origin + horizon > offsets[i + 1]:
                continue
            length = min(lookback, readable) // segment * segment
            found.append((origin - length, origin, i))
    return found


@pytest.mark.parametrize(("lookback", "min_lookback", "segment"), [(1, 1, 1), (4, 2, 1), (6, 3, 3), (40, 2, 2)])
@pytest.mark.parametrize("horizon", [1, 3, 12])
def test_windows_are_all_that_fit(lookback, min_lookback, segment, horizon):
    windows = make_windows(OFFSETS, lookback=lookback, min_lookback=min_lookback, horizon=horizon, segment=segment)
    expected = slow_windows(OFFSETS, lookback, min_lookback, horizon, segment)
    assert list(zip(windows.starts, windows.origins, windows.series, strict=True)) == expected


def test_number_of_full_windows():
    windows = make_windows(np.array([0, 50]), lookback=7, min_lookback=7, horizon=5)
    assert len(windows) == 50 - 7 - 5 + 1


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5, 0.99])
@pytest.mark.parametrize("horizon", [1, 4])
def test_no_target_of_training_reaches_into_those_held_out(fraction, horizon):
    windows = make_windows(OFFSETS, lookback=3, min_lookback=1, horizon=horizon)
    training, held_out = split_by_time(windows, fraction, horizon)
    assert len(held_out)
    for i in range(3):
        mine = windows.series == i
        last_target = windows.origins[training][mine[training]] + horizon - 1
        first_held = windows.origins[held_out][mine[held_out]]
        assert len(first_held) == (np.ceil(fraction * mine.sum()) if mine.sum() > 1 else 0)
        if len(first_held):
            assert last_target.max(initial=-1) < first_held.min()
            assert first_held.max() == windows.origins[mine].max()


def test_a_series_with_one_window_trains():
    windows = make_windows(np.array([0, 3, 20]), lookback=2, min_lookback=2, horizon=1)
    training, held_out = split_by_time(windows, 0.2, 1)
    assert 0 in training
    assert set(windows.series[held_out]) == {1}


def test_windows_at_the_ends_of_series():
    windows = windows_at(OFFSETS, *Origins.ends(OFFSETS), lookback=8, segment=4)
    np.testing.assert_array_equal(windows.origins, OFFSETS[1:])
    np.testing.assert_array_equal(windows.lengths, [8, 0, 8])


def test_rows_at_the_beginning_are_skipped():
    windows = make_windows(np.array([0, 12]), lookback=4, min_lookback=5, horizon=1, skip=3)
    assert windows.origins.tolist() == list(range(5, 12))
    assert windows.lengths.tolist() == [2, 3, 4, 4, 4, 4, 4]
    at = windows_at(np.array([0, 12]), np.zeros(4, int), np.array([1, 3, 5, 12]), lookback=4, segment=2, skip=3)
    assert at.lengths.tolist() == [0, 0, 2, 4]


def test_windows_at_any_origin():
    windows = windows_at(OFFSETS, np.array([0, 0, 2]), np.array([3, 10, 17]), lookback=5)
    np.testing.assert_array_equal(windows.origins, [3, 10, 30])
    np.testing.assert_array_equal(windows.starts, [0, 5, 25])


def test_gather_pads_before_a_short_window():
    values = np.arange(1.0, 11.0)[:, None]
    block = gather(values, Windows(np.array([2, 6]), np.array([2, 3]), np.array([0, 0]), np.array([2, 6])), 3)
    np.testing.assert_array_equal(block[:, :, 0], [[0, 1, 2], [4, 5, 6]])


def test_weight_of_a_window_is_the_mean_of_its_targets():
    weights = np.array([9.0, 9.0, 1.0, 2.0, 6.0])
    windows = Windows(np.array([2, 3]), np.array([1, 1]), np.array([0, 0]), np.array([2, 3]))
    np.testing.assert_allclose(window_weights(weights, windows, 2), [1.5, 4.0])


def test_thinned_positions_are_spread_from_the_first_to_the_last():
    np.testing.assert_array_equal(thin(np.arange(10, 20), 4), [10, 13, 16, 19])
    np.testing.assert_array_equal(thin(np.arange(3), 4), [0, 1, 2])
