"""Learners: what a forecast adds to season and level, fitted to batches of windows.

A learner is a frozen dataclass of arrays (or of a network) with

``predict(batch, n_jobs=None) -> ndarray of shape (n, horizon)``
    Forecasts of the windows of a `Batch`, relative to level and season, in units of their series.
``extend(n_series) -> learner``
    The learner for more series, of which it knows nothing.

and a function that fits it to a `Batch`, to targets (a callable from positions of windows to the values to forecast,
so that one learner can be fitted to the residuals of another) and to a split into training and held-out windows.
"""
