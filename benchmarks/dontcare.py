"""Don't-cares on binary MNIST: LUTs of the direct mapping and accuracy, by policy, k and family.

Networks of experiment 1 (five layers of 1,024 LUTs and one) are learnt from 50,000 of the 60,000
training images; the other 10,000 validate, and choose the boldest policy that costs at most 0.2
points. The test images are only looked at in the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from paper import BinaryMnist, arguments

from lutgen.bits import Bits
from lutgen.chips.registry import get_family
from lutgen.core import CoreConfig, make_core
from lutgen.learn.memorize import Parameters
from lutgen.model.network import LutNetwork
from lutgen.optimise.external import optimise
from lutgen.optimise.policy import LADDER, Policy
from lutgen.optimise.search import Labelled, find_policy

N_VALIDATION = 10_000
MAX_LOSS = 0.002


def main() -> None:
    """Learn, optimise and map, and print the table."""
    parser = arguments("Don't-cares: LUTs and accuracy")
    parser.add_argument("--k", default="4,6,8")
    parser.add_argument("--targets", default="ice40")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--policies", default="unseen,tied")
    options = parser.parse_args()
    mnist = BinaryMnist.load(options.data_dir)
    held_out = mnist.y_train.size - N_VALIDATION
    images = mnist.train.to_dense()
    fit = Labelled(Bits.from_dense(images[:held_out]), mnist.y_train[:held_out])
    validation = Labelled(Bits.from_dense(images[held_out:]), mnist.y_train[held_out:])
    test = Labelled(mnist.test, mnist.y_test)
    mnist = replace(mnist, train=fit.bits, y_train=fit.labels)
    targets = options.targets.split(",")
    columns = ("k", "seed", "policy", "trained LUTs", "validation", "test", *targets)
    print_row(columns)
    print_row(["---"] * len(columns))
    for k, seed in [(int(k), seed) for k in options.k.split(",") for seed in range(options.seeds)]:
        network = mnist.learn(Parameters(k=k, seed=seed, cone_only=True))
        direct = [count_luts(network, target) for target in targets]
        chosen, _ = find_policy(network, LADDER, fit, validation, MAX_LOSS)
        policies = [Policy.parse(text) for text in filter(None, options.policies.split(","))]
        for policy in (None, chosen, *policies):
            form = network
            if policy is not None:
                form, _ = optimise(network, policy, fit.bits, fit.labels)
            counts = direct if policy is None else [count_luts(form, t) for t in targets]
            accuracies = [f"{100 * part.accuracy(form):.2f}" for part in (validation, test)]
            cells = [
                f"{count:,} ({100 * (count / base - 1):+.1f} %)"
                for count, base in zip(counts, direct, strict=True)
            ]
            name = "direct" if policy is None else str(policy)
            print_row([k, seed, name, f"{form.n_luts:,}", *accuracies, *cells])


def print_row(cells: Iterable[object]) -> None:
    """Print a row of a Markdown table, at once: a run takes minutes."""
    print("|", " | ".join(map(str, cells)), "|", flush=True)


def count_luts(network: LutNetwork, target: str) -> int:
    """Return the lookup tables of the mapped netlist; multiplexers between them do not count."""
    primitives = get_family(target).primitives
    cells = make_core(network, CoreConfig(chip=target)).netlist.cells
    return sum(bool(primitives[cell.primitive].init) for cell in cells)


if __name__ == "__main__":
    main()
