"""What the paper's own figures are measured on: binary MNIST (Chatterjee 2018, section 3)."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.datasets.load import load_dataset
from lutgen.datasets.tasks import apply_task
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model.network import LutNetwork


@dataclass(frozen=True, eq=False)
class BinaryMnist:
    """Digits 5 to 9 against 0 to 4, pixels of one bit (value 128 or more), official split."""

    encoder: Encoder
    train: Bits
    y_train: NDArray[Any]
    test: Bits
    y_test: NDArray[Any]

    @classmethod
    def load(cls, data_dir: Path | None) -> BinaryMnist:
        """Read MNIST from a folder, or download it."""
        data = apply_task(load_dataset("mnist", data_dir=data_dir), "ge5")
        encoder = fit_encoder(data.encoder, data.X_train)
        train, test = encoder.encode(data.X_train), encoder.encode(data.X_test)
        return cls(encoder, train, data.y_train, test, data.y_test)

    def learn(self, parameters: Parameters, **options: Any) -> LutNetwork:
        """Learn the training images."""
        return memorize(
            self.train,
            self.y_train,
            parameters,
            encoder=self.encoder,
            classes=np.array([0, 1]),
            feature_shape=(28, 28),
            **options,
        )

    def test_accuracy(self, network: LutNetwork) -> float:
        """Return the share of test images whose class the network tells."""
        return float((network.class_numbers(self.test) == self.y_test).mean())


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data-dir", type=Path, help="folder with MNIST; default: download it")
    return parser
