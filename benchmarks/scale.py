"""Learning and predicting by the number of rows: seconds, peak memory, bytes moved, and workers.

The rows are made by a rule that anybody can follow: feature j of row i is the upper 53 bits of
SplitMix64 of seed 1 at counter ``n_features * i + j``, over 2^53, as float32; the class is 1 where
exactly one of features 0 and 1 is above 0.6, or feature 2 is above 0.9, and the other one where
feature 3 is below 0.1: a tenth of the labels is noise.

Each measurement is a process of its own: its peak is the largest resident memory that the kernel
has seen. Times are of the wall and of the processors: on a busy machine only the second tells much.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from lutgen.learn import randomness
from lutgen.model import LutNetwork

N_FEATURES = 10
RECORD = Path(__file__).parent / "results" / "scale.json"
PICTURE = Path(__file__).parents[1] / "docs" / "scale.svg"
_BLOCK = 1 << 18
_TOLD = ["--luts-per-class", "10", "--refits", "1", "--criterion", "absolute"]
_N_ROUNDS = 20  # ten that grow, ten refits


def make_rows(first: int, n: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return features and labels of rows first … first + n - 1."""
    key = randomness.keys(1, 0)[0]
    words = randomness.words_at(key, np.arange(first * N_FEATURES, (first + n) * N_FEATURES))
    X = ((words >> np.uint64(11)) / 2.0**53).astype(np.float32).reshape(n, N_FEATURES)
    y = ((X[:, 0] > 0.6) != (X[:, 1] > 0.6)) | (X[:, 2] > 0.9)
    return X, (y ^ (X[:, 3] < 0.1)).astype(np.int64)


def write_rows(path: Path, first: int, n: int) -> None:
    """Write rows as a Parquet file."""
    names = [f"f{j}" for j in range(N_FEATURES)]
    schema = pa.schema([*((name, pa.float32()) for name in names), ("label", pa.int8())])
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for start in range(first, first + n, _BLOCK):
            X, y = make_rows(start, min(_BLOCK, first + n - start))
            columns = [pa.array(X[:, j]) for j in range(N_FEATURES)]
            writer.write_table(pa.table([*columns, pa.array(y.astype(np.int8))], schema=schema))


def measured(code: list[str]) -> dict[str, Any]:
    """Run lutgen in a process of its own; return what it took."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-m", "lutgen", *code], stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode:
            raise SystemExit(out.read().decode())
    return {
        "seconds": round(time.perf_counter() - begun, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": round(used.ru_maxrss * 1024 / 1e6, 1),  # the kernel counts kibibytes
    }


def learn(folder: Path, n_rows: int, memory: str | None) -> dict[str, Any]:
    """Learn from a file, at once or in chunks."""
    path, model = folder / f"{n_rows}.parquet", folder / "model.npz"
    if not path.exists():
        write_rows(path, 0, n_rows)
    more = [] if memory is None else ["--memory", memory]
    found = measured(
        ["boost", "--data", str(path), "-o", str(model), "--threads", "1", *_TOLD, *more]
    )
    return {
        "what": "at once" if memory is None else f"chunks, {memory}",
        "rows": n_rows,
        "file_mb": round(path.stat().st_size / 1e6, 1),
        **found,
        "digest": LutNetwork.load(model).digest,
    }


def predict(folder: Path, n_rows: int) -> dict[str, Any]:
    """Predict a file's rows."""
    path = folder / f"{n_rows}.parquet"
    if not path.exists():
        write_rows(path, 0, n_rows)
    code = ["predict", str(folder / "model.npz"), "-i", str(path), "-o", str(folder / "answers")]
    return {"what": "predict", "rows": n_rows, **measured(code)}


