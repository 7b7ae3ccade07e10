"""Heads: votes of the network's outputs to the class that wins, or to scores, as a netlist.

`votes` says what is computed, `compress` adds up, `argmax` compares, `build` puts them together.
"""

from lutgen.netlist.head.argmax import Node
from lutgen.netlist.head.build import NUMBER, ONE_HOT, SCORES, Head, build_head
from lutgen.netlist.head.compress import Counter
from lutgen.netlist.head.resources import Resources
from lutgen.netlist.head.votes import Votes

__all__ = [
    "NUMBER",
    "ONE_HOT",
    "SCORES",
    "Counter",
    "Head",
    "Node",
    "Resources",
    "Votes",
    "build_head",
]
