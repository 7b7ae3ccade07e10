"""Tables 1 and 2 of "Learning and Memorization", ours beside the paper's, over several seeds."""

from __future__ import annotations

import statistics

from paper import BinaryMnist, arguments
from rich.console import Console
from rich.progress import track
from rich.table import Table

from lutgen.learn.memorize import Parameters

WIDTHS = (1024,) * 5
# layer: mean, std, min, max of the training accuracy (layer 0: the input bits)
TABLE_1 = {
    0: (0.5072, 0.0340, 0.4042, 0.6572),
    1: (0.6055, 0.0403, 0.5120, 0.7299),
    2: (0.7431, 0.0191, 0.6721, 0.7877),
    3: (0.8297, 0.0068, 0.8038, 0.8526),
    4: (0.8655, 0.0033, 0.8562, 0.8751),
    5: (0.8808, 0.0015, 0.8759, 0.8853),
    6: (0.8898, 0.0000, 0.8898, 0.8898),
}
# k: training and test accuracy on real data
TABLE_2 = {
    2: (0.66, 0.66),
    4: (0.81, 0.81),
    6: (0.85, 0.86),
    8: (0.89, 0.87),
    10: (0.94, 0.89),
    12: (0.99, 0.90),
    14: (1.00, 0.83),
    16: (1.00, 0.66),
}
STATISTICS = ("mean", "std", "min", "max")


def main() -> None:
    """Learn with each k and seed and print both tables."""
    parser = arguments("Tables 1 and 2 of the paper")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    mnist = BinaryMnist.load(options.data_dir)
    seeds = range(options.seeds)
    accuracy: dict[int, list[tuple[float, float]]] = {k: [] for k in TABLE_2}
    layers: list[list[dict[str, float]]] = []
    for k, seed in track([(k, seed) for k in TABLE_2 for seed in seeds], "learning"):
        network = mnist.learn(Parameters(k=k, widths=WIDTHS, seed=seed))
        train = float(network.training["train_accuracy"])
        accuracy[k].append((train, mnist.test_accuracy(network)))
        if k == 8:
            layers.append(network.training["layers"])
    console = Console()
    console.print(_table_1(layers))
    console.print(_table_2(accuracy))


def _spread(values: list[float], digits: int) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.{digits}f} ± {deviation:.{digits}f}"


def _table_1(layers: list[list[dict[str, float]]]) -> Table:
    table = Table(title=f"Table 1: k=8, training accuracy by layer, {len(layers)} seeds")
    for column in ("layer", *(f"{name} (paper)" for name in STATISTICS), "mean: ours - paper"):
        table.add_column(column, justify="right")
    for layer, paper in TABLE_1.items():
        rows = [run[layer] for run in layers]
        cells = [
            f"{_spread([row[name] for row in rows], 4)} ({theirs:.4f})"
            for name, theirs in zip(STATISTICS, paper, strict=True)
        ]
        difference = statistics.mean(row["mean"] for row in rows) - paper[0]
        table.add_row(str(layer), *cells, f"{difference:+.4f}")
    return table


def _table_2(accuracy: dict[int, list[tuple[float, float]]]) -> Table:
    table = Table(title="Table 2: real data, 60,000 training and 10,000 test images")
    for column in ("k", "train (paper)", "difference", "test (paper)", "difference"):
        table.add_column(column, justify="right")
    for k, runs in accuracy.items():
        cells = []
        for part, theirs in enumerate(TABLE_2[k]):
            ours = [run[part] for run in runs]
            cells += [
                f"{_spread(ours, 4)} ({theirs:.2f})",
                f"{statistics.mean(ours) - theirs:+.4f}",
            ]
        table.add_row(str(k), *cells)
    return table


if __name__ == "__main__":
    main()
