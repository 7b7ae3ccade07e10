"""What each bit of a core's ports means, as a table: for headers and for records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lutgen.core.interface import Interface
from lutgen.encode.encoder import CODE
from lutgen.model import Argmax, Sum
from lutgen.model.head import Bits
from lutgen.netlist.head import ONE_HOT
from lutgen.text import in_comment

HEADER_WIDTH = 96
_NUMBER_KINDS = {"b": "bool", "i": "int", "u": "int", "f": "float"}


@dataclass(frozen=True)
class InputBits:
    """Bits of ``x`` that belong together.

    Parameters
    ----------
    low, width : int
        They are ``x[low + width - 1 : low]``.
    feature : int
        Number of the feature that they tell of.
    name : str
        Name of the feature; "" if it has none.
    threshold : float or None
        Where encoded bits come in: the bit is one where the feature is this or more. None where
        the bits are the feature's code or one of them, or the bit asks for nothing but whether it
        is missing.
    missing : bool or None
        Where encoded bits come in: the bit where the feature is missing, if it may be.
    weight : float or None
        Where bits of numbers come in: what the bit counts.
    """

    low: int
    width: int
    feature: int
    name: str = ""
    threshold: float | None = None
    missing: bool | None = None
    weight: float | None = None

    def told(self, name: str, at_least: str) -> str:
        """Return in words when the bit is one; of a code, its name.

        Parameters
        ----------
        name : str
            What to call the feature.
        at_least : str
            How to say that it is a threshold or more, ``{}`` standing for that.
        """
        if self.weight is not None:
            return f"{name} bit of {self.weight!r}"
        if self.threshold is None:
            return {None: name, True: f"{name} is missing", False: "0"}[self.missing]
        return name + at_least.format(repr(self.threshold)) + " or missing" * bool(self.missing)


@dataclass(frozen=True)
class ClassCode:
    """A class as hardware answers it.

    Parameters
    ----------
    number : int
        Class number: the value of ``y``, or with one bit a class the bit of ``y``.
    label : str
        The model's label.
    kind : str
        What the label is: ``str``, ``int``, ``float`` or ``bool``.
    """

    number: int
    label: str
    kind: str = "str"


@dataclass(frozen=True)
class OutputBits:
    """Bits of ``y`` that belong together: a score, or bits, beside the class or for themselves."""

    low: int
    width: int
    name: str = ""


@dataclass(frozen=True)
class Ports:
    """What comes in and goes out, bit by bit.

    Parameters
    ----------
    inputs : tuple of InputBits
    classes : tuple of ClassCode
        Empty where the model answers no classes.
    outputs : tuple of OutputBits
        What it answers beside the class, or where it answers none.
    one_hot : bool
        Whether ``y`` has one bit a class.
    """

    inputs: tuple[InputBits, ...]
    classes: tuple[ClassCode, ...] = ()
    outputs: tuple[OutputBits, ...] = ()
    one_hot: bool = False

    @classmethod
    def of(cls, interface: Interface) -> Ports:
        """Return what the bits of an interface mean."""
        return cls(
            inputs=tuple(_inputs(interface)),
            classes=tuple(_classes(interface)),
            outputs=tuple(_outputs(interface)),
            one_hot=interface.answer == ONE_HOT,
        )

    def header(self) -> Iterator[str]:
        """Yield the lines that say it at the top of what is written, safe in any comment."""
        yield from self.class_lines()
        yield from _folded("bits     ", self._input_texts())
        yield from _folded(
            "outputs  ", [f"y{span(o.low, o.width)} = {spelt(o.name)}" for o in self.outputs]
        )

    def class_lines(self) -> Iterator[str]:
        """Yield the lines that say which class number is which label."""
        yield from _folded("classes  ", [f"class {c.number} = {told(c)}" for c in self.classes])

    def _input_texts(self) -> list[str]:
        if every := self._one_rule():
            return [every]
        return [
            f"x{span(item.low, item.width)} = {item.told(name_of(item), ' >= {}')}"
            for item in self.inputs
        ]

    def _one_rule(self) -> str:
        """Return what is true of all bits in one text; "" if there is none so short."""
        plain = all(not item.name and item.feature == i for i, item in enumerate(self.inputs))
        first = self.inputs[0] if self.inputs else None
        if not plain or first is None or len(self.inputs) == 1:
            return ""
        rule = (first.width, first.threshold, first.weight)
        if any((i.width, i.threshold, i.weight) != rule for i in self.inputs):
            return ""
        if any(item.missing for item in self.inputs):
            return ""
        if first.weight is not None:
            return f"x[i] = {first.told('feature i', '')}"
        if first.threshold is None:
            return f"feature f at x[{first.width}*f +: {first.width}]"
        return f"x[i] = feature i >= {first.threshold!r}"


def category_lines(categories: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the lines that say which values columns of texts have, each of them a feature."""
    for column, values in categories.items():
        yield from _folded(f"column   {spelt(column)}: ", [spelt(value) for value in values])


