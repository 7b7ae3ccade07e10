"""What all tests share: the golden files, data sets and how properties are tested."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from needed import need_folder, required

# the time that an example takes says more about the machine's load than about the code
settings.register_profile("lutgen", deadline=None)
settings.load_profile("lutgen")

# A shell ignores Ctrl-C for what it runs in the background, and what that starts inherits it: but
# some tests send their children Ctrl-C.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regen-golden", action="store_true", help="write tests/golden anew instead of comparing"
    )


def pytest_configure() -> None:
    try:
        required()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function that compares a text with a file of tests/golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--regen-golden"):
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; write it with: pytest --regen-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Return the folder with MNIST: the tests never download it."""
    return need_folder("data", "mnist")
