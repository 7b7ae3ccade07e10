"""The convolutional network that the paper compares with, in PyTorch, which is optional.

"LENET-style", with 64 and 32 filters, each followed by max pooling, and fully connected layers of
256, 128 and 2 units; stochastic gradient descent and dropout (experiment 4). The paper leaves open
kernel size, rates and batches: 5x5, learning rate 0.05 with momentum 0.9, batches of 128, half of
the units dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError

MISSING = "PyTorch is not installed: pip install 'lutgen[torch]'"

_Pixels = NDArray[np.uint8]
_Labels = NDArray[np.uint8]
_BATCH, _RATE, _MOMENTUM, _KERNEL = 128, 0.05, 0.9, 5


def is_available() -> bool:
    """Return whether PyTorch is installed."""
    return find_spec("torch") is not None


def train_conv_net(
    X: _Pixels,
    y: _Labels,
    shape: tuple[int, ...],
    n_epochs: int,
    seed: int,
    n_threads: int | None = None,
) -> Callable[[_Pixels], _Labels]:
    """Train the network and return what tells the class of each image.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), dtype=np.uint8
        Pixels, 0 and 1; `shape` is that of one image, (height, width) or channels first.
    y : ndarray of shape (n_samples,), dtype=np.uint8
        Class numbers, 0 and 1.

    Raises
    ------
    ConfigError
        If PyTorch is not installed.
    """
    if not is_available():
        raise ConfigError(MISSING)
    import torch  # noqa: PLC0415 - optional, and slow to load

    images = (-1, *((1,) * (3 - len(shape))), *shape)
    threads = torch.get_num_threads()
    torch.set_num_threads(n_threads or threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = _network(torch.nn, images)
            _descend(torch, net, X.reshape(images), y, n_epochs)
    finally:
        torch.set_num_threads(threads)

    def predict(X: _Pixels) -> _Labels:
        net.eval()
        pixels = torch.from_numpy(X.reshape(images))
        with torch.no_grad():
            scores = torch.cat([net(part.float()) for part in pixels.split(1024)])
        return np.asarray(scores.argmax(dim=1).numpy(), dtype=np.uint8)

    return predict


def _network(nn: Any, images: tuple[int, ...]) -> Any:
    _, channels, *sides = images
    for _ in range(2):  # a convolution without a margin, then one pixel of four
        sides = [(side - _KERNEL + 1) // 2 for side in sides]
    return nn.Sequential(
        *(nn.Conv2d(channels, 64, _KERNEL), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 32, _KERNEL), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * sides[0] * sides[1], 256), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 2)),
    )


def _descend(torch: Any, net: Any, X: _Pixels, y: _Labels, n_epochs: int) -> None:
    pixels, target = torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))
    optimiser = torch.optim.SGD(net.parameters(), lr=_RATE, momentum=_MOMENTUM)
    loss = torch.nn.CrossEntropyLoss()
    net.train()
    for _ in range(n_epochs):
        for batch in torch.randperm(len(pixels)).split(_BATCH):
            optimiser.zero_grad()
            loss(net(pixels[batch].float()), target[batch]).backward()
            optimiser.step()
