"""What a foreign format is to lutgen: how it is recognised, what has to be said beside it, reading.

A format is a value. What it does not say is not known of it, so a package of anybody can add one;
see :mod:`lutgen.importers.registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError
from lutgen.importers.content import Content
from lutgen.model import LutNetwork


@dataclass(frozen=True)
class Option:
    """Something that a format may have to be told because its files do not say it.

    Parameters
    ----------
    name : str
        As in Python; ``--name`` on the command line, with ``-`` for ``_``.
    help : str
        One sentence: what it says, and what holds without it.
    parse : callable
        Makes the value of a text of the command line, or checks one that came from Python; raises
        ValueError with what was expected.
    """

    name: str
    help: str
    parse: Callable[[Any], Any] = str


@dataclass(frozen=True, eq=False)
class Imported:
    """A network that came in.

    Parameters
    ----------
    network : LutNetwork
        The network; its scores are those of the original as far as `notes` do not say otherwise.
    notes : tuple of str
        What was taken for granted, with the option that says otherwise, and what is not exact.
    reference : callable or None
        Margins of the original, in its own arithmetic, of a matrix of shape
        (n_samples, n_features): float64 of shape (n_samples, n_scores). Only where the network's
        scores are not exactly these.
    """

    network: LutNetwork
    notes: tuple[str, ...] = ()
    reference: Callable[[NDArray[Any]], NDArray[np.float64]] | None = None


@dataclass(frozen=True)
class Request:
    """What is to be read, and what the user says of it.

    Parameters
    ----------
    content : Content
        The file.
    options : mapping
        Values by the name of the option, each one of the format's; those not given are missing.
    samples : ndarray of shape (n_samples, n_features) or None
        Samples of the user to choose by, such as how many bits the scores get.
    """

    content: Content
    options: Mapping[str, Any] = field(default_factory=dict)
    samples: NDArray[Any] | None = None


@dataclass(frozen=True)
class Format:
    """A foreign format.

    Parameters
    ----------
    name : str
        What ``--format`` calls it.
    title : str
        For people, e.g. ``XGBoost, JSON``.
    recognises : callable
        Whether a file is of this format, by its content. Raises ModelError only where the file
        cannot be of any other format either, such as a damaged file of torch's.
    read : callable
        Makes the network. Raises ModelError for a file that is damaged or of what lutgen cannot
        take, ConfigError for an option that is missing or does not go with it.
    options : tuple of Option
        What it can be told.
    general : bool
        Whether files of other formats may be of this one, too, as each is text of some language;
        a format that is not general is preferred.
    """

    name: str
    title: str
    recognises: Callable[[Content], bool]
    read: Callable[[Request], Imported]
    options: tuple[Option, ...] = ()
    general: bool = False

    def given(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return options checked and parsed; those that are None are left out.

        Raises
        ------
        ConfigError
            If the format has no option of that name, or the value is none.
        """
        known = {option.name: option for option in self.options}
        values = {}
        for name, value in options.items():
            if value is None:
                continue
            if name not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise ConfigError(f"the format {self.name} has no option {name}; {has}")
            try:
                values[name] = known[name].parse(value)
            except (TypeError, ValueError, OverflowError) as error:
                raise ConfigError(
                    f"option {name} of the format {self.name}: {error}; {known[name].help}"
                ) from error
        return values
