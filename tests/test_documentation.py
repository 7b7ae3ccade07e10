"""Every command and every Python block that the documents show, run as a reader would run them.

A document is read from top to bottom: its shell commands run in one folder, its Python blocks in
one interpreter beside them. The data set is small: scikit-learn's digits, drawn larger, in place of
MNIST. What stands for a reader's own hands (a board, a cable, an installation) is listed here.
"""

from __future__ import annotations

import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest
from needed import required
from numpy.typing import NDArray
from software_board import software_board

from lutgen.core import CoreConfig, Interface
from lutgen.model import LutNetwork

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    *("README.md", "docs/tour.md", "docs/choosing.md", "docs/boards.md", "docs/kit.md"),
    *("docs/importers.md", "docs/trees.md"),
)
TUTORIALS = (
    *("docs/README.md", "docs/installation.md", "docs/quickstart.md", "docs/report.md"),
    *("docs/tutorials/csv.md", "docs/tutorials/xgboost.md", "docs/tutorials/torchlogix.md"),
    *("docs/tutorials/vivado.md", "docs/tutorials/cluster.md", "docs/tutorials/paper.md"),
    *("docs/how-to/board.md", "docs/how-to/chip.md", "docs/how-to/format.md"),
    *("docs/concepts/heads.md", "docs/concepts/trust.md"),
)
IMPORTED = ROOT / "tests" / "golden" / "imported"  # the files that docs/importers.md reads
PORT = "/dev/ttyUSB1"
INPUT_BITS = 5  # of the board that the documents build
NOT_RUN = {
    r"make (demo|test|docs|bench)\b": "test_cli_board runs the demo, test_site builds the site",
    r"pip install ": "it is installed",
    r"iceprog ": "there is no board",
    r"lutgen demo$": "test_cli_board runs it",
    r"lutgen build cells\.npz .* --simulate ": "docs/boards.md simulates a board",
    r"lutgen host cells\.npz ": "docs/boards.md asks a board, and one in simulation",
    r"lutgen build digits\.npz --board mine\.toml ": "test_board_build builds of files",
    r"lutgen boost --scheduler ": "test_dask starts a scheduler",
    r"lutgen reproduce (table1|fig4|all) ": "test_studies_runner runs these on small data",
}
"""Commands that are not run, and why."""

NOT_LISTED = {
    "docs/faults.md": "its flips take minutes; test_verify_upsets has fewer",
    "docs/reloading.md": "it takes two models of one wiring; test_hdl_reload loads them",
    "docs/scale.md": "its cluster is of processes; docs/tutorials/cluster.md has one of threads",
    "docs/series.md": "its table is the reader's; test_cli_series runs these commands",
    "docs/routing.md": "its figures take hours",
}
"""Documents that are not run, and why."""

TOOLS = ("iverilog",)
"""Programs beside lutgen that documents call."""

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A code block of a document."""

    language: str
    text: str
    line: int

    @property
    def commands(self) -> list[str]:
        """The commands of a shell block, without comments."""
        lines = self.text.replace("\\\n", " ").splitlines()
        words = [shlex.split(line, comments=True) for line in lines]
        return [shlex.join(command) for command in words if command]


def blocks(text: str) -> list[Block]:
    return [
        Block(found[1], found[2], text[: found.start()].count("\n") + 2)
        for found in BLOCK.finditer(text)
    ]


def test_blocks_and_commands_are_found() -> None:
    text = "a\n```sh\nlutgen a \\\n  -o 'b c'  # why\n\n# only this\n```\n```\nout\n```\n"
    found = blocks(text)
    assert [block.language for block in found] == ["sh", ""]
    assert found[0].line == 3
    assert found[0].commands == ["lutgen a -o 'b c'"]


@pytest.fixture(scope="module", name="data")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with files like MNIST's: 28 x 28 pixels, ten classes, 1,797 images."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    drawn = np.kron(images.reshape(-1, 8, 8) * (255 / 16), np.ones((3, 3)))
    pixels = np.pad(drawn, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)
    folder = tmp_path_factory.mktemp("data") / "mnist"
    folder.mkdir()
    for name, part in (("train", slice(1400)), ("t10k", slice(1400, None))):
        _write_idx(folder / f"{name}-images-idx3-ubyte.gz", pixels[part])
        _write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels[part].astype(np.uint8))
    return folder.parent


def _write_idx(path: Path, values: NDArray[np.uint8]) -> None:
    sizes = np.array(values.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()))


@pytest.fixture(name="folder")
def reader(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder, but for the files that docs/importers.md reads."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTGEN_DATA", str(data))
    shutil.copytree(IMPORTED, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.parametrize("documents", [DOCUMENTS, TUTORIALS], ids=["reference", "tutorials"])
def test_what_the_documents_show_runs(folder: Path, documents: tuple[str, ...]) -> None:
    ran: set[str] = set()  # what several documents show runs once
    for document in documents:
        shown = blocks((ROOT / document).read_text(encoding="utf-8"))
        assert {"sh", "python"} & {block.language for block in shown}
        names: dict[str, Any] = {}
        for block in shown:
            place = f"{document}:{block.line}"
            if block.language == "python":
                with connected(block.text) as text:
                    exec(compiled(text, document, block.line), names)
            elif block.language == "sh":
                for command in block.commands:
                    if command not in ran:
                        run(command, place)
                    ran.add(command)


def test_every_document_with_code_is_listed() -> None:
    for path in sorted((ROOT / "docs").rglob("*.md")):
        name = path.relative_to(ROOT).as_posix()
        shown = {block.language for block in blocks(path.read_text(encoding="utf-8"))}
        if shown & {"sh", "python"}:
            assert name in (*DOCUMENTS, *TUTORIALS, *NOT_LISTED), (
                f"{name}: list it, so that it runs"
            )


def compiled(text: str, document: str, line: int) -> CodeType:
    """Return a Python block as a file of its own, its lines numbered as in the document."""
    return compile("\n" * (line - 1) + text, document, "exec", dont_inherit=True)


def run(command: str, place: str) -> None:
    """Run a command of a shell block, lutgen's from this checkout."""
    if any(re.match(pattern, command) for pattern in NOT_RUN):
        return
    name, *words = shlex.split(command)
    known = ("lutgen", *TOOLS)
    assert name in known, f"{place}: {command}: run it here, or say in NOT_RUN why not"
    if name in TOOLS and not shutil.which(name):
        assert "tools" not in required(), f"{place}: {name} is not there"
        return
    program = [sys.executable, "-m", "lutgen"] if name == "lutgen" else [name]
    with connected(shlex.join(words)) as text:
        done = subprocess.run(
            [*program, *shlex.split(text)],
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
    said = f"{place}: {command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert done.returncode == 0, said
    assert "goes with the next release" not in done.stderr, said


@contextmanager
def connected(text: str) -> Iterator[str]:
    """Put a board at the port that a text names, and yield the text for it."""
    if PORT not in text:
        yield text
        return
    network = LutNetwork.load("digits.npz")
    interface = Interface.of(network, CoreConfig(input_bits=INPUT_BITS))
    with software_board(interface) as board:
        yield text.replace(PORT, board.port)