def told(code: ClassCode) -> str:
    """Return a label as it is told: numbers as they are, texts that could be taken wrongly quoted.

    The text ``7`` is told from the number 7, and a text with signs of the list from two of its
    entries.
    """
    return spelt(code.label) if code.kind == "str" else code.label


def spelt(text: str) -> str:
    """Return a name or a text label in one line, in quotes where it could be taken wrongly."""
    shown = in_comment(text)
    plain = shown == shown.strip() != "" and not any(sign in shown for sign in ',="')
    return shown if plain and not _is_number(shown) else f'"{shown}"'


def name_of(item: InputBits) -> str:
    """Return what to call a feature."""
    return spelt(item.name) if item.name else f"feature {item.feature}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in ("True", "False")
    return True


def _inputs(interface: Interface) -> Iterator[InputBits]:
    network = interface.network
    names = network.feature_names or ("",) * network.encoder.n_features
    if interface.formats:
        low = 0
        for feature, width in enumerate(interface.widths):
            yield InputBits(low, width, feature, names[feature])
            low += width
        return
    encoder = network.encoder
    pairs = zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
    may_lack = encoder.may_lack
    for bit, (feature, threshold) in enumerate(pairs):
        if encoder.kind == CODE:
            yield InputBits(bit, 1, feature, names[feature], weight=threshold)
            continue
        missing = None
        if encoder.missing is not None and may_lack[feature]:
            missing = bool(encoder.missing[bit])
        number = threshold if threshold < np.inf else None
        if number is None and missing is None:
            missing = False  # no number passes infinity
        yield InputBits(bit, 1, feature, names[feature], number, missing)


def _classes(interface: Interface) -> Iterator[ClassCode]:
    head = interface.network.head
    if isinstance(head, Argmax):
        kind = _NUMBER_KINDS.get(np.asarray(head.classes).dtype.kind, "str")
        for number, label in enumerate(head.classes.tolist()):
            yield ClassCode(number, str(label), kind)


def _outputs(interface: Interface) -> Iterator[OutputBits]:
    head = interface.network.head
    if interface.n_scores:
        width, low = interface.score_width, interface.class_width
        kind = "score" if isinstance(head, Sum) else "score of class"
        for score in range(interface.n_scores):
            yield OutputBits(low + score * width, width, f"{kind} {score}")
    elif isinstance(head, Bits):
        for bit, name in enumerate(head.names):
            yield OutputBits(bit, 1, name)
    width = interface.answer_width
    for copy in range(1, interface.copies):
        yield OutputBits(copy * width, width, f"copy {copy} of the bits below {width}")


def span(low: int, width: int) -> str:
    """Return a range of bits as Verilog writes it."""
    return f"[{low}]" if width == 1 else f"[{low + width - 1}:{low}]"


def _folded(name: str, items: list[str]) -> Iterator[str]:
    """Yield a list in lines of some width, no item folded, each line with the name before it."""
    line = ""
    for item in items:
        if line and len(name) + len(line) + len(item) + 2 > HEADER_WIDTH:
            yield f"{name}{line},"
            line = ""
        line += f", {item}" if line else item
    if line:
        yield name + line
