"""Installs a wheel in a clean environment outside of the tree, and does there what it promises.

``python .ci/check_wheel.py dist/lutgen-….whl``: learns, imports, writes Verilog and predicts with
the wheel and its dependencies alone; ``--extra flow`` simulates and proves, too. It ends with the
size of the environment.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

TABLE = "a,b,label\n" + "".join(f"{i % 7},{i % 5},{int(i % 7 > i % 5)}\n" for i in range(200))
BLIF = ".model and\n.inputs a b\n.outputs y\n.names a b y\n11 1\n.end\n"
ALONE = (
    "--version",
    "boost --data table.csv --luts-per-class 4 --criterion newton -o model.npz",
    "evaluate model.npz",
    "predict model.npz -i samples.csv",
    "import and.blif -o and.npz",
    "verilog model.npz --chip ice40 --input-format auto -o build",
    "emit model.npz --form c --form aiger -o forms",
)
FLOW = (
    "simulate model.npz --chip ice40 --input-format auto -o build",
    "prove model.npz --chip ice40 --input-format auto --post-synthesis direct -o build",
    "report build",
)
PYTHON = """
import numpy as np
from lutgen import BoostedLutClassifier, load
X = np.arange(200).reshape(-1, 1) % 10
model = BoostedLutClassifier(luts_per_class=2, criterion="newton").fit(X, X[:, 0] > 4)
assert model.score(X, X[:, 0] > 4) == 1, "the classifier has not learnt one threshold"
assert load("model.npz").predict([[6, 1], [0, 4]]).tolist() == [1, 0]
print(len(model.network_.to_verilog(chip="xilinx7")), "characters of Verilog")
"""


def main() -> None:
    """Check the wheel that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--extra", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = install(chosen.wheel.resolve(), chosen.extra, Path(folder) / "venv")
        try_out(python, Path(folder) / "work", ALONE + (FLOW if chosen.extra else ()))
        size = sum(
            path.stat().st_size for path in Path(folder, "venv").rglob("*") if path.is_file()
        )
    name = chosen.wheel.name + (f" [{chosen.extra}]" if chosen.extra else "")
    own = chosen.wheel.stat().st_size
    print(f"good: {name}, wheel {own / 1e6:.1f} MB, environment {size / 1e6:.0f} MB")


def install(wheel: Path, extra: str, folder: Path) -> Path:
    """Return the interpreter of a new environment that has the wheel."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = f"lutgen[{extra}] @ {wheel.as_uri()}" if extra else str(wheel)
    subprocess.run([python, "-m", "pip", "install", "--quiet", wanted], check=True)
    return python


def try_out(python: Path, folder: Path, commands: tuple[str, ...]) -> None:
    """Run lutgen's commands in a new folder."""
    folder.mkdir()
    (folder / "table.csv").write_text(TABLE)
    (folder / "samples.csv").write_text("b,a\n1,6\n4,0\n")
    (folder / "and.blif").write_text(BLIF)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    for command in commands:
        print("lutgen", command, flush=True)
        run([python, "-m", "lutgen", *command.split()], folder, environment)
    run([python, "-c", PYTHON], folder, environment)


def run(words: list[str | Path], folder: Path, environment: dict[str, str]) -> None:
    """Run a program, and end with what it said if it fails."""
    done = subprocess.run(
        words, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    main()
