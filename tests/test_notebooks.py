"""The notebooks run from top to bottom, and are kept without what they put out."""

from __future__ import annotations

from pathlib import Path

import pytest
from needed import need_module

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
PICTURES = {"hardware": 0, "images": 3, "tables": 2}


def test_there_is_one_of_each_kind() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(PICTURES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    nbformat = need_module("nbformat", "pip install 'lutgen[dev]'")
    need_module("ipykernel", "pip install 'lutgen[dev]'")
    client = need_module("nbclient", "pip install 'lutgen[dev]'")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    client.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    kinds = [
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    ]
    assert kinds.count("image/png") == PICTURES[path.stem]
    assert "text/html" in kinds  # estimators and networks are shown


def test_a_notebook_that_is_wrong_fails(tmp_path: Path) -> None:
    nbformat = need_module("nbformat", "pip install 'lutgen[dev]'")
    client = need_module("nbclient", "pip install 'lutgen[dev]'")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 == 2")])
    with pytest.raises(client.exceptions.CellExecutionError, match="AssertionError"):
        client.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
