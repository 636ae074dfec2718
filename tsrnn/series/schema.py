"""`Column`: name, kind and availability of one column of covariates."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of covariates.

    Attributes
    ----------
    name : hashable
        Its name in the user's frame; its position in an array.
    kind : {"number", "category"}
        Whether its values are numbers or levels.
    known : {"past", "future"}
        Whether a forecast may read it up to its origin, or up to its last step.
    categories : tuple, default=()
        Levels of a category, by code.
    default : float, default=0.0
        Value where the series has none yet: the mean, or the code of the most frequent level.
    """

    name: object
    kind: str
    known: str
    categories: tuple = ()
    default: float = 0.0
