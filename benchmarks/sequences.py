"""Accuracy of the default `RNNClassifier` on classification sets of the UCR and UEA archive, beside nearest neighbours.

    python benchmarks/sequences.py GunPoint_TRAIN.ts.gz GunPoint_TEST.ts.gz ... [--seeds 3] [--params JSON]

Files are given in pairs, the training part first, in the archive's format ``.ts``, gzipped or not. A nearest neighbour
is the one with the smallest Euclidean distance; shorter sequences are padded with zeros at their end.
"""

import argparse
import gzip
import json
import time
from pathlib import Path

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from tsrnn import RNNClassifier


def read_ts(path):
    """Return the sequences of a file, each of shape (n_steps, n_features), and their labels."""
    opened = gzip.open if Path(path).suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    first = [line.lower() for line in lines].index("@data") + 1
    sequences, labels = [], []
    for line in filter(None, lines[first:]):
        *features, label = line.split(":")
        sequences.append(np.array([feature.split(",") for feature in features], dtype=float).T)
        labels.append(label)
    return sequences, np.array(labels)


def pad(sequences, n_steps):
    """Return sequences as rows of one table, with zeros at the end of the shorter ones."""
    return np.array([np.pad(steps, ((0, n_steps - len(steps)), (0, 0))).ravel() for steps in sequences])


def score_neighbour(X, y, X_test, y_test):
    """Return the accuracy of the nearest neighbour."""
    n_steps = max(map(len, X + X_test))
    return KNeighborsClassifier(n_neighbors=1).fit(pad(X, n_steps), y).score(pad(X_test, n_steps), y_test)


def main():
    """Print a row for each set: accuracies on the test part, and seconds of a fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="training and test part of each set")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--params", type=json.loads, default={}, help="parameters of RNNClassifier as JSON")
    arguments = parser.parse_args()
    if len(arguments.files) % 2:
        parser.error("files are given in pairs: the training part and the test part of each set")
    print("| set | training samples | steps | classes | nearest neighbour | tsrnn | s |\n|---|---|---|---|---|---|---|")
    for train, test in zip(arguments.files[::2], arguments.files[1::2], strict=True):
        X, y = read_ts(train)
        X_test, y_test = read_ts(test)
        neighbour = score_neighbour(X, y, X_test, y_test)
        began, scores = time.perf_counter(), []
        for seed in range(arguments.seeds):
            model = RNNClassifier(**{"random_state": seed} | arguments.params).fit(X, y)
            scores.append(model.score(X_test, y_test))
        seconds = (time.perf_counter() - began) / arguments.seeds
        name, lengths = Path(train).name.split("_TRAIN")[0], sorted(set(map(len, X)))
        steps = f"{lengths[0]} to {lengths[-1]}" if len(lengths) > 1 else lengths[0]
        print(
            f"| {name} | {len(X)} | {steps} | {len(model.classes_)} | {neighbour:.3f} | "
            f"{np.mean(scores):.3f} ({np.std(scores):.3f}) | {seconds:.1f} |"
        )


if __name__ == "__main__":
    main()
