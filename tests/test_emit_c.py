"""C: compiled without a warning, run with sanitizers, equal to the model in both forms."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed import need_program
from numpy.typing import NDArray
from strategies import random_network, voting_network

from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.c import emit_c
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError
from lutgen.model import ONE, ZERO, Argmax, LutNetwork, Sum
from lutgen.model.head import Bits

FLAGS = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


MAIN = """
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    size_t n = (size_t)atoi(argv[1]), i, j;
    uint8_t *x = malloc(n * BYTES + 1);
    TYPE *one = malloc(n * PER * sizeof(TYPE)), *all = malloc(n * PER * sizeof(TYPE));
    (void)argc;
    if (fread(x, BYTES, n, stdin) != n)
        return 2;
    for (i = 0; i < n; i++)
        SINGLE;
    BATCH(x, n, all);
    for (i = 0; i < n; i++)
        for (j = 0; j < PER; j++)
            printf("%ld %ld\\n", (long)one[i * PER + j], (long)all[i * PER + j]);
    free(x); free(one); free(all);
    return 0;
}
"""


def program(core: Core) -> str:
    """Return the C file with a main that runs both forms on samples of stdin."""
    head, name = core.network.head, core.module
    if isinstance(head, Argmax):
        told = ("uint16_t", "1", f"one[i] = (uint16_t){name}_classify(x + i * BYTES)", "classify")
    elif isinstance(head, Sum):
        per = str(head.n_scores)
        told = ("int32_t", per, f"{name}_scores(x + i * BYTES, one + i * PER)", "scores")
    else:
        per = str(core.network.outputs.size)
        told = ("uint8_t", per, f"{name}_bits(x + i * BYTES, one + i * PER)", "bits")
    kind, per, single, batch = told
    text = emit_c(core)
    n_bytes = re.search(r"sample   (\d+) byte", text)
    assert n_bytes
    defines = {
        "BYTES": n_bytes[1],
        "TYPE": kind,
        "PER": per,
        "SINGLE": single,
        "BATCH": f"{name}_{batch}_batch",
    }
    return text + "".join(f"#define {key} {value}\n" for key, value in defines.items()) + MAIN


def build(core: Core, folder: Path, compiler: str, *flags: str) -> Path:
    source, binary = folder / "main.c", folder / f"main_{compiler.rpartition('/')[2]}"
    source.write_text(program(core))
    done = subprocess.run(
        [compiler, *FLAGS, *flags, str(source), "-o", str(binary)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return binary


def lanes(core: Core, X: NDArray[Any]) -> bytes:
    """Return samples as the functions take them."""
    interface = core.interface
    if not interface.formats:
        dense = interface.samples(X).to_dense()
        return np.packbits(dense, axis=1, bitorder="little").tobytes()
    codes = interface.codes(X)
    parts = [
        codes[:, f].astype("<i4").reshape(-1, 1).view(np.uint8)[:, : -(-width // 8)]
        for f, width in enumerate(interface.widths)
    ]
    return np.concatenate(parts, axis=1).tobytes()


def answers(core: Core, binary: Path, X: NDArray[Any], *runner: str) -> NDArray[np.int64]:
    done = subprocess.run(
        [*runner, str(binary), str(len(X))], input=lanes(core, X), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    table = np.array(done.stdout.split(), dtype=np.int64).reshape(-1, 2)
    assert np.array_equal(table[:, 0], table[:, 1])  # a sample at a time, and many at once
    return table[:, 0]


def expected(core: Core, X: NDArray[Any]) -> NDArray[np.int64]:
    interface = core.interface
    return np.asarray(interface.numbers(interface.answers(interface.samples(X)))).reshape(-1)


def with_outputs(network: LutNetwork, head: Any) -> LutNetwork:
    outputs = network.outputs.copy()
    outputs[:3] = ZERO, ONE, 0
    return replace(network, outputs=outputs, head=head)


def cores() -> dict[str, Core]:
    rng = np.random.default_rng(3)
    wide = Encoder("threshold", 5, np.arange(30, dtype=np.int32) % 5, rng.normal(0, 40, 30))
    lacking = replace(wide, missing=rng.random(30) < 0.5)
    weights = 2.0 ** np.random.default_rng(4).integers(-6, 6, 30)
    numbers = Encoder("code", 5, np.arange(30, dtype=np.int32) % 5, weights)
    votes = voting_network(rng, 30, [20, 9], (1, 7), 4, weights=(-3, 0, 1, 200), encoder=wide)
    assert isinstance(votes.head, Argmax)
    plain = voting_network(rng, 19, [12, 9], (2, 10), 10)
    sums = with_outputs(votes, Sum(votes.head.weights, votes.head.bias - 77, 0.5, 1.0))
    return {
        "bits in": make_core(plain),
        "bytes": make_core(votes, CoreConfig(input_format="s8", accept_rounding=True)),
        "wide": make_core(votes, CoreConfig(input_format="s20:scale=2^-8", accept_rounding=True)),
        "mixed": make_core(
            votes,
            CoreConfig(
                input_format={"0": "s9", "1": "u12:scale=0.5:offset=-100", "*": "q8.8"},
                accept_rounding=True,
            ),
        ),
        "missing": make_core(
            replace(votes, encoder=lacking),
            CoreConfig(input_format="s12:scale=0.25:missing=-2048", accept_rounding=True),
        ),
        "numbers": make_core(
            replace(votes, encoder=numbers),
            CoreConfig(
                input_format={"0": "s9", "1": "u12:scale=0.5", "*": "q8.8"}, accept_rounding=True
            ),
        ),
        "scores": make_core(sums, CoreConfig(input_format="s12:scale=0.25", accept_rounding=True)),
        "bits out": make_core(with_outputs(plain, Bits())),
        "class number": make_core(random_network(rng, 8, [4, 1], 3)),
    }


CORES = cores()


def samples(core: Core, n: int) -> NDArray[Any]:
    rng = np.random.default_rng(8)
    encoder = core.network.encoder
    if encoder.kind == "binary":
        return rng.integers(0, 2, (n, encoder.n_features))
    X = rng.normal(0, 60, (n, encoder.n_features))
    if encoder.missing is not None:
        X[rng.random(X.shape) < 0.2] = np.nan
    return X


@pytest.mark.parametrize("name", CORES)
def test_both_forms_answer_as_the_model(name: str, tmp_path: Path) -> None:
    core = CORES[name]
    X = samples(core, 1300)  # two blocks of the batch form, and a part of one
    wanted = expected(core, X)
    binary = build(core, tmp_path, need_program("gcc"), *SANITIZERS)
    assert np.array_equal(answers(core, binary, X), wanted)


def test_two_compilers_answer_alike(tmp_path: Path) -> None:
    core = CORES["mixed"]
    X = samples(core, 600)
    binary = build(core, tmp_path, need_program("clang"))
    assert np.array_equal(answers(core, binary, X), expected(core, X))


@pytest.mark.parametrize("name", ["mixed", "scores"])
def test_a_32_bit_processor_answers_alike(name: str, tmp_path: Path) -> None:
    core = CORES[name]
    X = samples(core, 600)
    binary = build(core, tmp_path, need_program("arm-linux-gnueabihf-gcc"), "-static")
    emulator = need_program("qemu-arm-static")
    assert np.array_equal(answers(core, binary, X, emulator), expected(core, X))


WEB = ("--target=wasm32", "-ffreestanding", "-nostdlib", "-mbulk-memory", "-O2")


def answers_of_a_browser(core: Core, folder: Path, X: NDArray[Any]) -> NDArray[np.int64]:
    """Return what the file answers as WebAssembly, with nothing around it but a memory."""
    wasmtime = pytest.importorskip("wasmtime")  # it comes with Yosys as WebAssembly
    need_program("wasm-ld")
    source, module = folder / "core.c", folder / "core.wasm"
    source.write_text(emit_c(core))
    names = ("__heap_base", f"{core.module}_classify")
    link = ["-Wl,--no-entry", *(f"-Wl,--export={name}" for name in names)]
    done = subprocess.run(
        [need_program("clang"), *FLAGS, *WEB, *link, str(source), "-o", str(module)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    store = wasmtime.Store()
    made = wasmtime.Module.from_file(store.engine, str(module))
    assert not made.imports
    exports = wasmtime.Instance(store, made, []).exports(store)
    memory, start = exports["memory"], exports["__heap_base"].value(store)
    data = lanes(core, X)
    memory.grow(store, len(data) // (1 << 16) + 1)
    memory.write(store, data, start)
    size = len(data) // len(X)
    classify = exports[f"{core.module}_classify"]
    return np.array([classify(store, start + i * size) for i in range(len(X))], dtype=np.int64)


@pytest.mark.parametrize("name", ["bits in", "mixed"])
def test_a_browser_answers_alike(name: str, tmp_path: Path) -> None:
    core = CORES[name]
    X = samples(core, 600)
    assert np.array_equal(answers_of_a_browser(core, tmp_path, X), expected(core, X))


def test_inputs_that_do_not_matter_change_nothing(tmp_path: Path) -> None:
    """No comparison writes them, and a LUT reads them all the same."""
    network = LutNetwork.from_luts(3, [((0, 1, 2), 0b1010_1010), ((1, 3), 0b1100)], outputs=[3, 4])
    core = make_core(network)
    X = samples(core, 100)
    binary = build(core, tmp_path, need_program("gcc"), "-O3", "-ftrivial-auto-var-init=pattern")
    assert np.array_equal(answers(core, binary, X), expected(core, X))


def test_a_wrong_table_is_seen(tmp_path: Path) -> None:
    core = CORES["bytes"]
    X = samples(core, 600)
    wrong = replace(core, network=replace(core.network, tables=core.network.tables ^ np.uint64(1)))
    binary = build(wrong, tmp_path, need_program("gcc"))
    assert not np.array_equal(answers(core, binary, X), expected(core, X))


def test_the_header_says_size_and_work() -> None:
    text = emit_c(CORES["bytes"])
    assert "sample   5 byte(s): feature f is byte f" in text
    assert re.search(
        r"single   \d+ comparisons, \d+ look-ups of \d+ bits in all, \d+ additions", text
    )
    assert re.search(r"memory   [\d,]+ bytes of constants, [\d,]+ bytes of stack", text)
    assert "class 3 = 3" in text


def test_labels_stay_inside_the_comment() -> None:
    network = CORES["class number"].network
    assert isinstance(network.head, Argmax)
    head = replace(network.head, classes=np.array(["*/ int evil;", "a\\"]))
    text = emit_c(make_core(replace(network, head=head)))
    comment = text[: text.index("*/")]
    assert "int evil" in comment and "#include" not in comment


def test_networks_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lutgen.infer.program.MOST_ENTRIES", 10)
    with pytest.raises(ConfigError, match="too many for C; choose a smaller network"):
        emit_c(CORES["bits in"])
