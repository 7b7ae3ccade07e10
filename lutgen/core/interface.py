"""What the ports of a core carry: samples at ``x``, answers at ``y``; bound to its network.

This is the one place that knows the ports: widths, the codes of features, and what an answer is.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import WORD_BITS, Bits, pack
from lutgen.chips.chip import get_chip
from lutgen.chips.registry import families
from lutgen.chips.tables import STYLES, Loading
from lutgen.core.config import CoreConfig
from lutgen.core.inputs import (
    InputFormat,
    choose_formats,
    feature_title,
    lacking_features,
    used_bits,
)
from lutgen.encode.encoder import CODE, as_matrix, check_binary
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, DataError
from lutgen.model import Argmax, LutNetwork, Sum
from lutgen.model.head import Answers
from lutgen.netlist.head import NUMBER, ONE_HOT, SCORES, Votes
from lutgen.netlist.passes.triplicate import N_COPIES

BITS = "bits"
MAX_VALUE_BITS = 62
_ID_VERSION = b"lutgen core 1"
_CHUNK = 64 * WORD_BITS  # samples taken apart at a time: bounds the memory
_BITS_OF_INT = 32
_NO_CODE = np.iinfo(np.int32).min


@dataclass(frozen=True, eq=False)
class Interface:
    """The ports of a core.

    Parameters
    ----------
    network : LutNetwork
        The model.
    formats : tuple of FeatureFormat
        How each feature comes in, where the encoder is in hardware: bit b of feature f is
        ``x[b + (widths of the features before it)]``. Empty: ``x[i]`` is bit i of the encoder.
        Formats are taken as they are. What :func:`lutgen.core.inputs.choose_formats` reads may
        stand here, too, as ``"auto"`` or ``"q4.8"``: then one that loses something is refused, and
        :meth:`taking` can accept it.
    one_hot : bool
        Whether ``y[c]`` is one for class c alone; else ``y`` is the class number in binary. Of a
        network that answers numbers, ``y`` is its scores as two's complement numbers, score 0
        lowest; of one that answers bits, these.
    scores : bool
        Whether the scores of all classes stand above the class in ``y``, as two's complement
        numbers of :attr:`score_width` bits, that of class 0 lowest.
    tables : str
        How the tables of the trained LUTs can be loaded, one of
        :data:`lutgen.chips.tables.STYLES`; "" where they are fixed.
    copies : int
        How often all of this stands in ``y``, one above the other: 1, or 3 to be voted on.

    Raises
    ------
    ConfigError
        If there are not as many formats as features, or one bit a class, or scores beside the
        class, are asked of a network that answers no classes.
    """

    network: LutNetwork
    formats: tuple[FeatureFormat, ...] = ()
    one_hot: bool = False
    scores: bool = False
    tables: str = ""
    copies: int = 1

    def __post_init__(self) -> None:
        assert not self.tables or self.tables in STYLES
        n_features = self.network.encoder.n_features
        asked: Any = self.formats
        if self.network.encoder.window is not None:
            asked = "auto" if asked == () else asked  # a window's values come in as they are
        if not isinstance(asked, tuple) or not all(isinstance(f, FeatureFormat) for f in asked):
            object.__setattr__(self, "formats", choose_formats(self.network, asked))
        if self.formats and len(self.formats) != n_features:
            raise ConfigError(
                f"{len(self.formats)} formats for {n_features} features; give one each"
            )
        if self.one_hot and not isinstance(self.network.head, Argmax):
            raise ConfigError(
                "one bit a class is for networks that answer classes; this one does not "
                f"({self.network.describe_head()})"
            )
        if self.scores and not isinstance(self.network.head, Argmax):
            raise ConfigError(
                "scores beside the class are for networks that answer classes; this one does not "
                f"({self.network.describe_head()})"
            )

    @classmethod
    def of(cls, network: LutNetwork, config: CoreConfig) -> Interface:
        """Return the interface that a configuration asks for.

        Raises
        ------
        ConfigError
            If a format of the features loses something, and that is not accepted; see
            :func:`lutgen.core.inputs.choose_formats`.
        """
        asked = config.takes_features
        if not asked:
            # of a window: its own formats
            found = cls(network, (), config.one_hot, config.scores, table_style(config))
        else:
            found = cls.taking(
                network,
                asked,
                one_hot=config.one_hot,
                scores=config.scores,
                accept_rounding=config.accept_rounding,
                tables=table_style(config),
            )
        return replace(found, copies=N_COPIES) if config.tmr_outputs else found

    @classmethod
    def taking(
        cls,
        network: LutNetwork,
        input_format: InputFormat,
        *,
        one_hot: bool = False,
        scores: bool = False,
        accept_rounding: bool = False,
        tables: str = "",
    ) -> Interface:
        """Return the interface that takes features as numbers of a format, e.g. ``auto``.

        Raises
        ------
        ConfigError
            See :meth:`of`.
        """
        formats = choose_formats(network, input_format, accept_rounding=accept_rounding)
        return cls(network, formats, one_hot, scores, tables)

    # -- widths --------------------------------------------------------------------------------

    @property
    def n_inputs(self) -> int:
        """Width of ``x``."""
        return sum(self.widths) if self.formats else self.network.n_inputs

    @property
    def widths(self) -> tuple[int, ...]:
        """Bits of each feature; empty where encoded bits come in."""
        return tuple(item.width for item in self.formats)

    @property
    def feature_bits(self) -> int:
        """Bits of the first feature, of all where they have one format; 0: encoded bits come in."""
        return self.formats[0].width if self.formats else 0

    @property
    def answer(self) -> str:
        """What ``y`` is: class number or one bit a class, even with scores; scores; or bits."""
        if isinstance(self.network.head, Argmax):
            return ONE_HOT if self.one_hot else NUMBER
        return SCORES if isinstance(self.network.head, Sum) else BITS

    @property
    def votes(self) -> Votes | None:
        """What the head adds up; None where the outputs are the answer."""
        head = self.network.head
        if not isinstance(head, Argmax | Sum) or (
            self.network.is_class_number and not self.one_hot and not self.scores
        ):
            return None
        return Votes(head.weights, head.bias)

    @cached_property
    def score_width(self) -> int:
        """Bits of each score, where ``y`` has scores; else 0."""
        head = self.network.head
        if isinstance(head, Sum) or (self.scores and isinstance(head, Argmax)):
            return Votes(head.weights, head.bias).signed_width()
        return 0

    @property
    def class_width(self) -> int:
        """Bits of ``y`` that tell the class, the lowest ones; 0 where it answers none."""
        head = self.network.head
        if not isinstance(head, Argmax):
            return 0
        return head.n_classes if self.one_hot else (head.n_classes - 1).bit_length()

    @property
    def n_scores(self) -> int:
        """Scores in ``y``."""
        head = self.network.head
        if isinstance(head, Argmax):
            return head.n_classes if self.scores else 0
        return head.n_scores if isinstance(head, Sum) else 0

    @property
    def n_outputs(self) -> int:
        """Width of ``y``."""
        return self.copies * self.answer_width

    @property
    def answer_width(self) -> int:
        """Width of an answer, of which ``y`` may have several copies."""
        if isinstance(self.network.head, Argmax | Sum):
            return self.class_width + self.n_scores * self.score_width
        return int(self.network.outputs.size)

    # -- what goes in, what comes out ----------------------------------------------------------

    def samples(self, X: ArrayLike) -> Bits:
        """Return samples of shape (n_samples, n_features) as they come in at ``x``.

        Where features come in, each is its code, which saturates; NaN is its format's code of
        missing values. :meth:`changed` tells where that is another answer than the model's.

        Raises
        ------
        DataError
            If the encoder cannot encode them, or the core cannot take a feature: it is NaN and its
            format has no code for that.
        """
        if not self.formats:
            return self.network.encode(X)
        codes = self.codes(X)
        place = np.concatenate([np.arange(width) for width in self.widths])
        feature = np.repeat(np.arange(len(self.widths)), self.widths)
        return _by_chunks(
            len(codes), lambda rows: (codes[rows][:, feature] >> place & 1).astype(np.uint8)
        )

    def codes(self, X: ArrayLike) -> NDArray[np.int32]:
        """Return samples as codes, shape (n_samples, n_features); features have to come in.

        Columns of a data frame are matched with the features by name.

        Raises
        ------
        DataError
            See :meth:`samples`.
        """
        matrix = self._matrix(X)
        if matrix.shape[1] != len(self.formats):
            raise DataError(
                f"the samples have {matrix.shape[1]} columns, the core takes "
                f"{len(self.formats)} features; give the same columns as in training"
            )
        encoder = self.network.encoder
        encoder.check_missing(matrix, self.network.feature_names)
        if encoder.kind == "binary":
            check_binary(encoder.compared(matrix), missing=True)
        unread = encoder.may_lack & ~lacking_features(self.network)
        codes = np.empty(matrix.shape, dtype=np.int32)
        for feature, item in enumerate(self.formats):
            values = matrix[:, feature]
            if unread[feature] and item.missing is None and values.dtype.kind == "f":
                values = np.where(np.isnan(values), 0, values)  # no comparator reads the code
            try:
                codes[:, feature] = item.codes(values)
            except DataError as error:
                raise DataError(f"{feature_title(self.network, feature)}: {error}") from error
        return codes

    def _matrix(self, X: ArrayLike) -> NDArray[Any]:
        """Return samples as a matrix, which has NaN only where a code or the model knows it."""
        missing = self.network.encoder.missing is not None
        missing |= any(item.missing is not None for item in self.formats)
        return as_matrix(self.network.by_name(X), missing=missing, names=self.network.feature_names)

    def changed(self, X: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which samples' encoder bits, of those used, and which answers are not the model's.

        The model is given the numbers themselves, the core their codes. Rows of NaN of which the
        model makes nothing count as not changed.

        Returns
        -------
        (bits, answers) : ndarrays of bool of shape (n_samples,)
        """
        matrix = self._matrix(X)
        bits, answers = np.zeros((2, len(matrix)), dtype=bool)
        if not self.formats:
            self.network.encode(matrix)  # what it refuses is refused
            return bits, answers
        used = used_bits(self.network)
        for start in range(0, len(matrix), _CHUNK):
            part = matrix[start : start + _CHUNK]
            taken = Bits.from_dense(self._passed(self.codes(part)))
            lacking = np.zeros(len(part), dtype=bool)
            if part.dtype.kind == "f" and self.network.encoder.missing is None:
                lacking = np.asarray(np.isnan(part).any(axis=1))
                part = np.where(np.isnan(part), 0, part)
            given = self.network.encode(part)
            differ = np.bitwise_or.reduce(given.words[used] ^ taken.words[used], axis=0)
            own = Bits(differ[None], len(part)).to_dense()[:, 0].astype(bool) & ~lacking
            rows = np.flatnonzero(own)
            bits[start + rows] = True
            if rows.size:
                first, second = (
                    np.asarray(self.network.answers(item.take(rows))).reshape(rows.size, -1)
                    for item in (given, taken)
                )
                answers[start + rows] = (first != second).any(axis=1)
        return bits, answers

    def predict(self, X: ArrayLike) -> Answers:
        """Return what the core answers to samples, as the model's own ``predict`` does."""
        return self.meant(self.numbers(self.answers(self.samples(X))))

    def encoded(self, x: Bits) -> Bits:
        """Return the bits that the encoder makes of what comes in at ``x``."""
        if not self.formats:
            return x
        ends = np.cumsum(self.widths).tolist()

        def passed(rows: slice) -> NDArray[np.uint8]:
            words = x.words[:, rows.start // WORD_BITS : -(-rows.stop // WORD_BITS)]
            dense = Bits(words, rows.stop - rows.start).to_dense()
            codes = np.empty((len(dense), len(self.formats)), dtype=np.int32)
            for f, (item, end) in enumerate(zip(self.formats, ends, strict=True)):
                own = dense[:, end - item.width : end].astype(np.int32)
                code = (own << np.arange(item.width, dtype=np.int32)).sum(axis=1)
                codes[:, f] = code - ((code > item.largest).astype(np.int32) << item.width)
            return self._passed(codes)

        return _by_chunks(x.n_samples, passed)

    @cached_property
    def _least_codes(self) -> NDArray[np.int32]:
        """The least code that passes each comparator, held where an int32 ends."""
        encoder = self.network.encoder
        pairs = zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
        window = encoder.window
        formats = self.formats if window is None else window.feature_formats
        least = (formats[feature].threshold_code(threshold) for feature, threshold in pairs)
        limit = 1 << 30  # beyond every code
        return np.array([min(max(code, -limit), limit) for code in least], dtype=np.int32)

    def _passed(self, codes: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Return which comparators codes pass, shape (n_samples, n_bits)."""
        encoder = self.network.encoder
        if encoder.window is not None:
            codes = encoder.window.combine(codes)
        own = codes[:, encoder.feature]
        if encoder.kind == CODE:
            return ((own >> np.maximum(self._places, 0) & 1) * (self._places >= 0)).astype(np.uint8)
        passes = np.asarray(own >= self._least_codes)
        if encoder.missing is not None:
            np.copyto(passes, encoder.missing, where=own == self._missing_codes)
        return passes.view(np.uint8)

    @cached_property
    def _places(self) -> NDArray[np.int32]:
        """Which bit of its feature's code each bit of a code encoder is; below 0: none."""
        encoder = self.network.encoder
        pairs = zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
        places = [self.formats[feature].place(weight) for feature, weight in pairs]
        return np.minimum(np.array(places, dtype=np.int32), _BITS_OF_INT - 1)

    @cached_property
    def _missing_codes(self) -> NDArray[np.int32]:
        """The code of missing values of each comparator's feature, or one that is none."""
        codes = [_NO_CODE if item.missing is None else item.missing for item in self.formats]
        return np.array(codes, dtype=np.int32)[self.network.encoder.feature]

    def answers(self, x: Bits) -> Bits:
        """Return what has to stand at ``y`` for what comes in at ``x``."""
        answer = self._answer(x)
        return Bits(np.tile(answer.words, (self.copies, 1)), answer.n_samples)

    def _answer(self, x: Bits) -> Bits:
        outputs = self.network.output_bits(self.encoded(x))
        head = self.network.head
        if isinstance(head, Argmax):
            dense = outputs.to_dense()
            numbers = head.class_numbers(dense)[:, None]
            place = np.arange(self.class_width)
            answer = numbers == place if self.one_hot else numbers >> place & 1
            if self.scores:
                answer = np.concatenate([answer, self._score_bits(head.scores(dense))], axis=1)
            return Bits.from_dense(answer.astype(np.uint8))
        if isinstance(head, Sum):
            scores = self._score_bits(head.scores(outputs.to_dense()))
            return Bits.from_dense(scores.astype(np.uint8))
        return outputs

    def _score_bits(self, scores: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return scores of shape (n_samples, n_scores) as bits, the lowest of score 0 first."""
        bits = scores[:, :, None] >> np.arange(self.score_width) & 1
        return np.asarray(bits.reshape(len(scores), scores.shape[1] * self.score_width))

    def voted(self, y: Bits) -> Bits:
        """Return the answer at ``y``: of copies, what at least two say, bit by bit."""
        if self.copies == 1:
            return y
        a, b, c = y.words.reshape(self.copies, self.answer_width, -1)
        return Bits(a & b | (a | b) & c, y.n_samples)

    def values(self, y: Bits) -> NDArray[np.int64]:
        """Return what stands at ``y`` as one whole number a sample, ``y[0]`` its lowest bit.

        It is how a line carries an answer; ``y`` may have 62 bits at most.
        """
        assert y.n_signals <= MAX_VALUE_BITS
        return np.asarray((y.to_dense().astype(np.int64) << np.arange(y.n_signals)).sum(axis=1))

    def of_values(self, values: ArrayLike) -> Bits:
        """Return what stands at ``y`` where :meth:`values` tells these numbers.

        Raises
        ------
        DataError
            If one has more bits than ``y``.
        """
        numbers = np.asarray(values, dtype=np.int64)
        if numbers.size and (numbers.min() < 0 or numbers.max() >> self.n_outputs):
            wrong = numbers.min() if numbers.min() < 0 else numbers.max()
            raise DataError(f"{wrong} was answered, which is no answer of {self.n_outputs} bit(s)")
        return Bits.from_dense((numbers[:, None] >> np.arange(self.n_outputs) & 1).astype(np.uint8))

    def numbers(self, y: Bits) -> NDArray[np.int64]:
        """Return what stands at ``y`` as numbers.

        Returns
        -------
        ndarray
            Class numbers of shape (n_samples,), scores of shape (n_samples, n_scores), or bits of
            shape (n_samples, answer_width).
        """
        dense = self.voted(y).to_dense().astype(np.int64)
        if self.answer in (NUMBER, ONE_HOT):
            dense = dense[:, : self.class_width]
            if self.one_hot:
                return np.asarray(dense.argmax(axis=1))
            return np.asarray((dense << np.arange(dense.shape[1])).sum(axis=1))
        return self.score_numbers(y) if self.answer == SCORES else dense

    def score_numbers(self, y: Bits) -> NDArray[np.int64]:
        """Return the scores that stand at ``y``, of shape (n_samples, n_scores).

        Raises
        ------
        ConfigError
            If the core answers none.
        """
        width = self.score_width
        if not width:
            raise ConfigError(
                "the core answers no scores; make it with CoreConfig(scores=True), --scores"
            )
        dense = self.voted(y).to_dense().astype(np.int64)[:, self.class_width :]
        scores = (dense.reshape(len(dense), self.n_scores, width) << np.arange(width)).sum(axis=2)
        return np.asarray(scores - (scores >> (width - 1) << width))

    def meant(self, numbers: NDArray[np.int64]) -> Answers:
        """Return what the numbers of :meth:`numbers` mean: labels, numbers or bits.

        Raises
        ------
        DataError
            If a class number is none of the model's.
        """
        head = self.network.head
        if isinstance(head, Argmax):
            if numbers.size and numbers.max() >= head.n_classes:
                raise DataError(
                    f"class number {numbers.max()} was answered, the model has {head.n_classes} "
                    "classes"
                )
            return head.classes[numbers]
        if isinstance(head, Sum):
            values = head.meant(numbers)
            return values[:, 0] if head.n_scores == 1 else values
        return numbers.astype(np.uint8)

    # -- for people, and for hardware ----------------------------------------------------------

    def describe(self) -> tuple[str, str]:
        """Return for people what ``x`` is, and what ``y`` is."""
        width = self.n_inputs
        x = f"x[{width - 1}:0]: x[i] is bit i of the encoder"
        if self.formats:
            x = f"x[{width - 1}:0]: {len(self.formats)} features{_layout(self.formats)}"
        if (window := self.network.encoder.window) is not None:
            x += f"; {window.length} steps of {window.n_channels} channel(s), the oldest first"
        low = self.class_width
        y = f"y[{(low or self.answer_width) - 1}:0]: "
        beside = ""
        if self.scores:
            beside = (
                f"; the score of class c at y[{low} + {self.score_width}*c +: {self.score_width}], "
                "two's complement"
            )
        told = {
            NUMBER: "class number in binary, y[0] the lowest bit",
            ONE_HOT: "y[c] is one for class c alone",
            SCORES: f"{self.n_scores} score(s) of {self.score_width} bit(s), two's complement, "
            f"score i at y[{self.score_width}*i +: {self.score_width}]",
            BITS: "y[i] is output bit i of the network",
        }[self.answer]
        if self.copies > 1:
            beside += f"; copy t of it all at y[{self.answer_width}*t +: {self.answer_width}]"
        return x, y + told + beside

    def describe_features(self) -> tuple[str, ...]:
        """Return for people a line a feature, where they have several formats; else nothing."""
        if len(set(self.formats)) < 2:
            return ()
        starts = np.cumsum([0, *self.widths]).tolist()
        return tuple(
            f"{feature_title(self.network, feature)}: x[{start} +: {item.width}] {item}"
            for feature, (start, item) in enumerate(zip(starts, self.formats, strict=False))
        )

    # -- tables that are loaded ----------------------------------------------------------------

    @cached_property
    def loading(self) -> Loading | None:
        """How the tables are loaded, in the order of the LUTs; None where they are fixed."""
        if not self.tables:
            return None
        fan_ins = self.network.fan_in[self.network.cone]
        return Loading(self.tables, tuple(fan_ins.tolist()))

    @cached_property
    def image(self) -> bytes:
        """The tables of the network as they are loaded; empty where they are fixed."""
        if self.loading is None:
            return b""
        luts = self.network.cone.nonzero()[0].tolist()
        return self.loading.image(tuple(self.network.lut_init(lut) for lut in luts))

    @property
    def contents(self) -> int:
        """CRC-32 of :attr:`image`: what hardware says of the tables that it holds."""
        return zlib.crc32(self.image)

    @cached_property
    def core_id(self) -> str:
        """SHA-256 (hex) of the function and its ports: what hardware carries as its identity.

        Where tables can be loaded, it is of the structure alone; see :attr:`contents`.
        """
        ports: dict[str, Any] = {"input": [*map(_plain, self.formats)], "answer": self.answer}
        if self.scores:
            ports["scores"] = True
        if self.tables:
            ports["tables"] = self.tables
        if self.copies > 1:
            ports["copies"] = self.copies
        sha = hashlib.sha256(_ID_VERSION)
        network = self.network
        sha.update(bytes.fromhex(network.structure_digest if self.tables else network.digest))
        sha.update(json.dumps(ports, sort_keys=True).encode())
        return sha.hexdigest()


def table_style(config: CoreConfig) -> str:
    """Return how the tables of a core are loaded; "" where they are fixed.

    Raises
    ------
    ConfigError
        If they are to be loaded, and the chip has nothing for that.
    """
    if not config.reloadable:
        return ""
    family = get_chip(config.chip).family
    if family.tables is None:
        raise ConfigError(
            f"no tables that can be loaded are known for {family.title}"
            + (f": {family.why_no_tables}" if family.why_no_tables else "")
            + "; leave --reloadable out, or take one of: "
            + ", ".join(name for name, item in families().items() if item.tables)
        )
    return family.tables.style


def _by_chunks(n_samples: int, dense: Callable[[slice], NDArray[np.uint8]]) -> Bits:
    """Pack samples that come some at a time, as numbers or bits of a byte each."""
    starts = range(0, max(n_samples, 1), _CHUNK)
    parts = [pack(dense(slice(start, min(start + _CHUNK, n_samples)))) for start in starts]
    return Bits(np.concatenate(parts, axis=1), n_samples)


def _plain(item: FeatureFormat) -> dict[str, Any]:
    """Return a format for the identity; what a later lutgen added is left out where it is idle."""
    return {name: value for name, value in asdict(item).items() if value is not None}


def _layout(formats: tuple[FeatureFormat, ...]) -> str:
    """Return how codes stand in ``x``, and what they mean."""
    first = formats[0]
    if any(item != first for item in formats):
        return ", each a number of its own format, the first in the lowest bits"
    kind = "two's complement" if first.signed else "unsigned"
    value = ""
    if first.scale != 1 or first.offset:
        value = f", value = {first.scale!r} * code" + (f" + {first.offset!r}" * bool(first.offset))
    if first.missing is not None:
        value += f", missing values {first.missing}"
    bits = first.width
    return f" of {bits} bit(s), {kind}{value}, feature f at x[{bits}*f +: {bits}]"
