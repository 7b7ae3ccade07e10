"""Small files of each kind, made here: each is told by its content, and its function never changes.

``pytest --regen-golden`` writes the files and the digests anew.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_importers_difflogic as difflogic
import test_importers_dwn as dwn
import test_importers_llnn as llnn
import test_importers_logicnets as logicnets
import test_importers_torchlogix as torchlogix
from conftest import GOLDEN
from torch_files import saved

from lutgen.core import CoreConfig, make_core
from lutgen.importers import exporters, import_file
from lutgen.jobs.prove import prove

FOLDER = GOLDEN / "imported"


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def of_layers() -> bytes:
    named = {
        f"{name}{number}": array.astype(np.uint8 if name == "ops" else np.int32)
        for number, layer in enumerate(difflogic.random_layers())
        for name, array in zip(("ops", "a", "b"), layer, strict=True)
    }
    return npz(**named, k=4, tau=2.0, n_inputs=difflogic.N_INPUTS)


def of_torchlogix() -> bytes:
    draw = np.random.default_rng(2)
    state: dict[str, Any] = {"0.thresholds": np.array([4, 8], np.float32)}
    for layer, (width, n) in enumerate([(16, 24), (24, 12)], 1):
        state[f"{layer}.weight"] = draw.normal(size=(n, 4)).astype(np.float32)
        state[f"{layer}.connections.indices"] = draw.permutation(2 * n).reshape(2, n) % width
    return saved(state)


def of_logicnets(tmp_path: Path) -> bytes:
    stream = io.BytesIO()
    files = logicnets.write_verilog(tmp_path / "net", logicnets.random_layers(narrow=True))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


FILES: dict[str, tuple[str, Callable[[Path], bytes], dict[str, Any]]] = {
    "difflogic.npz": ("difflogic", lambda _: of_layers(), {}),
    "difflogic.c": (
        "difflogic-c",
        lambda _: difflogic.c_text(difflogic.random_layers(), 4).encode(),
        {},
    ),
    "difflogic.v": (
        "difflogic-verilog",
        lambda _: difflogic.verilog_text(difflogic.random_layers(), 4).encode(),
        {},
    ),
    "torchlogix.pt": (
        "torchlogix",
        lambda _: of_torchlogix(),
        {"classes": 4, "tau": 3, "parametrization": "warp"},
    ),
    "circuit.json": (
        "torchlogix-json",
        lambda _: json.dumps(torchlogix.CIRCUIT).encode(),
        {},
    ),
    "dwn.pt": ("dwn", lambda _: saved(dwn.checkpoint()), {}),
    "logicnets.pth": (
        "logicnets",
        lambda _: saved({"model_dict": logicnets.checkpoint()}, legacy=True),
        {"bits": "1,2,2", "classes": 3},
    ),
    "logicnets.zip": ("logicnets-verilog", of_logicnets, {}),
    "llnn.npz": ("llnn", lambda _: npz(**llnn.arrays()), {}),
}


@pytest.fixture(scope="module", autouse=True)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    if request.config.getoption("--regen-golden"):
        FOLDER.mkdir(exist_ok=True)
        for name, (_, make, _) in FILES.items():
            (FOLDER / name).write_bytes(make(tmp_path_factory.mktemp("made")))


def test_files_are_told_by_their_content_and_keep_their_function(
    golden: Callable[[str, str], None], tmp_path: Path
) -> None:
    digests = {}
    for name, (format_, _, options) in FILES.items():
        path = tmp_path / "a file without a suffix"
        path.write_bytes((FOLDER / name).read_bytes())
        imported = import_file(path, **options)
        assert imported.network.provenance.parameters["format"] == format_, name
        digests[name] = imported.network.digest
    golden("imported/digests.json", json.dumps(digests, indent=1) + "\n")


@pytest.mark.parametrize(
    "name", ["difflogic.npz", "torchlogix.pt", "dwn.pt", "logicnets.zip", "llnn.npz"]
)
def test_what_is_imported_is_proved(name: str) -> None:
    _, _, options = FILES[name]
    network = import_file(FOLDER / name, **options).network
    record = prove(make_core(network, CoreConfig("ice40")))
    assert record.proved and record.proofs
    assert all(proof.n_proved == proof.n_outputs for proof in record.proofs)


@pytest.mark.parametrize("snippet", [exporters.DIFFLOGIC, exporters.LLNN])
def test_snippets_are_in_the_documentation(snippet: str) -> None:
    document = Path(__file__).parents[1] / "docs" / "importers.md"
    assert f"```py{snippet}```" in document.read_text(encoding="utf-8")
