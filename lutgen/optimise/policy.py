"""Policies: which table entries of a trained network count as free to change."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lutgen.errors import ConfigError

POLICIES = "unseen, tied, weak:SHARE"


@dataclass(frozen=True)
class Policy:
    """Which entries are free.

    Parameters
    ----------
    name : {"unseen", "tied", "weak"}
        ``unseen``: entries that no training sample reached. What the network does with its training
        samples stays the same, in every signal.
        ``tied``: these, and entries whose two counts are equal. No LUT answers fewer training
        samples right, given what it reads.
        ``weak``: moreover, whatever the counts decide most weakly, until a LUT answers a share
        `tolerance` of the training samples wrong that it answered right.
    tolerance : float
        That share, 0 for the other policies.
    """

    name: str = "unseen"
    tolerance: float = 0.0

    @property
    def counts(self) -> bool:
        """Whether the policy needs the training samples, to count anew."""
        return self.name != "unseen"

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Parse ``unseen``, ``tied`` or ``weak:SHARE``.

        Raises
        ------
        ConfigError
            If it is none of them.
        """
        if text in ("unseen", "tied"):
            return cls(text)
        name, _, share = text.partition(":")
        try:
            tolerance = float(share)
        except ValueError:
            tolerance = math.nan
        if name == "weak" and 0 < tolerance < 1:
            return cls(name, tolerance)
        raise ConfigError(
            f"the policy must be one of {POLICIES}, with SHARE between 0 and 1 the part of the "
            f"training samples that a LUT may lose, e.g. weak:0.001; got {text!r}"
        )

    def __str__(self) -> str:
        """Return the policy as it is written on the command line."""
        return f"{self.name}:{self.tolerance:g}" if self.name == "weak" else self.name


_PER_10000 = (200, 150, 110, 80, 60, 45, 34, 25, 19, 14, 10, 8, 6, 4.5, 3.4, 2.5, 1.9, 1.4, 1)

# From the boldest to the most careful: what a search tries.
LADDER = (
    *(Policy("weak", round(share * 1e-4, 6)) for share in _PER_10000),
    Policy("tied"),
    Policy("unseen"),
)
