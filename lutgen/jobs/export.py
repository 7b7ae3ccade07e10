"""From a core to a kit: a folder with all that a user's own design asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from numpy.typing import ArrayLike

from lutgen.core import Core
from lutgen.errors import DataError, OutputError
from lutgen.files import write_files
from lutgen.kit.design import DEFAULT_BEAT_WIDTH, PLAIN, VERILOG, Design, make_design
from lutgen.kit.kit import Vectors, constrained_mhz, kit_files, random_vectors
from lutgen.kit.projects import require_project, write_project
from lutgen.records.kit import KIT_FILE, KitRecord
from lutgen.version import __version__

N_RANDOM = 100


def export(
    core: Core,
    folder: Path | str,
    *,
    shell: str = PLAIN,
    language: str = VERILOG,
    X: ArrayLike | None = None,
    samples: str = "samples",
    beat_width: int = DEFAULT_BEAT_WIDTH,
    clock_mhz: float = 0.0,
    project: str = "",
    project_options: Mapping[str, str] | None = None,
) -> KitRecord:
    """Write the kit of a core: hardware, templates, test bench, constraints, README.

    Parameters
    ----------
    core : Core
    folder : Path
        Gets the files, and ``kit.json`` that lists them. A kit of the same top module that it
        holds is replaced.
    shell, language : str
        See :data:`lutgen.kit.design.SHELLS` and :data:`lutgen.kit.design.LANGUAGES`.
    X : array of shape (n_samples, n_features), optional
        Samples for the test bench; by default bits at random.
    samples : str
        What these are, for people.
    beat_width : int
        Bits of a beat of the AXI4-Stream that comes in.
    clock_mhz : float
        What the constraints ask for; 0: the core's own aim, or 100 MHz where it has none.
    project : str
        A vendor's tool that Edalize writes a project for, of :data:`lutgen.kit.projects.TOOLS`.
    project_options : mapping of str to str, optional
        What Edalize has to know for it: ``{"part": "xc7a35tcpg236-1"}``.

    Returns
    -------
    KitRecord
        As in ``kit.json``.

    Raises
    ------
    ConfigError
        See :func:`lutgen.kit.design.make_design` and :func:`lutgen.kit.projects.require_project`.
    DataError
        If there are no samples, or the core cannot take them.
    OutputError
        If the folder holds the kit of another module, or cannot be written.
    ToolError
        If a project is asked for and Edalize is not installed.

    Examples
    --------
    >>> from lutgen import LutNetwork
    >>> from lutgen.core import make_core
    >>> from lutgen.jobs.export import export
    >>> core = make_core(LutNetwork.load("model.npz"))  # doctest: +SKIP
    >>> export(core, "kit", shell="stream").top  # doctest: +SKIP
    'lutgen_core_stream'
    """
    folder = Path(folder)
    design = make_design(core, shell, language=language, beat_width=beat_width)
    options = dict(project_options or {})
    if project:
        require_project(design, project, options)
    vectors = random_vectors(design, N_RANDOM)
    if X is not None:
        vectors = Vectors(core.interface.samples(X), samples)
    if not vectors.x.n_samples:
        raise DataError("a test bench needs at least one sample; there is none")
    stale = _old_files(folder, design)
    files = kit_files(design, vectors, language=language, clock_mhz=clock_mhz, project=project)
    write_files(folder, files)
    names = {*files}
    if project:
        names |= {*write_project(design, project, options, list(files), folder)}
    record = KitRecord(
        lutgen=__version__,
        module=core.module,
        top=design.top,
        shell=shell,
        language=language,
        target=core.family.name,
        digest=core.network.digest,
        core_id=core.interface.core_id,
        latency_cycles=core.netlist.latency,
        clock_mhz=constrained_mhz(core, clock_mhz),
        n_vectors=vectors.x.n_samples,
        vectors=vectors.told,
        files=tuple(sorted(names)),
    )
    record.write(folder / KIT_FILE)
    for name in stale - names:
        (folder / name).unlink(missing_ok=True)
    return record


def _old_files(folder: Path, design: Design) -> set[str]:
    """Return the files of an older kit of the same top module, of which none may stay behind."""
    path = folder / KIT_FILE
    if not path.exists():
        return set()
    old = KitRecord.read(path)
    if old.top != design.top:
        raise OutputError(
            f"{folder} holds the kit of {old.top}; name another folder for that of {design.top}, "
            "or remove it"
        )
    outside = [name for name in old.files if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside:
        raise DataError(f"{path}: lists files outside of its folder, {outside[0]}; remove it")
    return set(old.files)