def rounds(n_rows: int, n_workers: int) -> dict[str, Any]:
    """Learn on a LocalCluster; return what a round costs, in seconds and in bytes."""
    import dask  # noqa: PLC0415 - for this alone
    import dask.array as da  # noqa: PLC0415
    from dask.distributed import Client, LocalCluster  # noqa: PLC0415

    from lutgen.dask import train  # noqa: PLC0415
    from lutgen.learn.boost.part import Team  # noqa: PLC0415

    moved = {"down": 0, "up": 0}
    real = Team.ask

    def ask(self: Team, question: Any, executor: Any, *rest: Any, **arguments: Any) -> Any:
        told = self._changes[self._n_told :]
        moved["down"] += len(self) * len(pickle.dumps((told, arguments)))
        answer = real(self, question, executor, *rest, **arguments)
        moved["up"] += len(pickle.dumps(answer))
        return answer

    n_parts = 8
    each = n_rows // n_parts
    make = dask.delayed(make_rows, nout=2)
    pairs = [make(part * each, each) for part in range(n_parts)]
    X = da.concatenate([da.from_delayed(x, (each, N_FEATURES), np.float32) for x, _ in pairs])
    y = da.concatenate([da.from_delayed(y, (each,), np.int64) for _, y in pairs])
    at: list[float] = []
    bytes_at: list[int] = []

    def heard(_now: Any) -> None:
        at.append(time.perf_counter())
        bytes_at.append(moved["down"] + moved["up"])

    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        Team.ask = ask  # type: ignore[method-assign]
        begun = time.perf_counter()
        told = {"luts_per_class": 10, "refits": 1, "criterion": "absolute"}
        network = train(client, told, X, y, n_threads=1, progress=heard)
    per_round = sorted(np.diff(at).tolist())
    return {
        "what": f"{n_workers} workers",
        "rows": n_rows,
        "seconds": round(at[-1] - begun, 2),
        "before_first_round": round(at[0] - begun, 2),
        "seconds_a_round": round(per_round[len(per_round) // 2], 4),
        "bytes_a_round": int(np.median(np.diff(bytes_at))),
        "digest": network.digest,
    }


def draw(record: dict[str, Any]) -> None:
    """Draw seconds and peaks by rows, on log axes."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    kinds = list(dict.fromkeys(row["what"] for row in record["runs"] if "peak_mb" in row))
    for kind, marker in zip(kinds, "os^D", strict=False):
        rows = sorted(
            (row for row in record["runs"] if row["what"] == kind), key=lambda row: row["rows"]
        )
        n = [row["rows"] for row in rows]
        left.loglog(n, [row["cpu_seconds"] for row in rows], marker=marker, label=kind)
        right.loglog(n, [row["peak_mb"] for row in rows], marker=marker, label=kind)
    left.set(xlabel="rows", ylabel="processor seconds", ylim=(1, 1e3))
    right.set(xlabel="rows", ylabel="peak memory, MB", ylim=(1e2, 1e4))
    for axes in (left, right):
        axes.grid(True, which="major", alpha=0.3)
    left.legend(frameon=False)
    figure.savefig(PICTURE, format="svg", metadata={"Date": None})


def main() -> None:
    """Measure what is asked for, add it to the record, and draw the picture."""
    parser = argparse.ArgumentParser(description="Learning and predicting by the number of rows")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "lutgen-scale")
    parser.add_argument("--at-once", type=int, nargs="*", default=[])
    parser.add_argument("--chunks", type=int, nargs="*", default=[])
    parser.add_argument("--memory", default="600MB")
    parser.add_argument("--predict", type=int, nargs="*", default=[])
    parser.add_argument("--workers", type=int, nargs="*", default=[])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the runs with workers")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    record: dict[str, Any] = {"runs": []}
    if RECORD.exists():
        record = json.loads(RECORD.read_text())
    runs = [partial(learn, options.folder, n, None) for n in options.at_once]
    runs += [partial(learn, options.folder, n, options.memory) for n in options.chunks]
    runs += [partial(predict, options.folder, n) for n in options.predict]
    runs += [partial(rounds, options.rows, n) for n in options.workers]
    for run in runs:
        load = os.getloadavg()[0]
        found = run() | {"load": round(load, 1)}
        print(json.dumps(found), flush=True)
        old = [row for row in record["runs"]
               if (row["what"], row["rows"]) != (found["what"], found["rows"])]  # fmt: skip
        record["runs"] = [*old, found]
        record["processors"] = os.cpu_count()
        RECORD.write_text(json.dumps(record, indent=1) + "\n")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"this program's own peak: {own:.0f} MB")
    draw(record)


if __name__ == "__main__":
    main()
