"""Who may import whom: the table of docs/architecture.md, checked on the code itself."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lutgen"

ROW = re.compile(r"^\| `([\w.]+)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)


def read_table(text: str) -> dict[str, list[str]]:
    """Return the parts of a table, from above, and what each may import besides itself."""
    return {row[1]: re.findall(r"`([\w.]+)`", row[2]) for row in ROW.finditer(text)}


DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ALLOWED = read_table(DOCUMENT[: DOCUMENT.index("## Conventions")])

# module: import of a later stage, inside one function, with its reason
EXCEPTIONS = {  # to_verilog, predict
    "lutgen.model.network": {"lutgen.core", "lutgen.emit.verilog", "lutgen.infer"}
}

# heavy library: the modules that may import it
HEAVY: dict[str, set[str]] = {
    "numba": {
        "lutgen.learn.compiled",
        "lutgen.learn.vectors",
        "lutgen.netlist.passes.cuts",
        "lutgen.netlist.strike",
    },
    "llvmlite": {"lutgen.infer.machine", "lutgen.learn.vectors"},
    "pysat": {"lutgen.verify.sat"},
    "sklearn": {
        "lutgen.learn.estimators",
        "lutgen.datasets.digits",
        "lutgen.studies.methods",
        "lutgen.tune",
    },
    "torch": {"lutgen.studies.conv_net"},
    "pyarrow": {
        "lutgen.datasets.text_table",
        "lutgen.datasets.arrow_table",
        "lutgen.datasets.chunks",
    },
    "dask": {"lutgen.dask"},
    "distributed": {"lutgen.dask"},
    "pooch": {"lutgen.datasets.download"},
    "amaranth": {"lutgen.emit.amaranth", "lutgen.board"},
    "amaranth_boards": {"lutgen.board"},
    "serial": {"lutgen.host"},
    "cocotb": set(),
    "cocotb_tools": {"lutgen.flow.cocotb"},
    "matplotlib": {"lutgen.plot", "lutgen.report.pictures", "lutgen.studies.plot"},
    "jinja2": {"lutgen.report.render_html", "lutgen.kit.render"},
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


def imports_of_ours(name: str, path: Path) -> set[str]:
    """Return what a module imports of lutgen, without the exceptions."""
    found = {module for module in imports(path) if is_within(module, "lutgen")}
    return {module.removeprefix("lutgen.") for module in found - EXCEPTIONS.get(name, set())}


def part_of(name: str) -> str:
    """Return the part that a module belongs to; "" for the package itself."""
    return name.removeprefix("lutgen").removeprefix(".").split(".")[0].replace("__main__", "")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_keep_to_the_table(path: Path) -> None:
    name = module_name(path)
    if part := part_of(name):
        assert part in ALLOWED, f"{name}: no row for {part} in the table"
        for module in imports_of_ours(name, path):
            allowed = [part, *ALLOWED[part]]
            assert any(is_within(module, item) for item in allowed), f"{name} imports {module}"
    for module in imports(path):
        library = module.split(".")[0]
        if library in HEAVY:
            users = HEAVY[library]
            assert any(is_within(name, user) for user in users), f"{name} imports {library}"


def test_the_table_has_no_circle_and_no_import_that_is_not() -> None:
    above: list[str] = []
    used: dict[str, set[str]] = {part: set() for part in ALLOWED}
    for path in MODULES:
        if part := part_of(name := module_name(path)):
            used[part] |= imports_of_ours(name, path)
    for part, allowed in ALLOWED.items():
        for item in allowed:
            assert item.split(".")[0] in above, f"{part} imports {item}, which is not above it"
            assert any(is_within(module, item) for module in used[part]), f"{part}: no {item}"
        above.append(part)


def test_the_table_is_read() -> None:
    text = "| package | what | imports |\n|---|---|---|\n| `a` | b | |\n| `c` | d | `a` `a.e` |\n"
    rows = read_table(text)
    assert rows == {"a": [], "c": ["a", "a.e"]}


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
