"""Who a device says it is: words of the identity, from an interface and back to one.

Words of version 2 have 32 bits, those of version 1 had 16; see docs/protocol.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lutgen.chips.tables import STYLES
from lutgen.core.interface import BITS, Interface
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, MismatchError
from lutgen.host.protocol import VERSION
from lutgen.model import LutNetwork
from lutgen.netlist.head import NUMBER, SCORES

CONTENTS_WORD, WHOLE_WORD = 16, 17
"""Words that a device with tables that can be loaded has beside: CRC-32 of what they hold, and
whether they are whole."""

N_WORDS = {1: 19, VERSION: 16}
"""Words of the identity, by version of the protocol."""

ENCODED, COMMON, TABLE = "encoded bits", "features of one format", "features of several formats"

_ANSWERS = (NUMBER, SCORES, BITS)  # by their number on the line
_FORMS = (ENCODED, COMMON, TABLE)
_TABLES = ("", *STYLES)


@dataclass(frozen=True)
class Identity:
    """Who a device says it is.

    Parameters
    ----------
    core_id : str
        See :attr:`lutgen.core.interface.Interface.core_id`. In version 1 of the protocol, the
        digest that the model had in a file of format 2.
    n_inputs : int
        Bits of a sample.
    answer : str
        What the answer is; see :attr:`lutgen.core.interface.Interface.answer`.
    answer_width : int
        Bits of the answer; 0 where the device does not say (version 1).
    number_width : int
        Bits of each number in it: a score, a bit, or the class number, which scores may follow; 0
        likewise.
    form : str
        What a sample is: `ENCODED`, `COMMON` or `TABLE`.
    format : FeatureFormat
        That of every feature, of `COMMON`.
    tables : str
        How the core's tables can be loaded, see :attr:`lutgen.core.interface.Interface.tables`; ""
        where they are fixed.
    version : int
        Version of the protocol.
    """

    core_id: str
    n_inputs: int
    answer: str = NUMBER
    answer_width: int = 0
    number_width: int = 0
    form: str = ENCODED
    format: FeatureFormat = field(default=FeatureFormat(1))
    tables: str = ""
    version: int = VERSION

    @classmethod
    def of(cls, interface: Interface) -> Identity:
        """Return the identity of hardware with an interface.

        Raises
        ------
        ConfigError
            If it answers one bit a class, or three copies, which no line carries.
        """
        if interface.answer not in _ANSWERS:
            raise ConfigError(
                f"a board answers class numbers over its line, not {interface.answer}; leave "
                "one_hot out"
            )
        if interface.copies > 1:
            raise ConfigError(
                "a line carries one answer, not three copies of it; leave tmr_outputs out "
                "(--tmr-outputs)"
            )
        width = interface.n_outputs
        number_widths = {NUMBER: interface.class_width, SCORES: interface.score_width, BITS: 1}
        identity = cls(
            core_id=interface.core_id,
            n_inputs=interface.n_inputs,
            answer=interface.answer,
            answer_width=width,
            number_width=number_widths[interface.answer],
            tables=interface.tables,
        )
        if not interface.formats:
            return identity
        first = interface.formats[0]
        if first.missing is not None or any(item != first for item in interface.formats):
            return replace(identity, form=TABLE)
        return replace(identity, form=COMMON, format=first)

    def interface(self, network: LutNetwork) -> Interface:
        """Return the interface that a device of this identity has, if it was built of a model.

        Raises
        ------
        MismatchError
            If the identity does not say it, or no core of the model can have it.
        """
        if self.form == TABLE:
            raise MismatchError(
                "the board takes features of several formats, or with a code for missing values, "
                "which it does not tell; name the folder that it was built in (lutgen host "
                "--build), or give the format that it was built with (--input-format), or the "
                "interface of its core: Device(port, network, interface=core.interface)"
            )
        formats: tuple[FeatureFormat, ...] = ()
        if self.form == COMMON:
            formats = (self.format,) * network.encoder.n_features
        return Interface(network, formats, scores=self.has_scores, tables=self.tables)

    @property
    def has_scores(self) -> bool:
        """Whether the scores of all classes follow the class number in the answer."""
        return self.answer == NUMBER and self.answer_width > self.number_width > 0

    def describe(self) -> str:
        """Return for people what goes in and what comes out."""
        x = f"features {self.format}" if self.form == COMMON else self.form
        y = f"{self.answer_width} bits, {self.answer}" if self.answer_width else self.answer
        y += " and scores" * self.has_scores
        y += "; its tables can be loaded" * bool(self.tables)
        return f"input: {self.n_inputs} bits, {x}; answer: {y}"


def info_words(identity: Identity) -> list[int]:
    """Return the words that tell an identity, in version 2 of the protocol."""
    packed = bytes.fromhex(identity.core_id)
    assert len(packed) == 32 and identity.version == VERSION
    form = _FORMS.index(identity.form)
    words = [0, 0, 0, 0, 0]
    if identity.form == COMMON:
        item = identity.format
        numbers = np.array([item.scale, item.offset], dtype="<f8").view("<u4").tolist()
        words = [item.width << 8 | item.signed << 16, *numbers]
    answer = _ANSWERS.index(identity.answer)
    return [
        VERSION,
        identity.n_inputs,
        *np.frombuffer(packed, "<u4").tolist(),
        answer
        | identity.answer_width << 8
        | identity.number_width << 16
        | _TABLES.index(identity.tables) << 24,
        form | words[0],
        *words[1:],
    ]


def read_info(words: Sequence[int]) -> Identity:
    """Return the identity that words tell, of either version.

    Raises
    ------
    MismatchError
        If they say what this version of lutgen does not know.
    """
    if words[0] == 1:
        digest = np.array([word & 0xFFFF for word in words[3:]], dtype="<u2").tobytes().hex()
        n_inputs, feature_bits = words[1] | (words[2] & 0xFF) << 16, words[2] >> 8
        identity = Identity(digest, n_inputs, version=1)
        return _with_format(identity, COMMON, [feature_bits << 8]) if feature_bits else identity
    core_id = np.array(words[2:10], dtype="<u4").tobytes().hex()
    kind, form, tables = words[10] & 0xFF, words[11] & 0xFF, words[10] >> 24
    if kind >= len(_ANSWERS) or form >= len(_FORMS) or tables >= len(_TABLES):
        raise MismatchError(
            f"the board tells answers of kind {kind}, features of kind {form} and tables of kind "
            f"{tables}, which this lutgen does not know; use the lutgen that built it"
        )
    identity = Identity(
        core_id=core_id,
        n_inputs=words[1],
        answer=_ANSWERS[kind],
        answer_width=words[10] >> 8 & 0xFF,
        number_width=words[10] >> 16 & 0xFF,
        tables=_TABLES[tables],
    )
    return _with_format(identity, _FORMS[form], words[11:16])


def _with_format(identity: Identity, form: str, words: Sequence[int]) -> Identity:
    if form != COMMON:
        return replace(identity, form=form)
    width, signed = words[0] >> 8 & 0xFF, bool(words[0] >> 16 & 1)
    scale, offset = 1.0, 0.0
    if len(words) > 1:
        scale, offset = np.array(words[1:], dtype="<u4").view("<f8").tolist()
    try:
        return replace(identity, form=form, format=FeatureFormat(width, signed, scale, offset))
    except ConfigError as error:
        raise MismatchError(
            f"the board tells a format of features that is none: {error}"
        ) from error
