"""Tokens: steps that are categories, held as codes and never as a one-hot matrix."""

import numpy as np
import pandas as pd


def learn_categories(categories, tokens, owner):
    """Return the categories that tokens are read with.

    Parameters
    ----------
    categories : "auto" or array-like of shape (n_categories,)
        "auto" takes those that occur, sorted. Others are kept in the order given.
    tokens : ndarray of shape (n_rows,)
        The tokens of the fit.
    owner : str
        Name of the estimator.

    Returns
    -------
    ndarray of shape (n_categories,)

    Raises
    ------
    ValueError, TypeError
        If given categories are not a list without repetitions, or if tokens are missing or cannot be sorted.
    """
    if isinstance(categories, str):
        known = pd.unique(tokens[~pd.isna(tokens)])
        try:
            return np.sort(known)
        except TypeError as error:
            raise TypeError(
                f"{owner} cannot sort the tokens of X: use tokens of one type, or pass a list of categories."
            ) from error
    known = np.asarray(categories)
    if known.ndim == 1 and known.tolist() != list(categories):
        known = np.array(categories, dtype=object)  # NumPy has made words of numbers beside words
    if known.ndim != 1 or len(known) == 0 or pd.isna(known).any() or len(pd.unique(known)) < len(known):
        raise ValueError(
            f"The 'categories' parameter of {owner} must be None, 'auto' or a list of different categories. "
            f"Got {categories!r} instead."
        )
    return known


def encode_tokens(tokens, categories, locate_row):
    """Return the position of each token among the categories.

    Parameters
    ----------
    tokens : ndarray of shape (n_rows,)
        Any type that can be hashed.
    categories : ndarray of shape (n_categories,)
        All different.
    locate_row : callable
        Sample and step of a row in `X`.

    Returns
    -------
    ndarray of shape (n_rows,), int32

    Raises
    ------
    ValueError
        Naming the tokens that are no categories, and the position of the first one.
    """
    codes = pd.Index(categories).get_indexer(tokens)
    unknown = codes < 0
    if unknown.any():
        shown = ", ".join(map(repr, pd.unique(tokens[unknown])[:5].tolist()))
        sample, step = locate_row(int(np.argmax(unknown)))
        raise ValueError(
            f"Found unknown categories [{shown}] in X: the first is at sample {sample}, step {step}. Known "
            f"are the {len(categories)} of categories_. Give the parameter categories=[...] a list with one "
            "for all other tokens, and put it in their place."
        )
    return codes.astype(np.int32)
