"""C99 without dependencies: a sample at a time for microcontrollers, hundreds at once for servers.

Both forms are small loops over constant tables, so that a compiler is done with them in an instant,
whatever the network's size. They take samples as hardware does: where features come in, each is its
code, in whole bytes, the lowest first, two's complement where it is signed; else the encoder's
bits, eight a byte, bit 0 lowest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.core.build import Core
from lutgen.core.interface import Interface
from lutgen.encode.encoder import CODE
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError
from lutgen.infer.program import Program, answer_program, is_small, score_width
from lutgen.model import ONE, Argmax, LutNetwork, Sum

_BELOW = 31  # zeros below a code, for bits that are finer than its steps
_WORDS = 8  # of 64 samples: what a call of the batch form computes at a time
_LINE = 96


def emit_c(core: Core) -> str:
    """Return a core as a C file whose functions begin with its name and ``_``.

    Raises
    ------
    ConfigError
        If the network is too large for the batch form, or of windows of a series.
    """
    if core.network.encoder.window is not None:
        raise ConfigError(
            "models of windows of a series are not written as C; write Verilog, BLIF or AIGER"
        )
    network = core.network.restrict_to_cone()
    if not is_small(network):
        raise ConfigError(
            f"the tables of the network have {_entries(network):,} entries, too many for C; choose "
            "a smaller network, or a smaller k"
        )
    return _File(core, network).text()


def _entries(network: LutNetwork) -> int:
    return int(np.left_shift(1, network.fan_in.astype(np.int64)).sum())


@dataclass(frozen=True, eq=False)
class _Votes:
    """What the head adds up, output after output."""

    start: NDArray[np.int64]
    score: NDArray[np.int64]
    weight: NDArray[np.int64]


class _File:
    """The C file of a core."""

    def __init__(self, core: Core, network: LutNetwork) -> None:
        self.core, self.network = core, network
        self.name = core.module
        self.interface: Interface = core.interface
        self.program: Program = answer_program(network)
        self.head = network.head
        self.n_scores = len(self.head.bias) if isinstance(self.head, Argmax | Sum) else 0
        self.score_type = "int32_t"
        if isinstance(self.head, Argmax | Sum) and score_width(self.head) > 32:
            self.score_type = "int64_t"

    # -- the whole -----------------------------------------------------------------------------

    def text(self) -> str:
        parts = [
            self._header(),
            "#include <stddef.h>\n#include <stdint.h>",
            "\n".join(f"{prototype};" for prototype in self._prototypes()),
            "\n".join(self._tables()),
            self._encode(),
            self._single(),
            self._batch(),
        ]
        return "\n\n".join(parts) + "\n"

    def _header(self) -> str:
        network, n_bits = self.network, len(self._encoder_bits())
        rom, ram = self._sizes()
        loads = int(network.fan_in.sum())
        votes = self._votes().weight.size if self.n_scores else 0
        lines = [
            *self.core.header,
            "",
            f"sample   {self.sample_bytes} byte(s): {self._describe_sample()}",
            f"single   {n_bits} comparisons, {network.n_luts} look-ups of {loads} bits in all, "
            f"{votes} additions at most",
            f"memory   {rom:,} bytes of constants, {ram:,} bytes of stack",
            f"batch    {len(self.program.code)} operations on {64 * _WORDS} samples, "
            f"{8 * _WORDS * self.program.n_rows:,} bytes of stack",
            "integers only; no memory is allocated, nothing is kept between calls",
        ]
        return "\n".join(["/*", *(f" * {line}".rstrip() for line in lines), " */"])

    def _describe_sample(self) -> str:
        if not self.interface.formats:
            return "bit i of the encoder is bit i % 8 of byte i / 8"
        sizes = {_n_bytes(width) for width in self.interface.widths}
        if sizes == {1}:
            return "feature f is byte f"
        return "features one after the other, each in whole bytes, lowest first"

    def _sizes(self) -> tuple[int, int]:
        """Return bytes of constants, and of the stack of the single form."""
        network = self.network
        tables = [array for _, _, array in self._arrays() if array.size]
        rom = sum(int(array.size) * _bytes_of(_type_of(array)) for array in tables)
        size = 8 if self.score_type == "int64_t" else 4
        return rom, network.n_signals + size * self.n_scores

    def _prototypes(self) -> Iterator[str]:
        name = self.name
        if isinstance(self.head, Argmax):
            yield f"int {name}_classify(const uint8_t *x)"
            yield f"void {name}_classify_batch(const uint8_t *x, size_t n, uint16_t *classes)"
        if self.n_scores:
            yield f"void {name}_scores(const uint8_t *x, {self.score_type} *scores)"
        if isinstance(self.head, Sum):
            yield f"void {name}_scores_batch(const uint8_t *x, size_t n, {self.score_type} *scores)"
        if not self.n_scores:
            yield f"void {name}_bits(const uint8_t *x, uint8_t *bits)"
            yield f"void {name}_bits_batch(const uint8_t *x, size_t n, uint8_t *bits)"

    # -- constants -----------------------------------------------------------------------------

    @property
    def sample_bytes(self) -> int:
        """Bytes of a sample."""
        if self.interface.formats:
            return sum(_n_bytes(width) for width in self.interface.widths)
        return -(-self.interface.n_inputs // 8)

    def _encoder_bits(self) -> list[int]:
        """Return the bits of the encoder that the program reads."""
        return [int(bit) for bit in self.program.inputs[:, 0]]

    def _votes(self) -> _Votes:
        assert isinstance(self.head, Argmax | Sum)
        score, output = np.nonzero(self.head.weights)
        order = np.argsort(output, kind="stable")
        starts = np.searchsorted(output[order], np.arange(self.network.outputs.size + 1))
        weight = self.head.weights[score, output].astype(np.int64)
        return _Votes(starts.astype(np.int64), score[order], weight[order])

    def _arrays(self) -> list[tuple[str, str, NDArray[np.int64]]]:
        """Return the constant arrays: name, what they are, contents."""
        network, program = self.network, self.program
        bits = self._encoder_bits()
        arrays: list[tuple[str, str, NDArray[np.int64]]] = [
            ("fan_in", "inputs of each look-up table", network.fan_in.astype(np.int64)),
            ("wires", "the signals that they read, address bit 0 first", _long(network.wires)),
            ("tables", "their entries, eight a byte, each table in whole bytes", self._octets()),
        ]
        if self.interface.formats:
            feature = network.encoder.feature[bits]
            places = np.cumsum([0, *(_n_bytes(width) for width in self.interface.widths)])
            is_code = network.encoder.kind == CODE
            least = [
                _place(item, t)
                if is_code
                else min(max(item.threshold_code(t), item.least), item.largest + 1)
                for item, t in (
                    (self.interface.formats[f], float(network.encoder.threshold[bit]))
                    for f, bit in zip(feature.tolist(), bits, strict=True)
                )
            ]
            arrays += [
                ("place", "byte at which the feature of a comparison begins", places[feature]),
                (
                    "least",
                    "the bit of the code with 31 zeros below it"
                    if is_code
                    else "least code that passes",
                    np.array(least, dtype=np.int64),
                ),
            ]
            if network.encoder.missing is not None:
                codes = [self.interface.formats[f].missing for f in feature.tolist()]
                passes = network.encoder.missing[bits]
                told = [
                    2 if code is None else int(value)
                    for code, value in zip(codes, passes.tolist(), strict=True)
                ]
                arrays += [
                    ("missing", "code of missing values", _long([code or 0 for code in codes])),
                    ("passes", "whether it passes; 2: there is no such code", _long(told)),
                ]
            if len(set(self.interface.formats)) > 1:
                kinds = [
                    _n_bytes(item.width) + (16 if item.signed else 0)
                    for item in (self.interface.formats[f] for f in feature.tolist())
                ]
                arrays.append(("kind", "bytes of a code, 16 more if signed", _long(kinds)))
        arrays.append(("input", "signals that comparisons make", _long(bits)))
        if self.n_scores:
            votes = self._votes()
            assert isinstance(self.head, Argmax | Sum)
            arrays += [
                ("start", "where the votes of each output begin", votes.start),
                ("score", "the score that a vote goes to", _long(votes.score)),
                ("weight", "what it adds", votes.weight),
                ("bias", "what each score starts from", self.head.bias.astype(np.int64)),
            ]
        arrays += [
            ("output", "the signals of the outputs; -1 is 0, -2 is 1", _long(network.outputs)),
            ("row", "batch: the row of each comparison", program.inputs[:, 1]),
            ("code", "batch: 4 * row of the result + kind, and three rows", self._code()),
            ("result", "batch: 2 * row of each bit of the answer + complement", self._results()),
        ]
        return arrays

    def _octets(self) -> NDArray[np.int64]:
        parts = []
        for lut in range(self.network.n_luts):
            n_bytes = max(1, (1 << int(self.network.fan_in[lut])) // 8)
            parts.append(self.network.lut_init(lut).to_bytes(n_bytes, "little"))
        return np.frombuffer(b"".join(parts), dtype=np.uint8).astype(np.int64)

    def _code(self) -> NDArray[np.int64]:
        code = self.program.code.copy()
        code[:, 1:] //= self.program.row_bytes
        packed = np.column_stack([4 * code[:, 1] + code[:, 0], code[:, 2:]])
        return packed.reshape(-1)

    def _results(self) -> NDArray[np.int64]:
        rows = self.program.outputs
        return np.asarray(2 * rows[:, 0] + (rows[:, 1] != 0))

    def _tables(self) -> Iterator[str]:
        for name, what, array in self._arrays():
            if array.size:
                yield f"/* {what} */"
                yield (
                    f"static const {_type_of(array)} {self.name}_{name}[{array.size}] = "
                    f"{{\n{_folded(array.tolist())}\n}};"
                )

    # -- functions -----------------------------------------------------------------------------

    def _encode(self) -> str:
        """Return the function that says whether a sample passes a comparison."""
        name, n = self.name, len(self._encoder_bits())
        if not n:
            return f"/* {name} reads nothing of a sample: it answers all alike */"
        head = f"static int {name}_compare(const uint8_t *x, unsigned j)\n{{\n"
        if not self.interface.formats:
            body = f"    unsigned i = {name}_input[j];\n    return x[i / 8] >> i % 8 & 1;\n}}"
            return head + body
        first = self.interface.formats[0]
        mixed = len(set(self.interface.formats)) > 1
        size = f"({name}_kind[j] & 15)" if mixed else str(_n_bytes(first.width))
        signed = f"{name}_kind[j] & 16" if mixed else str(int(first.signed))
        lines = [
            f"    const uint8_t *at = x + {name}_place[j];",
            "    int32_t code = 0;",
            f"    unsigned b, size = {size};",
            "    for (b = 0; b < size; b++)",
            "        code |= (int32_t)((uint32_t)at[b] << 8 * b);",
        ]
        if mixed or first.signed:
            lines += [
                f"    if (({signed}) && at[size - 1] & 0x80)",
                "        code -= (int32_t)1 << 8 * size;",
            ]
        if self.network.encoder.missing is not None:
            lines += [
                f"    if ({name}_passes[j] < 2 && code == {name}_missing[j])",
                f"        return {name}_passes[j];",
            ]
        passes = f"code >= {name}_least[j]"
        if self.network.encoder.kind == CODE:
            passes = f"(uint64_t)(int64_t)code << 31 >> {name}_least[j] & 1"
        return head + "\n".join([*lines, f"    return {passes};", "}"])

    def _single(self) -> str:
        name, network = self.name, self.network
        n_inputs, n_signals = network.n_inputs, max(network.n_signals, 1)
        n_compared = len(self._encoder_bits())
        lines = [
            f"static void {name}_run(const uint8_t *x, uint8_t *s)",
            "{",
        ]
        if n_compared:
            lines += [
                "    unsigned j;",
                f"    for (j = 0; j < {n_compared}; j++)",
                f"        s[{name}_input[j]] = (uint8_t){name}_compare(x, j);",
            ]
        else:
            lines += ["    (void)x;"]
        if network.n_luts:
            wire = _type_of(network.wires.astype(np.int64))
            lines += [
                "    {",
                f"        const {wire} *wire = {name}_wires;",
                f"        const uint8_t *table = {name}_tables;",
                "        unsigned lut, i;",
                f"        for (lut = 0; lut < {network.n_luts}; lut++) {{",
                f"            unsigned k = {name}_fan_in[lut], address = 0;",
                "            for (i = 0; i < k; i++)",
                "                address |= (unsigned)s[wire[i]] << i;",
                f"            s[{n_inputs} + lut] = table[address / 8] >> address % 8 & 1;",
                "            wire += k;",
                "            table += k < 3 ? 1 : 1u << (k - 3);",
                "        }",
                "    }",
            ]
        elif not n_compared:
            lines += ["    (void)s;"]
        lines += ["}", ""]
        lines += [
            f"static int {name}_bit(const uint8_t *s, unsigned o)",
            "{",
            f"    int32_t signal = {name}_output[o];",
            f"    return signal < 0 ? signal == {ONE} : s[signal];",
            "}",
            "",
        ]
        n_outputs = network.outputs.size
        if not self.n_scores:
            return "\n".join(
                [
                    *lines,
                    f"void {name}_bits(const uint8_t *x, uint8_t *bits)",
                    "{",
                    f"    uint8_t s[{n_signals}] = {{0}};",
                    "    unsigned o;",
                    f"    {name}_run(x, s);",
                    f"    for (o = 0; o < {n_outputs}; o++)",
                    f"        bits[o] = (uint8_t){name}_bit(s, o);",
                    "}",
                ]
            )
        lines += [
            f"void {name}_scores(const uint8_t *x, {self.score_type} *scores)",
            "{",
            f"    uint8_t s[{n_signals}] = {{0}};",
            "    unsigned c, o, v;",
            f"    {name}_run(x, s);",
            f"    for (c = 0; c < {self.n_scores}; c++)",
            f"        scores[c] = {name}_bias[c];",
            f"    for (o = 0; o < {n_outputs}; o++)",
            f"        if ({name}_bit(s, o))",
            f"            for (v = {name}_start[o]; v < {name}_start[o + 1]; v++)",
            f"                scores[{name}_score[v]] += {name}_weight[v];",
            "}",
        ]
        if not self._votes().weight.size:
            lines[-5:] = ["    (void)o;", "    (void)v;", "}"]
        if isinstance(self.head, Argmax):
            lines += [
                "",
                f"int {name}_classify(const uint8_t *x)",
                "{",
                f"    {self.score_type} scores[{self.n_scores}];",
                "    int c, best = 0;",
                f"    {name}_scores(x, scores);",
                f"    for (c = 1; c < {self.n_scores}; c++)",
                "        if (scores[c] > scores[best])",
                "            best = c;",
                "    return best;",
                "}",
            ]
        return "\n".join(lines)

    def _batch(self) -> str:
        name, program = self.name, self.program
        n_code, n_bits = len(program.code), len(program.outputs)
        n_compared = len(self._encoder_bits())
        index = _type_of(self._code())
        lines = [
            f"static void {name}_run_batch(const uint8_t *x, size_t n, uint64_t (*r)[{_WORDS}])",
            "{",
            "    unsigned j;",
            "    size_t i;",
            f"    for (j = 0; j < {_WORDS}; j++)",
            "        r[0][j] = 0;",
        ]
        if n_compared:
            lines += [
                f"    for (j = 0; j < {n_compared}; j++) {{",
                f"        uint64_t *row = r[{name}_row[j]];",
                f"        for (i = 0; i < {_WORDS}; i++)",
                "            row[i] = 0;",
                "        for (i = 0; i < n; i++)",
                f"            row[i / 64] |= (uint64_t){name}_compare(x + i * {self.sample_bytes}, "
                "j) << i % 64;",
                "    }",
            ]
        else:
            lines += ["    (void)x;", "    (void)n;"]
        if n_code:
            lines += [
                "    {",
                f"        const {index} *op = {name}_code;",
                f"        for (j = 0; j < {n_code}; j++, op += 4) {{",
                "            uint64_t *d = r[op[0] >> 2];",
                "            const uint64_t *s = r[op[1]], *a = r[op[2]], *b = r[op[3]];",
                "            switch (op[0] & 3) {",
                "            case 0:",
                f"                for (i = 0; i < {_WORDS}; i++)",
                "                    d[i] = a[i] ^ b[i];",
                "                break;",
                "            case 1:",
                f"                for (i = 0; i < {_WORDS}; i++)",
                "                    d[i] = ((a[i] ^ b[i]) & s[i]) ^ b[i];",
                "                break;",
                "            default:",
                f"                for (i = 0; i < {_WORDS}; i++)",
                "                    d[i] = (~(a[i] ^ b[i]) & s[i]) ^ b[i];",
                "            }",
                "        }",
                "    }",
            ]
        elif not n_compared:
            lines += ["    (void)i;"]
        lines += [
            "}",
            "",
            f"static int {name}_bit_of(uint64_t (*r)[{_WORDS}], unsigned k, size_t i)",
            "{",
            f"    unsigned result = {name}_result[k];",
            "    return (int)((r[result >> 1][i / 64] >> i % 64 & 1) ^ (result & 1));",
            "}",
            "",
        ]
        return "\n".join([*lines, *self._batch_answers(n_bits)])

    def _batch_answers(self, n_bits: int) -> list[str]:
        name, bit = self.name, f"{self.name}_bit_of(r"
        if isinstance(self.head, Argmax):
            title = f"void {name}_classify_batch(const uint8_t *x, size_t n, uint16_t *classes)"
            body = [
                "            unsigned number = 0;",
                f"            for (k = 0; k < {n_bits}; k++)",
                f"                number |= (unsigned){bit}, k, i) << k;",
                "            classes[done + i] = (uint16_t)number;",
            ]
        elif isinstance(self.head, Sum):
            width = score_width(self.head)
            title = (
                f"void {name}_scores_batch(const uint8_t *x, size_t n, {self.score_type} *scores)"
            )
            unsigned = f"u{self.score_type}"
            body = [
                "            unsigned c;",
                f"            for (c = 0; c < {self.n_scores}; c++) {{",
                f"                {unsigned} score = 0;",
                f"                for (k = 0; k < {width}; k++)",
                f"                    score |= ({unsigned}){bit}, {width} * c + k, i) << k;",
                f"                score |= 0 - (({unsigned}){bit}, {width} * c + {width - 1}, i)"
                f" << {width - 1});",
                f"                scores[(done + i) * {self.n_scores} + c] ="
                f" ({self.score_type})score;",
                "            }",
            ]
        else:
            title = f"void {name}_bits_batch(const uint8_t *x, size_t n, uint8_t *bits)"
            body = [
                f"            for (k = 0; k < {n_bits}; k++)",
                f"                bits[(done + i) * {n_bits} + k] = (uint8_t){bit}, k, i);",
            ]
        return [
            title,
            "{",
            f"    uint64_t r[{self.program.n_rows}][{_WORDS}];",
            "    size_t done, i;",
            f"    for (done = 0; done < n; done += {64 * _WORDS}) {{",
            f"        size_t m = n - done < {64 * _WORDS} ? n - done : {64 * _WORDS};",
            f"        {name}_run_batch(x + done * {self.sample_bytes}, m, r);",
            "        for (i = 0; i < m; i++) {",
            "            unsigned k;",
            *body,
            "        }",
            "    }",
            "}",
        ]


def _place(item: FeatureFormat, weight: float) -> int:
    """Return the bit of a code that counts so much, of a code of 64 bits with 31 zeros below it."""
    return min(max(item.place(weight) + _BELOW, 0), 63)


def _n_bytes(width: int) -> int:
    return -(-width // 8)


def _long(values: NDArray[np.integer] | Sequence[int]) -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64).reshape(-1)


def _type_of(array: NDArray[np.int64]) -> str:
    """Return the smallest type that holds all numbers of an array."""
    if not array.size:
        return "uint8_t"
    low, high = int(array.min()), int(array.max())
    for bits in (8, 16, 32):
        if low >= 0 and high < 1 << bits:
            return f"uint{bits}_t"
        if low >= -(1 << (bits - 1)) and high < 1 << (bits - 1):
            return f"int{bits}_t"
    return "int64_t"


def _bytes_of(c_type: str) -> int:
    return int("".join(filter(str.isdigit, c_type))) // 8


def _folded(numbers: list[int]) -> str:
    lines, line = [], "   "
    for number in numbers:
        item = f" {number},"
        if len(line) + len(item) > _LINE:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join([*lines, line])
