"""The registers of a core on a bus, as ``hdl/lutgen_registers.v`` has them: one table for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lutgen.board.shell import CorePorts
from lutgen.chips.tables import Loading
from lutgen.core import Core, Interface
from lutgen.errors import ConfigError
from lutgen.kit.answers import WORD, answer_parts

MAGIC = int.from_bytes(b"LUTG", "little")
N_ID_WORDS = 8
MAX_WORDS = 0xFFFF
_ANSWER_AT = 0x40
_PAGE = 0x40  # the sample begins at a multiple of it
_MAX_LOAD_WORDS = 0xFFFFFF
_LEAST_ADDRESS_WIDTH = 12  # interconnects hand out no less


@dataclass(frozen=True)
class Field:
    """Bits of a register.

    Parameters
    ----------
    access : str
        ``r``, ``rw``, ``w``, ``w1s`` (write 1, reads 0) or ``w1c`` (write 1 to clear).
    value : int
        After a reset; of what can only be read and does not change, for good.
    """

    name: str
    low: int
    width: int
    access: str
    meaning: str
    value: int = 0
    is_constant: bool = False


@dataclass(frozen=True)
class Register:
    """Words that belong together.

    Parameters
    ----------
    offset : int
        Bytes from where the registers begin.
    n_words : int
    is_array : bool
        Whether to count the words although there may be but one.
    """

    name: str
    offset: int
    n_words: int
    fields: tuple[Field, ...]
    meaning: str
    is_array: bool = False

    @property
    def value(self) -> int:
        """What it is after a reset."""
        return sum(item.value << item.low for item in self.fields)


@dataclass(frozen=True)
class RegisterMap:
    """The registers of a core.

    Parameters
    ----------
    registers : tuple of Register
    address_width : int
        Bits of the address of a byte.
    """

    registers: tuple[Register, ...]
    address_width: int

    def __getitem__(self, name: str) -> Register:
        return next(item for item in self.registers if item.name == name)

    @property
    def sample_at(self) -> int:
        """Which word the sample begins with."""
        return self["SAMPLE"].offset // 4


def id_words(core_id: str) -> list[int]:
    """Return the words of an identity, the first byte of the digest in the lowest bits."""
    words: list[int] = np.frombuffer(bytes.fromhex(core_id), "<u4").tolist()
    return words


def require_words(interface: Interface) -> None:
    """Refuse scores that are wider than a word.

    Raises
    ------
    ConfigError
        The message names the shell that carries them.
    """
    if interface.score_width > WORD:
        raise ConfigError(
            f"a score has {interface.score_width} bits, a register {WORD}; take the shell stream, "
            "which carries any width"
        )


def register_map(core: Core) -> RegisterMap:
    """Return the registers of a core.

    Raises
    ------
    ConfigError
        If a score is wider than a word, or there are more words than can be told.
    """
    require_words(core.interface)
    n_answer = sum(part.room for part in answer_parts(core.interface, WORD)) // WORD
    n_sample = -(-CorePorts.of(core).n_stream_bits // WORD)
    if max(n_answer, n_sample) > MAX_WORDS:
        raise ConfigError(
            f"{n_sample:,} words of a sample and {n_answer:,} of an answer are too many for "
            f"registers, {MAX_WORDS:,} at most; take the shell stream"
        )
    sample_at = -(-(_ANSWER_AT + 4 * n_answer) // _PAGE) * _PAGE
    end = sample_at + 4 * n_sample
    shape = n_answer << 16 | n_sample
    loading = core.interface.loading
    registers = (
        Register("MAGIC", 0x00, 1, (_constant("VALUE", MAGIC),), 'the letters "LUTG"'),
        Register(
            "SHAPE",
            0x04,
            1,
            (
                Field("SAMPLE_WORDS", 0, 16, "r", "words of a sample", shape & 0xFFFF, True),
                Field("ANSWER_WORDS", 16, 16, "r", "words of an answer", shape >> 16, True),
            ),
            "how many words a sample and an answer have",
        ),
        Register(
            "CONTROL",
            0x08,
            1,
            (
                Field("START", 0, 1, "w1s", "take the sample as it stands; clears DONE"),
                Field("INTERRUPT_ENABLE", 1, 1, "rw", "interrupt while DONE is 1"),
            ),
            "what to do",
        ),
        Register(
            "STATUS",
            0x0C,
            1,
            (
                Field("BUSY", 0, 1, "r", "the answer is under way"),
                Field("DONE", 1, 1, "w1c", "ANSWER is that to the last START"),
            ),
            "what is going on",
        ),
        *(() if loading is None else _load_registers(core.interface, loading)),
        *(
            Register(
                f"CORE_ID_{number}",
                0x20 + 4 * number,
                1,
                (_constant("VALUE", word),),
                f"identity of the core, word {number}",
            )
            for number, word in enumerate(id_words(core.interface.core_id))
        ),
        Register(
            "ANSWER",
            _ANSWER_AT,
            n_answer,
            (Field("VALUE", 0, WORD, "r", "what the core answers"),),
            _answer_meaning(core.interface),
            is_array=True,
        ),
        Register(
            "SAMPLE",
            sample_at,
            n_sample,
            (Field("VALUE", 0, WORD, "rw", "what goes in"),),
            "the sample, its lowest bits first",
            is_array=True,
        ),
    )
    return RegisterMap(registers, max(_LEAST_ADDRESS_WIDTH, (end - 1).bit_length()))


def _load_registers(interface: Interface, loading: Loading) -> tuple[Register, ...]:
    """Return the registers that load tables."""
    n_words = loading.n_bits // WORD
    if n_words > _MAX_LOAD_WORDS:
        raise ConfigError(
            f"{n_words:,} words of tables are too many to load, {_MAX_LOAD_WORDS:,} at most; "
            "leave --reloadable out"
        )
    return (
        Register(
            "LOAD",
            0x10,
            1,
            (
                Field("LOAD", 0, 1, "w1s", "begin to load tables; clears BUSY and DONE"),
                Field("SHIFTING", 1, 1, "r", "the last word of tables is not in them yet"),
                Field("WHOLE", 2, 1, "r", "the tables are those of one model", 1),
            ),
            "loading of tables",
        ),
        Register(
            "TABLES",
            0x14,
            1,
            (Field("VALUE", 0, WORD, "w", "the next word of tables"),),
            "the next word of tables; not while SHIFTING",
        ),
        Register(
            "CONTENTS",
            0x18,
            1,
            (Field("VALUE", 0, WORD, "r", "CRC-32 of the tables", interface.contents),),
            "CRC-32 of the words that were loaded; at first of the model that it was built of",
        ),
        Register("LOAD_WORDS", 0x1C, 1, (_constant("VALUE", n_words),), "words of all tables"),
    )


def _answer_meaning(interface: Interface) -> str:
    if not interface.n_scores:
        return "the answer, its lowest bits first"
    if not interface.class_width:
        return "the scores, one a word, sign-extended"
    first = answer_parts(interface, WORD)[1].at // WORD
    return f"the class, and from word {first} on the score of each class, one a word, sign-extended"


def _constant(name: str, value: int) -> Field:
    return Field(name, 0, WORD, "r", "constant", value, is_constant=True)
