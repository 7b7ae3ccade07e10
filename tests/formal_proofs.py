"""Proofs of the hand-written modules with Yosys' own solver: bounded, and by induction.

What a module promises stands in ``tests/formal/<module>.vh``, which is put into it, so that it sees
what is inside. From a reset, whatever the registers held before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lutgen.assets import asset
from lutgen.files import write_files
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys

PROPERTIES = Path(__file__).parent / "formal"

PROVED, REFUTED, OPEN = "proved", "refuted", "open"
_OUTCOMES = {
    PROVED: "Induction step proven: SUCCESS!",
    REFUTED: "SAT temporal induction proof finished - model found for base case: FAIL!",
    OPEN: "Reached maximum number of time steps -> proof failed.",
}


@dataclass(frozen=True)
class Case:
    """A module with some parameters, perhaps with a text of it exchanged.

    Parameters
    ----------
    fault : (str, str)
        What stands once in it, and what to put in its place.
    """

    module: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    fault: tuple[str, str] = ("", "")

    def text(self) -> str:
        """Return the module with its promises."""
        text = asset(f"hdl/{self.module}.v").read_text(encoding="utf-8")
        right, wrong = self.fault
        if right:
            assert text.count(right) == 1, (self.module, right, text.count(right))
            text = text.replace(right, wrong)
        promises = (PROPERTIES / f"{self.module}.vh").read_text(encoding="utf-8")
        return text.replace("endmodule", f"{promises}endmodule")


def prove(cases: Sequence[Case], folder: Path, *, max_steps: int = 16) -> list[tuple[str, int]]:
    """Return for each case what came of it, and the steps that it took.

    One process of Yosys does all of them. `PROVED`: after so many steps from a reset, and then for
    ever. `REFUTED`: there is a course of so many steps from a reset that breaks a promise.
    """
    script = []
    for number, case in enumerate(cases):
        values = "".join(f" -chparam {name} {value}" for name, value in case.parameters.items())
        script += [
            f"log case {number}:",
            "design -reset",
            f"read_verilog -sv -formal {number}.v",
            f"hierarchy -top {case.module}{values}",
            "prep",
            "flatten",
            "async2sync",
            "memory_map",
            "dffunmap",
            "opt -fast",
            "chformal -lower",
            "formalff -clk2ff -ff2anyinit",
            "setundef -undriven -anyseq",
            "opt -fast",
            f"sat -tempinduct -prove-asserts -set-assumes -maxsteps {max_steps} {case.module}",
        ]
    files = {f"{number}.v": case.text() for number, case in enumerate(cases)}
    write_files(folder, {**files, "script.ys": "\n".join(script) + "\n"})
    tool = find_yosys()
    log = folder / "yosys.log"
    run(
        [tool.path, "script.ys"],
        what="Yosys (proofs of modules)",
        cwd=folder,
        log=log,
        environment=subprocess_environment(tool.environment),
    )
    return [_outcome(part) for part in re.split(r"^case \d+:", log.read_text(), flags=re.M)[1:]]


def _outcome(log: str) -> tuple[str, int]:
    steps = max(
        (int(n) for n in re.findall(r"\*\* Trying induction with length (\d+) \*\*", log)),
        default=0,
    )
    (found,) = [name for name, line in _OUTCOMES.items() if line in log] or [log[-2000:]]
    return found, steps
