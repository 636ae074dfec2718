"""Progress of a training: a bar of tqdm where it is installed, otherwise lines on stderr."""

import sys
from importlib.util import find_spec

MAX_LINES = 20  # of one training, about


def make_progress(max_epochs, verbose, index=None):
    """Return an object that shows how far a training has come.

    Parameters
    ----------
    max_epochs : int
        Most epochs of the training.
    verbose : int
        0 shows nothing.
    index : int, optional
        Index of the network among several, each with a bar of its own.

    Returns
    -------
    Progress
    """
    if verbose <= 0:
        return Progress()
    name = "" if index is None else f"network {index}, "
    return (Lines if find_spec("tqdm") is None else Bar)(max_epochs, name, index)


class Progress:
    """Shows nothing."""

    def show(self, epoch, loss):
        """Take note of a finished epoch and its loss."""

    def close(self):
        """Take note of the end of the training."""


class Lines(Progress):
    """Lines on stderr: one for every epoch, or for every few of many."""

    def __init__(self, max_epochs, name, index):
        self.max_epochs, self.name = max_epochs, name
        self.every = -(-max_epochs // MAX_LINES)

    def show(self, epoch, loss):
        """Write a line, if it is the turn of the epoch."""
        if epoch % self.every == 0 or epoch == self.max_epochs:
            sys.stderr.write(f"{self.name}epoch {epoch} of {self.max_epochs}: loss {loss:.4g}\n")


class Bar(Progress):
    """A bar of tqdm; those of several networks stand on lines of their own."""

    def __init__(self, max_epochs, name, index):
        from tqdm.auto import tqdm

        self.bar = tqdm(total=max_epochs, desc=f"{name}epochs", position=index)

    def show(self, epoch, loss):
        """Move the bar on."""
        self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
        self.bar.update()

    def close(self):
        """Leave the bar as it is."""
        self.bar.close()
