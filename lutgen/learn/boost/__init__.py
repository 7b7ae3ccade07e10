"""Boosting of LUTs by counting: see :mod:`lutgen.learn.boost.training`."""

from lutgen.learn.boost.numbers import boost_numbers
from lutgen.learn.boost.parameters import BoostParameters, BoostProgress
from lutgen.learn.boost.training import Interrupted, boost

__all__ = ["BoostParameters", "BoostProgress", "Interrupted", "boost", "boost_numbers"]
