import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch.core
import pytest

from lutgen.datasets.download import cache_folder, fetch_files
from lutgen.errors import DataError, OutputError

CONTENT = bytes(range(256)) * 4096
SHA256 = {"images.gz": hashlib.sha256(CONTENT).hexdigest()}


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT whole, broken off in the middle, altered, or not at all, as the path says."""

    def do_GET(self) -> None:
        self.server.requests.append(self.path)  # type: ignore[attr-defined]
        behaviour = self.path.split("/")[1]
        if behaviour == "gone":
            self.send_error(404, "Not Found")
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if behaviour == "broken":
            self.wfile.write(CONTENT[: len(CONTENT) // 2])
        elif behaviour == "altered":
            self.wfile.write(CONTENT[:-1] + b"?")
        else:
            self.wfile.write(CONTENT)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(pooch.core.time, "sleep", lambda seconds: None)  # between two tries
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.requests = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield httpd
        httpd.shutdown()
        thread.join()


def url(server: ThreadingHTTPServer, behaviour: str) -> str:
    return f"http://127.0.0.1:{server.server_port}/{behaviour}/"


def test_a_download_is_whole_reports_progress_and_happens_once(
    tmp_path: Path, server: ThreadingHTTPServer
) -> None:
    steps: list[tuple[str, int, int]] = []
    for _ in range(2):
        fetch_files(tmp_path, url(server, "good"), SHA256, lambda *step: steps.append(step))
    assert (tmp_path / "images.gz").read_bytes() == CONTENT
    assert server.requests == ["/good/images.gz"]
    done = [n for _, n, _ in steps]
    assert len(done) > 2 and done == sorted(done) and done[-1] == len(CONTENT)
    assert {(name, total) for name, _, total in steps} == {("images.gz", len(CONTENT))}


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("broken", "cannot download .*images.gz: there is no connection, or it broke off"),
        ("altered", "does not have the expected SHA-256 checksum; nothing was kept"),
        ("gone", "cannot download .*images.gz: 404 Not Found"),
    ],
)
def test_a_failed_download_leaves_nothing(
    tmp_path: Path, server: ThreadingHTTPServer, behaviour: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        fetch_files(tmp_path, url(server, behaviour), SHA256)
    assert list(tmp_path.iterdir()) == []
    assert len(server.requests) == 2  # it was tried again


@pytest.mark.parametrize("behaviour", ["broken", "altered"])
def test_a_failed_download_leaves_a_stale_file_as_it_was(
    tmp_path: Path, server: ThreadingHTTPServer, behaviour: str
) -> None:
    (tmp_path / "images.gz").write_bytes(b"stale")
    with pytest.raises(DataError):
        fetch_files(tmp_path, url(server, behaviour), SHA256)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"stale"]
    fetch_files(tmp_path, url(server, "good"), SHA256)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [CONTENT]


def test_an_interrupted_download_leaves_nothing(
    tmp_path: Path, server: ThreadingHTTPServer
) -> None:
    def interrupt(name: str, done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_files(tmp_path, url(server, "good"), SHA256, interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("server")  # for what it sets
def test_no_server_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot download http://127.0.0.1:1/images.gz: there is"):
        fetch_files(tmp_path, "http://127.0.0.1:1/", SHA256)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, server: ThreadingHTTPServer
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot write into .*file.*; set LUTGEN_DATA"):
        fetch_files(tmp_path / "file" / "mnist", url(server, "good"), SHA256)


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUTGEN_DATA", "/some/folder")
    assert cache_folder() == Path("/some/folder")
    monkeypatch.delenv("LUTGEN_DATA")
    assert cache_folder().name == "lutgen"
