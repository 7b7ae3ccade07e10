"""Chip families: a folder each, which holds all that lutgen knows of it.

A folder has a value of :class:`~lutgen.chips.family.Family`, offered in a tuple ``FAMILIES``:
primitives and fabric, devices, what Yosys, router and packer are called and call its parts, cells
that synthesis adds, facts for boards; and files beside it:

``delays.json``, ``routability.json``
    As measured, by ``benchmarks/delay_model.py`` and ``benchmarks/routing.py``.
``pins.v``, ``routed.v``
    Models of cells of a board's design, and of those that place and route writes.

A new family is its folder, or a package of anyone with an entry point (:mod:`~.registry`), and no
other file. ``tests/test_chips_conformance.py`` tests every one that is registered. What families
share is in `fabric`: mapping onto LUTs and hard multiplexers, pairs, carry chains, rules of places.
"""
