"""The data sets that lutgen knows by name: what they are, whose, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DatasetInfo:
    """A named data set, as `lutgen datasets` lists it.

    Parameters
    ----------
    source : {"bundled", "folder or download"}
        Where the samples come from on this machine.
    origin : str
        Who made it.
    size_bytes : int
        What has to be downloaded; 0 if nothing.
    base_url : str
        Where the files lie; "" for a bundled set.
    sha256 : mapping
        Checksum (hex) of each file by its name, in the order train images, train labels, test
        images, test labels; empty for a bundled set.
    """

    name: str
    title: str
    n_samples: int
    feature_shape: tuple[int, ...]
    n_classes: int
    encoder: str
    source: str
    origin: str
    licence: str
    size_bytes: int = 0
    base_url: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)


IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_MNIST_SHA256 = (
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
)
_FASHION_SHA256 = (
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
)

REGISTRY: Mapping[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(
            name="digits",
            title="handwritten digits, 8x8, values 0 to 16",
            n_samples=1_797,
            feature_shape=(8, 8),
            n_classes=10,
            encoder="threshold:8",
            source="bundled",
            origin="Alpaydin and Kaynak, UCI optdigits (test part), 1998; from scikit-learn",
            licence="CC BY 4.0",
        ),
        DatasetInfo(
            name="mnist",
            title="handwritten digits, 28x28, values 0 to 255",
            n_samples=70_000,
            feature_shape=(28, 28),
            n_classes=10,
            encoder="threshold:128",
            source="folder or download",
            origin="LeCun, Cortes, Burges, 1998",
            licence="CC BY-SA 3.0",
            size_bytes=11_594_722,
            base_url="https://ossci-datasets.s3.amazonaws.com/mnist/",
            sha256=dict(zip(IDX_FILES, _MNIST_SHA256, strict=True)),
        ),
        DatasetInfo(
            name="fashion_mnist",
            title="articles of clothing, 28x28, values 0 to 255",
            n_samples=70_000,
            feature_shape=(28, 28),
            n_classes=10,
            encoder="threshold:128",
            source="folder or download",
            origin="Xiao, Rasul, Vollgraf (Zalando), arXiv:1708.07747, 2017",
            licence="MIT",
            size_bytes=30_878_645,
            base_url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            sha256=dict(zip(IDX_FILES, _FASHION_SHA256, strict=True)),
        ),
    )
}


def list_datasets() -> tuple[DatasetInfo, ...]:
    """Return what :func:`lutgen.data.load.load_dataset` knows by name."""
    return tuple(REGISTRY.values())
