"""Courses of trainings as a frame."""

import numpy as np
import pandas as pd

from tsrnn.training import HISTORY

TABLE = ("network", *HISTORY)


def tabulate(histories, earlier):
    """Return the courses of the trainings as one frame, after those of an earlier fit."""
    rows = [{"network": k, **epoch} for k, history in enumerate(histories) for epoch in history.epochs]
    table = pd.DataFrame(rows, columns=list(TABLE))
    table = table.astype({name: np.int64 if name in ("network", "epoch") else np.float64 for name in TABLE})
    if earlier is None or not len(earlier):
        return table
    done = earlier.groupby("network")["epoch"].max()
    table["epoch"] += table["network"].map(done).fillna(0).astype(np.int64)
    return pd.concat([earlier, table], ignore_index=True) if len(table) else earlier
