"""The data sets that lutgen knows by name: what they are, whose, and where they come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lutgen.datasets.cifar import ARCHIVE, BITS_FILE, NIBBLES_FILE, PIXELS_FILE
from lutgen.datasets.uci import TABLES
from lutgen.errors import ConfigError


@dataclass(frozen=True)
class DatasetInfo:
    """A named data set, as `lutgen datasets` lists it.

    Parameters
    ----------
    name : str
        What :func:`lutgen.datasets.load.load_dataset` takes; a family of sets has ``NN`` in it.
    feature_shape : tuple of int
        Shape of one sample; empty where the sets of a family differ.
    encoder : str
        Encoder that suits it, for :func:`lutgen.encode.encoder.fit_encoder`.
    source : {"bundled", "folder", "folder or download"}
        Where the samples come from on this machine.
    origin : str
        Who made it.
    size_bytes : int
        What has to be downloaded; 0 if nothing.
    base_url : str
        Where the files lie; "" for what is not downloaded.
    sha256 : mapping
        Checksum (hex) of each file by its name, for IDX in the order train images, train labels,
        test images, test labels; empty for what is not downloaded.
    folder : str
        Name of its folder within the folder of data sets; "" for the set's own name.
    npz : str
        File that may stand in for those of `sha256`, or the one that there is; "" for none.
    how_to_get : str
        How to come by the file `npz` and what it holds, for people.
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
    folder: str = ""
    npz: str = ""
    how_to_get: str = ""


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

_CIFAR = DatasetInfo(
    name="cifar10",
    title="photographs of objects, 3x32x32, one bit a channel (value >= 128)",
    n_samples=60_000,
    feature_shape=(3, 32, 32),
    n_classes=10,
    encoder="binary",
    source="folder or download",
    origin="Krizhevsky, Learning multiple layers of features from tiny images, 2009",
    licence="none stated; free for research with citation",
    size_bytes=170_052_171,
    base_url="https://www.cs.toronto.edu/~kriz/",
    sha256={ARCHIVE: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
    npz=BITS_FILE,
)
_UNSW = DatasetInfo(
    name="unsw_nb15",
    title="network flows, normal (0) or attack (1); 39 numbers, 145 flags of protocol and service",
    n_samples=257_657,
    feature_shape=(184,),
    n_classes=2,
    encoder="auto",
    source="folder",
    origin="Moustafa and Slay, MilCIS 2015",
    licence="academic research only",
    npz="unsw_nb15.npz",
    how_to_get="the authors' training and test CSV files are at research.unsw.edu.au/projects/"
    "unsw-nb15-dataset; the file holds train_C and test_C for each of the columns numeric_names "
    "and for proto, service (codes into proto_names, service_names), state_is_con, label and "
    "attack (codes into attack_names)",
)
_TABLES = [
    DatasetInfo(
        name=f"uci:{name}",
        title=f"table, {f'published split {n_train:,}' if n_train else 'no published split'}",
        n_samples=n_rows,
        feature_shape=(n_columns,),
        n_classes=n_classes,
        encoder="auto",
        source="folder",
        origin="UCI Machine Learning Repository and others, as in PMLB (Olson et al., 2017)",
        licence="CC BY 4.0 unless its page says otherwise",
        folder="uci",
        npz="uci.npz",
        how_to_get="the tables are at github.com/EpistasisLab/pmlb; the file holds for each NAME "
        "the arrays NAME_X (rows, columns), NAME_y (classes from 0) and NAME_n_train (rows of the "
        "published training part, which come first; 0 if there is none)",
    )
    for name, (n_rows, n_columns, n_classes, n_train) in TABLES.items()
]
_JSC = DatasetInfo(
    name="jsc",
    title="LHC jets, 16 features; a small SUBSET: not comparable with published accuracies",
    n_samples=1_620,
    feature_shape=(16,),
    n_classes=5,
    encoder="auto",
    source="folder",
    origin="Pierini et al., HLS4ML LHC jet dataset, Zenodo 10.5281/zenodo.3602260",
    licence="CC BY 4.0",
    npz="jsc_subset.npz",
    how_to_get="the jets are at Zenodo, 10.5281/zenodo.3602260; the file holds X (jets, 16), y "
    "(index into class_names), class_names and is_train",
)
_IWLS = DatasetInfo(
    name="iwls2020:exNN",
    title="Boolean function ex00 to ex99 of 10 to 768 inputs, sampled; the validation part as test",
    n_samples=12_800,
    feature_shape=(),
    n_classes=2,
    encoder="binary",
    source="folder",
    origin="Rai et al., Logic synthesis meets machine learning, DATE 2021, arXiv:2012.02530",
    licence="none stated by the contest",
    folder="iwls2020",
    npz="iwls2020_train_valid.npz",
    how_to_get="the samples are at github.com/iwls2020-lsml-contest/iwls2020-lsml-contest as PLA; "
    "the file holds n_inputs (100,) and for each function exNN_train_x, exNN_valid_x (bits packed "
    "along the row, lowest first) and exNN_train_y, exNN_valid_y",
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
        _CIFAR,
        replace(
            _CIFAR,
            name="cifar10_u4",
            title="photographs of objects, 3x32x32, values 0 to 15",
            encoder="thermometer:4:uniform",
            folder="cifar10",
            npz=NIBBLES_FILE,
        ),
        replace(
            _CIFAR,
            name="cifar10_u8",
            title="photographs of objects, 3x32x32, values 0 to 255",
            encoder="threshold:128",
            folder="cifar10",
            npz=PIXELS_FILE,
        ),
        _UNSW,
        replace(
            _UNSW,
            name="unsw_nb15_attack",
            title="the flows of unsw_nb15 by category of attack",
            n_classes=10,
            folder="unsw_nb15",
        ),
        _JSC,
        *_TABLES,
        _IWLS,
    )
}


def find_dataset(name: str) -> DatasetInfo | None:
    """Return what is known of a named set; None if there is no such name.

    Raises
    ------
    ConfigError
        If the name is of a family, as ``uci:…``, that has no such member.
    """
    if name in REGISTRY:
        return REGISTRY[name]
    family, colon, _ = name.partition(":")
    if re.fullmatch(r"iwls2020:ex[0-9]{2}", name):
        return replace(_IWLS, name=name)
    if colon and family == "iwls2020":
        raise ConfigError(f"unknown data set {name!r}; it is iwls2020:ex00 to iwls2020:ex99")
    if colon and family == "uci":
        raise ConfigError(f"unknown data set {name!r}; the tables are {', '.join(TABLES)}")
    return None


def known_names() -> str:
    """Return the names in a line, for people."""
    single = [name for name in REGISTRY if ":" not in name]
    return ", ".join([*single, f"uci:NAME ({len(TABLES)} tables)", "iwls2020:exNN"])


def list_datasets() -> tuple[DatasetInfo, ...]:
    """Return what :func:`lutgen.datasets.load.load_dataset` knows by name."""
    return tuple(REGISTRY.values())
