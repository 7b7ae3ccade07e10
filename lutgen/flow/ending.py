"""A launcher of programs that end with who started them, even if that one is killed (Linux).

Run as ``python ending.py PARENT COMMAND...``, it asks the system for that and becomes the program.
(A function run between fork and exec would do, too, but a Ctrl-C in that moment would be lost.)
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become a program that ends with its parent."""
    call = getattr(ctypes.CDLL(None), "prctl", None)
    if call is not None:
        call(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # it has ended meanwhile
            sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
