"""Who may import whom: the table of docs/architecture.md, checked on the code itself."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "lutgen"

# part of lutgen: the other parts that it may import (its own always)
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "moved": {"core", "emit.verilog"},
    "assets": set(),
    "files": {"errors"},
    "bits": set(),
    "encode": {"bits", "errors"},
    "model": {"bits", "encode", "files", "errors"},
    "datasets": {"encode", "files", "errors"},
    "learn": {"model", "encode", "datasets.split", "bits", "errors"},
    "optimise": {"model", "bits", "learn.counts", "netlist.isf", "errors"},
    "netlist": {"bits", "errors"},
    "chips": {"netlist", "errors"},
    "core": {"model", "encode", "netlist", "chips", "bits", "errors", "version"},
    "emit": {"core", "model", "netlist", "chips", "bits", "errors"},
    "flow": {"chips", "records", "assets", "files", "errors"},
    "verify": {
        *("model", "core", "netlist", "emit", "flow", "chips", "records"),
        *("bits", "files", "errors"),
    },
    "host": {"model", "encode", "netlist", "core", "bits", "errors"},
    "board": {
        *("model", "core", "netlist", "chips", "emit", "flow", "records"),
        *("host.protocol", "host.identity"),
        *("bits", "assets", "files", "errors", "version"),
    },
    "records": {"model", "core", "netlist", "files", "errors", "version"},
    "jobs": {
        *("model", "encode", "datasets", "learn", "optimise", "netlist", "chips", "core", "emit"),
        *("flow", "verify", "host", "board", "records", "report"),
        *("bits", "assets", "files", "errors", "version"),
    },
    "report": {"records", "model.provenance", "netlist.stats", "errors"},
    "studies": {
        *("model", "encode", "datasets", "learn", "optimise", "netlist", "chips", "core", "emit"),
        *("bits", "files", "errors", "version"),
    },
    "cli": {
        *("model", "encode", "datasets", "learn", "optimise", "netlist", "chips", "core", "emit"),
        *("flow", "verify", "host", "board", "records", "jobs", "report", "studies"),
        *("bits", "assets", "files", "errors", "version"),
    },
}
# module: import of a later stage, inside one function, with its reason
EXCEPTIONS = {"lutgen.model.network": {"lutgen.core", "lutgen.emit.verilog"}}  # to_verilog

# heavy library: the modules that may import it
HEAVY: dict[str, set[str]] = {
    "numba": {"lutgen.learn.kernels", "lutgen.learn.boost.kernels", "lutgen.learn.boost.searching"},
    "pysat": {"lutgen.verify.sat"},
    "sklearn": {"lutgen.learn.estimators", "lutgen.datasets.digits", "lutgen.studies.methods"},
    "torch": {"lutgen.studies.conv_net"},
    "pooch": {"lutgen.datasets.download"},
    "amaranth": {"lutgen.emit.amaranth", "lutgen.board"},
    "amaranth_boards": {"lutgen.board"},
    "serial": {"lutgen.host"},
    "cocotb": set(),
    "cocotb_tools": {"lutgen.flow.cocotb"},
    "matplotlib": {"lutgen.report.pictures", "lutgen.studies.plot"},
    "jinja2": {"lutgen.report.render_html"},
    "typer": {"lutgen.cli"},
    "rich": {"lutgen.cli"},
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found |= {
                full if (full := f"{node.module}.{alias.name}") in NAMES else node.module
                for alias in node.names
            }
    return found


NAMES = {module_name(path) for path in MODULES}


def is_within(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_keep_to_the_table(path: Path) -> None:
    name = module_name(path)
    if name in ("lutgen", "lutgen.__main__"):
        return
    local = name.removeprefix("lutgen.")
    part = local.split(".")[0]
    assert part in ALLOWED, f"{name}: no row for {part} in the table"
    allowed = {part} | ALLOWED.get(local, ALLOWED[part])
    for module in imports(path):
        if is_within(module, "lutgen"):
            if module in EXCEPTIONS.get(name, ()):
                continue
            target = module.removeprefix("lutgen.") if module != "lutgen" else "version"
            assert any(is_within(target, item) for item in allowed), f"{name} imports {module}"
        library = module.split(".")[0]
        if library in HEAVY:
            users = HEAVY[library]
            assert any(is_within(name, user) for user in users), f"{name} imports {library}"


def test_the_checker_sees_a_forbidden_import(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("def f():\n    import numba\n    from lutgen.cli import app\n")
    assert imports(source) == {"numba", "lutgen.cli.app"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import sys, lutgen; print([m for m in sys.argv[1:] if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
