"""Runs lutgen, and kills it before its n-th change of the file system below the present folder.

``python stopping.py N COUNT ARGUMENTS...``: N is 0 for never; the file COUNT gets the number of
changes that there were. Changes are files opened to be written, moved, removed, and folders and
programs; what lies elsewhere (caches, temporary folders) does not count.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "subprocess.Popen"}


def main(stop_at: int, count: str, arguments: list[str]) -> None:
    """Run lutgen so."""
    here = str(Path.cwd()) + os.sep
    n_changes = 0

    def is_here(name: Any) -> bool:
        if isinstance(name, int):
            return False
        text = os.fsdecode(name)
        return not text.startswith(os.sep) or text.startswith(here)

    def watch(event: str, given: tuple[Any, ...]) -> None:
        nonlocal n_changes
        if event == "open":
            if not isinstance(given[2], int) or not given[2] & _WRITING or not is_here(given[0]):
                return
        elif event not in _CHANGES or (event.startswith("os.") and not is_here(given[0])):
            return
        n_changes += 1
        if n_changes == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    sys.argv = ["lutgen", *arguments]
    try:
        runpy.run_module("lutgen", run_name="__main__", alter_sys=True)
    finally:
        total = n_changes
        Path(count).write_text(str(total))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
