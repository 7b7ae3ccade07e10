"""Formats of other packages: one that reads a file from beginning to end, and broken ones."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import GOLDEN

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError, DataError, ModelError
from lutgen.importers import content, import_file, registry
from lutgen.importers.registry import formats, get_format, plugin_faults
from lutgen.jobs.importing import import_model
from lutgen.model import LutNetwork
from lutgen.verify.compare import check_netlist

GATES = '''
"""A format of somebody: JSON of two-input gates."""

from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.model import Argmax, LutNetwork


def recognises(content):
    return isinstance(content.json, dict) and "gates_of_mine" in content.json


def read(request):
    told = request.content.json
    gates = [((a, b), table) for a, b, table in told["gates_of_mine"]]
    outputs = [told["n_inputs"] + gate for gate in range(len(gates))]
    head = Argmax.groups(request.options.get("n_classes", 2), len(gates))
    network = LutNetwork.from_luts(told["n_inputs"], gates, outputs=outputs, head=head)
    return Imported(network, ("the last gates vote (--n-classes)",))


FORMAT = Format("mine", "Gates of mine", recognises, read,
                (Option("n_classes", "classes that are told apart", int),))
BROKEN = 7
'''
FILE = {"gates_of_mine": [[0, 1, 8], [0, 1, 6]], "n_inputs": 2}

Install = Callable[..., None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return what installs a package outside of the tree, for one test."""
    folder = tmp_path / "site"
    monkeypatch.syspath_prepend(folder)

    def install(points: str, source: str = GATES) -> None:
        texts = {
            "their_gates/__init__.py": source,
            "their_gates-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: t\nVersion: 1",
            "their_gates-1.dist-info/entry_points.txt": f"[{registry.GROUP}]\n{points}\n",
        }
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        registry.refresh()

    yield install
    sys.modules.pop("their_gates", None)
    monkeypatch.undo()
    registry.refresh()


@pytest.fixture
def mine(installed: Install) -> None:
    installed("mine = their_gates:FORMAT")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "gates.json"
    path.write_text(json.dumps(FILE))
    return path


def test_a_format_of_a_package_reads_its_files(mine: None, path: Path) -> None:
    imported = import_file(path)
    assert imported.network.predict([[0, 1], [1, 1], [0, 0]]).tolist() == [1, 0, 0]
    told = imported.network.provenance
    assert told.learner == "Gates of mine" and told.parameters["file"] == "gates.json"
    assert import_file(path, "mine").network.digest == imported.network.digest


def test_a_compressed_file_is_the_same(mine: None, path: Path) -> None:
    packed = path.with_name("gates.json.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert import_file(packed).network.digest == import_file(path).network.digest
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(ModelError, match="compressed and damaged"):
        import_file(packed)


def test_what_a_format_is_told_is_checked(mine: None, path: Path) -> None:
    with pytest.raises(ConfigError, match=r"option n_classes of the format mine: .*classes that"):
        import_file(path, n_classes="two")
    with pytest.raises(ConfigError, match="the format mine has no option tau; it has n_classes"):
        import_file(path, tau=1)
    with pytest.raises(ModelError, match=r"gates.json.*mine.*cannot be parted"):
        import_file(path, n_classes="7")


def test_files_of_no_format_and_names_of_none(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no format that lutgen recognises.*--format"):
        import_file(path)
    with pytest.raises(ConfigError, match="there is no format 'mine'"):
        get_format("mine")
    with pytest.raises(DataError, match="is a folder"):
        import_file(tmp_path)
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(DataError, match="is empty"):
        import_file(tmp_path / "empty")
    with pytest.raises(DataError, match="No such file"):
        import_file(tmp_path / "none")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MOST_BYTES", 1 << 16)
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(bytes(1 << 20)))
    with pytest.raises(ModelError, match="more than 65,536 bytes"):
        import_file(bomb)


def test_a_folder_and_an_archive_have_files(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    (folder / "inner").mkdir(parents=True)
    (folder / "b.v").write_bytes(b"b")
    (folder / "a.v").write_bytes(b"a")
    found = content.Content(folder)
    assert found.is_folder and found.data == b"" and found.json is None
    assert dict(found.files) == {"a.v": b"a", "b.v": b"b"}
    with zipfile.ZipFile(tmp_path / "net.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    packed = content.Content(tmp_path / "net.zip")
    assert dict(packed.files) == dict(found.files)
    assert found.sha256 != content.Content(folder / "a.v").sha256
    assert dict(content.Content(folder / "a.v").files) == {"a.v": b"a"}


def test_an_archive_that_is_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.v", bytes(1 << 20))
    with pytest.raises(ModelError, match="many times what the archive has"):
        _ = content.Content(tmp_path / "bomb.zip").files


def test_a_general_format_stands_back(installed: Install, path: Path) -> None:
    general = GATES.replace(
        "FORMAT =", 'ANY = Format("any", "", recognises, read, general=True)\nFORMAT ='
    )
    installed("mine = their_gates:FORMAT\nany = their_gates:ANY", general)
    assert import_file(path).network.provenance.learner == "Gates of mine"


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        ("x = their_gates:BROKEN", "must name a Format or a tuple of them, not a int"),
        ("x = their_gates:MISSING", "has no attribute 'MISSING'"),
        ("x = not_there:FORMAT", "No module named 'not_there'"),
        ("x = their_gates:FORMAT\ny = their_gates:FORMAT", "offers a format 'mine', which"),
    ],
)
def test_what_is_broken_is_left_out_and_said(
    installed: Install, points: str, fault: str, path: Path
) -> None:
    installed(points)
    assert any(fault in told for told in plugin_faults())
    if "mine" not in formats():
        with pytest.raises(ModelError, match="the entry point x"):
            import_file(path)


def run(folder: Path, *words: object) -> str:
    """Run lutgen as a user does where the package lies in that folder."""
    paths = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-m", "lutgen", *map(str, words)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_writes_a_model(mine: None, path: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.npz"
    told = run(tmp_path / "site", "import", path, "-o", out, "--n-classes", "2")
    assert "note      the last gates vote (--n-classes)" in told
    network = LutNetwork.load(out)
    assert np.array_equal(network.predict([[0, 1], [1, 1]]), [1, 0])
    listed = run(tmp_path / "site", "import", "--list")
    assert "Gates of mine" in listed and "--n-classes" in listed


def test_samples_tell_the_ranges_of_features(tmp_path: Path) -> None:
    path = GOLDEN / "imported" / "dwn.pt"
    network = import_file(path).network
    with pytest.raises(ConfigError, match="what ranges its training samples had"):
        make_core(network, CoreConfig(input_format="auto"))
    X = np.random.default_rng(3).normal(size=(200, network.encoder.n_features))
    known = import_file(path, samples=X).network
    assert known.digest == network.digest
    np.savetxt(tmp_path / "X.csv", X, delimiter=",", fmt="%.17g")
    by_job, _ = import_model(path, data=tmp_path / "X.csv")
    for seen in (known, by_job):
        core = make_core(seen, CoreConfig(input_format="auto"))
        bits = core.interface.samples(X)
        assert check_netlist(core.interface, core.netlist, bits).passed
        assert not core.interface.changed(X)[0].any()


def test_a_member_without_a_name_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "net.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
        archive.writestr(zipfile.ZipInfo(""), "more")
    assert list(content.Content(path).files) == ["a.txt"]
