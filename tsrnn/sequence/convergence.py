"""Length of a training: the epochs and the patience of "auto", and a warning where they were not enough."""

import warnings

from sklearn.exceptions import ConvergenceWarning

# Epochs and minibatches of a training at least: with few samples, an epoch is only a few minibatches.
MIN_EPOCHS, MIN_MINIBATCHES = 100, 1500
# The same for the patience of early stopping.
MIN_PATIENCE, MIN_PATIENCE_MINIBATCHES = 10, 300
# Fraction of the loss of the initial weights by which the training loss must have fallen before patience counts.
MIN_FALL = 0.05
# A fall of the loss over the last tenth of the epochs that is worth a warning, as a fraction of the first epoch's.
STILL_FALLING = 0.1


def choose_epochs(n_samples, batch_size):
    """Return the most epochs of a training, and the epochs without improvement that end it.

    Parameters
    ----------
    n_samples : int
        Samples to train on.
    batch_size : int

    Returns
    -------
    max_epochs, n_iter_no_change : int

    Examples
    --------
    >>> from tsrnn.sequence.convergence import choose_epochs
    >>> choose_epochs(64, 32), choose_epochs(1000, 32)
    ((750, 150), (100, 10))
    """
    per_epoch = -(-n_samples // batch_size)
    return (
        max(MIN_EPOCHS, -(-MIN_MINIBATCHES // per_epoch)),
        max(MIN_PATIENCE, -(-MIN_PATIENCE_MINIBATCHES // per_epoch)),
    )


def warn_of_no_convergence(history, max_epochs, stacklevel):
    """Warn where the initial weights were kept, or the loss was still falling by much when the training ended.

    Parameters
    ----------
    history : tsrnn.training.History
    max_epochs : int
        Most epochs of the training.
    stacklevel : int
        As for `warnings.warn`, counted from the caller.
    """
    losses = [epoch["loss"] for epoch in history.epochs]
    n_last = min(-(-len(losses) // 10), len(losses) - 1)
    before = losses[-1 - n_last]
    fall = before - losses[-1]
    # A log-likelihood has no zero to compare with: a nat is much.
    scale = losses[0] if min(losses) >= 0 else max(abs(losses[0]), 1.0)
    if history.best_epoch == 0 and losses[0] != 0:  # A loss of zero, as of a single class, cannot fall.
        problem = (
            "The initial weights are kept: no epoch brought a lower loss on the held-out samples. Set a larger "
            "n_iter_no_change and max_epochs, another learning_rate, or early_stopping=False"
        )
    elif len(losses) == max_epochs and fall > STILL_FALLING * scale:
        problem = (
            f"The loss was still falling at max_epochs={max_epochs}: from {before:.3g} to {losses[-1]:.3g} "
            f"in the last {'epoch' if n_last == 1 else f'{n_last} epochs'}. Raise max_epochs"
        )
    else:
        return
    warnings.warn(f"{problem}.", ConvergenceWarning, stacklevel=stacklevel + 1)
