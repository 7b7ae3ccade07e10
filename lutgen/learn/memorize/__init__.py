"""Chatterjee's memorization: see :mod:`lutgen.learn.memorize.training`."""

from lutgen.learn.memorize.manyclass import memorize_classes
from lutgen.learn.memorize.training import Parameters, check_labels, memorize

__all__ = ["Parameters", "check_labels", "memorize", "memorize_classes"]
