"""A compiler launcher that keeps the objects of Verilator's run-time library.

Every simulation compiles the same few files of that library, which for a small design is most of
the work. Verilator's makefiles put ``$(OBJCACHE)`` before each call of the compiler, as for
ccache; this script, run as ``python objcache.py FOLDER COMMAND...``, takes that place. Anything
but a file of the library is compiled as if it were not there.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


def main(folder: Path, command: list[str]) -> int:
    """Run a compiler command, or fetch what it made before; return its exit code."""
    source = Path(command[-1])
    if not (source.is_absolute() and source.name.startswith("verilated") and "-o" in command):
        return subprocess.call(command)
    made = Path(command[command.index("-o") + 1])
    kept = folder / f"{source.stem}-{_key(command, source)}.o"
    try:
        shutil.copyfile(kept, made)
        return 0
    except OSError:
        code = subprocess.call(command)
    if code == 0:
        _keep(made, kept)
    return code


def _key(command: list[str], source: Path) -> str:
    """Return a digest of all that decides the object: compiler, options, source and headers."""
    compiler = subprocess.run([command[0], "--version"], capture_output=True, check=False)
    digest = hashlib.sha256(compiler.stdout)
    digest.update("\0".join(command).encode())
    for path in [source, *sorted(source.parent.glob("*.h"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _keep(made: Path, kept: Path) -> None:
    """Put an object into the cache; one that cannot be written is none the worse for this build."""
    part = kept.with_name(f".{kept.name}.{os.getpid()}.part")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        for left in kept.parent.glob(f".{kept.name}.*.part"):
            if not _is_running(left.name.split(".")[-2]):
                left.unlink(missing_ok=True)
        shutil.copyfile(made, part)
        part.replace(kept)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _is_running(number: str) -> bool:
    """Return whether there is a process of a number: who put a part into the cache may be gone."""
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        pass
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
