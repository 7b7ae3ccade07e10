import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import (
    binary_encoder,
    evaluate_sample,
    networks,
    random_network,
    random_samples,
    voting_network,
)

from lutgen.bits import Bits
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import DataError, LutgenError, ModelError, OutputError
from lutgen.model import Argmax, LutNetwork
from lutgen.model.file import FORMAT_VERSION

ARRAYS = ("fan_in", "wires", "tables", "seen", "tied", "layer", "outputs")
Change = Callable[[dict[str, Any], dict[str, Any]], object]


def small_network() -> LutNetwork:
    return random_network(np.random.default_rng(0), 6, [3, 2, 1], (1, 7), skip=True)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "m.npz"
    small_network().save(path)
    return path.read_bytes()


def load_bytes(folder: Path, content: bytes) -> LutNetwork:
    path = folder / "m.npz"
    path.write_bytes(content)
    return LutNetwork.load(path)


def assert_equal(left: LutNetwork, right: LutNetwork) -> None:
    for name in ARRAYS:
        a, b = getattr(left, name), getattr(right, name)
        assert a.dtype == b.dtype and np.array_equal(a, b), name
    assert left.head.kind == right.head.kind
    for name, array in left.head.members().items():
        assert np.array_equal(array, right.head.members()[name]), name
    if isinstance(left.head, Argmax):
        assert left.classes.dtype == right.classes.dtype
    for name in ("n_inputs", "provenance", "feature_names", "aliases"):
        assert getattr(left, name) == getattr(right, name)
    assert (left.encoder.kind, left.encoder.n_features) == (
        right.encoder.kind,
        right.encoder.n_features,
    )
    assert np.array_equal(left.encoder.feature, right.encoder.feature)
    assert np.array_equal(left.encoder.threshold, right.encoder.threshold)
    assert left.digest == right.digest


# -- semantics ---------------------------------------------------------------------------------


@settings(max_examples=60)
@given(networks(), st.integers(1, 130), st.integers(0, 2**32 - 1))
def test_every_signal_is_what_the_definition_says(
    network: LutNetwork, n_samples: int, seed: int
) -> None:
    X = random_samples(np.random.default_rng(seed), n_samples, network.n_inputs)
    expected = [evaluate_sample(network, row) for row in X]
    assert network.signals(Bits.from_dense(X)).to_dense().tolist() == expected
    labels = [network.classes[signals[network.outputs[0]]] for signals in expected]
    assert network.predict(X).tolist() == labels


@pytest.mark.parametrize("k", [9, 12, 16])
def test_wide_luts_are_what_the_definition_says(k: int) -> None:
    rng = np.random.default_rng(k)
    network = random_network(rng, 20, [3, 1], (k, k))
    X = random_samples(rng, 65, 20)
    expected = [evaluate_sample(network, row) for row in X]
    assert network.signals(Bits.from_dense(X)).to_dense().tolist() == expected


def test_input_j_is_bit_j_of_the_address() -> None:
    network = replace(
        random_network(np.random.default_rng(0), 3, [1], 3),
        wires=np.array([2, 0, 1], np.int32),
        tables=np.array([0b0000_0010], np.uint64),  # one where only input 0, signal 2, is one
    )
    X = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 1, 1]])
    assert network.predict(X).tolist() == [1, 0, 0, 0]
    assert network.lut_init(0) == 2
    assert network.lut_table(0).tolist() == [0, 1, 0, 0, 0, 0, 0, 0]


def test_samples_beyond_one_chunk_join_without_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    network = random_network(rng, 5, [4, 1], 3)
    X = random_samples(rng, 300, 5)
    whole = network.signals(Bits.from_dense(X)).words
    monkeypatch.setattr("lutgen.model.graph._CHUNK_BYTES", 64 * network.n_signals)
    assert np.array_equal(network.signals(Bits.from_dense(X)).words, whole)


def test_no_samples_have_no_predictions() -> None:
    assert small_network().predict(np.empty((0, 6))).shape == (0,)


def test_labels_come_back_as_they_were() -> None:
    network = random_network(np.random.default_rng(1), 4, [1], 4, classes=("cat", "dog"))
    X = random_samples(np.random.default_rng(2), 50, 4)
    assert set(network.predict(X).tolist()) == {"cat", "dog"}


@settings(max_examples=40)
@given(networks(), st.integers(0, 2**32 - 1))
def test_the_cone_alone_predicts_the_same(network: LutNetwork, seed: int) -> None:
    cone = network.restrict_to_cone()
    X = random_samples(np.random.default_rng(seed), 70, network.n_inputs)
    assert np.array_equal(cone.predict(X), network.predict(X))
    assert cone.n_luts == network.cone.sum() and cone.cone.all()
    assert (cone.digest == network.digest) == network.cone.all()


def test_the_cone_is_what_changes_the_output_can_come_from() -> None:
    network = replace(
        random_network(np.random.default_rng(0), 4, [3, 1], 2),
        wires=np.array([0, 1, 1, 2, 2, 3, 4, 6], np.int32),
    )
    assert network.cone.tolist() == [True, False, True, True]
    assert network.lut_names() == ["l1_n0", "l1_n1", "l1_n2", "l2_n0"]


def test_samples_of_another_width_are_refused() -> None:
    with pytest.raises(DataError, match="have 5 columns, the encoder was fitted on 6"):
        small_network().predict(np.zeros((1, 5)))
    with pytest.raises(ModelError, match="reads 6 input bits, the samples have 5"):
        small_network().signals(Bits.from_dense(np.zeros((1, 5))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_inputs": 5}, "5 input bits, but an encoder of 6 bits"),
        ({"fan_in": np.zeros(0, np.uint8)}, "wires for a total fan-in of 0"),
        ({"fan_in": [1, 2]}, "fan_in must be an array of uint8, got list"),
        ({"fan_in": np.zeros(6, np.uint8)}, "fan-in must be 1 to 16"),
        ({"fan_in": np.full(6, 17, np.uint8)}, "fan-in must be 1 to 16"),
        ({"fan_in": np.ones(6, np.int64)}, "fan_in must be an array of uint8, got int64"),
        ({"wires": np.zeros(3, np.int32)}, "3 wires for a total fan-in of"),
        ({"tables": np.zeros(3, np.uint64)}, "tables has 3 words instead of"),
        ({"tied": np.full(9, 2**64 - 1, np.uint64)}, "tied has"),
        ({"layer": np.array([1, 1, 2, 1, 3, 3], np.int32)}, "never descend"),
        ({"layer": np.array([0, 1, 2, 2, 3, 3], np.int32)}, "must start at 1"),
        ({"outputs": np.zeros(0, np.int32)}, "the head reads no output"),
        ({"outputs": np.array([12], np.int32)}, "reads signal 12, which is none of the 12 signals"),
        ({"outputs": np.array([-3], np.int32)}, "reads signal -3, which is none of the 12 signals"),
        ({"outputs": [11]}, "outputs must be a vector of int32"),
        ({"feature_names": ("a", "b")}, r"2 name\(s\) for 6 features"),
    ],
)
def test_inconsistent_networks_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        replace(small_network(), **changes)


def test_a_lut_reads_earlier_signals_only() -> None:
    network = small_network()
    wires = network.wires.copy()
    wires[network.wire_offset[2]] = network.n_inputs + 2
    with pytest.raises(ModelError, match="LUT 2 reads signal 8, which is not an earlier one"):
        replace(network, wires=wires)
    wires[network.wire_offset[2]] = -1
    with pytest.raises(ModelError, match="LUT 2 reads signal -1"):
        replace(network, wires=wires)


def test_words_of_small_luts_hold_their_entries_only() -> None:
    network = random_network(np.random.default_rng(0), 4, [1], 2)
    with pytest.raises(ModelError, match=r"tables has bits beyond the 2.k entries of a small LUT"):
        replace(network, tables=np.array([16], np.uint64))
    with pytest.raises(ModelError, match="an entry is marked tied but not seen"):
        replace(network, seen=np.array([1], np.uint64), tied=np.array([2], np.uint64))


def test_networks_without_labels_say_so() -> None:
    network = LutNetwork.from_luts(2, [((0, 1), 6)])
    for ask in (
        lambda: network.classes,
        lambda: network.n_classes,
        lambda: network.class_numbers(Bits.from_dense([[0, 1]])),
    ):
        with pytest.raises(ModelError, match=r"answers no classes \(1 output bit"):
            ask()
    with pytest.raises(ModelError, match="answers bits, which have no scores"):
        network.scores(Bits.from_dense([[0, 1]]))


@given(st.integers(0, 1 << 30), st.integers(2, 5), st.integers(1, 6))
def test_the_largest_score_wins_and_the_lowest_class_among_equals(
    seed: int, n_classes: int, n_outputs: int
) -> None:
    rng = np.random.default_rng(seed)
    network = voting_network(rng, 5, [4, n_outputs], 3, n_classes, weights=(-2, -1, 0, 1, 3))
    X = random_samples(rng, 40, 5)
    votes = network.output_bits(network.encoder.encode(X)).to_dense()
    for row, answer in zip(votes.tolist(), network.predict(X), strict=True):
        scores = [
            int(network.head.bias[c])
            + sum(int(network.head.weights[c, o]) for o in range(n_outputs) if row[o])
            for c in range(n_classes)
        ]
        assert answer == scores.index(max(scores))


def test_a_network_without_a_head_says_so() -> None:
    assert small_network().is_class_number
    assert small_network().describe_head() == "the output is the class number"
    network = voting_network(np.random.default_rng(0), 5, [6], 3, 3)
    assert not network.is_class_number
    assert "6 outputs" in network.describe_head() and "3 classes" in network.describe_head()


# -- file --------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(networks())
def test_saving_and_loading_is_identity(
    tmp_path_factory: pytest.TempPathFactory, network: LutNetwork
) -> None:
    path = tmp_path_factory.mktemp("model") / "m.npz"
    network.save(path)
    assert_equal(LutNetwork.load(path), network)


@pytest.mark.parametrize("classes", [(3, 8), (-1, 1), ("no", "größer"), (False, True), (0.5, 1.5)])
def test_encoder_and_labels_are_saved(tmp_path: Path, classes: tuple[Any, Any]) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    encoder = fit_encoder("thermometer:5:quantile", X)
    network = random_network(rng, encoder.n_bits, [4, 1], 4, encoder=encoder, classes=classes)
    network.save(str(tmp_path / "m.npz"))
    loaded = LutNetwork.load(str(tmp_path / "m.npz"))
    assert_equal(loaded, network)
    assert np.array_equal(loaded.predict(X), network.predict(X))


def test_the_same_model_is_the_same_bytes_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_network().save(tmp_path / "a.npz")
    later = time.localtime(time.time() + 1e8)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    small_network().save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_every_truncation_is_refused(tmp_path: Path, saved: bytes) -> None:
    for n_bytes in range(0, len(saved), 11):
        with pytest.raises(ModelError, match=r"m\.npz: damaged, or not a lutgen model"):
            load_bytes(tmp_path, saved[:n_bytes])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_flipped_byte_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, saved: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(saved) - 1))
    mask = data.draw(st.integers(1, 255))
    content = bytearray(saved)
    content[place] ^= mask
    try:
        loaded = load_bytes(tmp_path_factory.getbasetemp(), content)
    except ModelError as error:
        assert "m.npz: " in str(error)
    else:
        assert_equal(loaded, small_network())


@settings(max_examples=50)
@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x93NUMPY\1\0"]))
def test_garbage_is_refused(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes, magic: bytes
) -> None:
    with pytest.raises(ModelError, match=r"m\.npz: "):
        load_bytes(tmp_path_factory.getbasetemp(), magic + garbage)


def rewrite(saved: bytes, change: Change) -> bytes:
    """Return a model file with other metadata or arrays, packed and summed as it should be."""
    arrays = dict(np.load(io.BytesIO(saved)))
    meta = json.loads(arrays.pop("meta").tobytes())
    change(meta, arrays)
    if "meta" not in arrays:
        arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def test_rewriting_alone_changes_nothing(tmp_path: Path, saved: bytes) -> None:
    assert_equal(load_bytes(tmp_path, rewrite(saved, lambda meta, arrays: None)), small_network())


def octets(text: bytes) -> np.ndarray:
    return np.frombuffer(text, np.uint8)


def characters(*points: int) -> np.ndarray:
    return np.array(points, "<u4").view("<U1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, a: m.update(version=FORMAT_VERSION + 1), "newer lutgen .*; upgrade with: pip"),
        (lambda m, a: m.update(version=0), "its format version is 0"),
        (lambda m, a: m.update(version="1"), "its format version is '1'"),
        (lambda m, a: m.update(format="other"), "foreign metadata"),
        (lambda m, a: m.update(digest="0" * 64), "do not match its digest"),
        (lambda m, a: m.update(version=1), "older lutgen .*; train it again"),
        (lambda m, a: m.update(version=2), "lacks the training record"),
        (lambda m, a: a.update(weights=a["weights"][:1]), r"weights must be an array of int32"),
        (lambda m, a: m.update(head=None), "lacks the head"),
        (lambda m, a: m.update(head={"kind": "other"}), "lacks the head, or it is of a kind"),
        (lambda m, a: m.update(head={"kind": ["argmax"]}), "lacks the head, or it is of a kind"),
        (lambda m, a: m.update(head={"kind": "bits", "names": 3}), "names must be a list of texts"),
        (lambda m, a: m.update(head={"kind": "sum"}), "its head's scale is None, not a number"),
        (
            lambda m, a: m.update(head={"kind": "sum", "scale": 0, "offset": 0}),
            "scale and offset must be finite, and the scale not 0",
        ),
        (lambda m, a: m.update(feature_names=["a"]), r"1 name\(s\) for 6 features"),
        (lambda m, a: m.update(feature_names=[1] * 6), "feature names must be a list of texts"),
        (lambda m, a: m.update(aliases={"a": 1}), "aliases must be a list of texts"),
        (lambda m, a: a.update(weights=a["weights"] + 1), "do not match its digest"),
        (lambda m, a: a.update(bias=a["bias"] + 1), "do not match its digest"),
        (lambda m, a: m.update(encoder=None), "lacks the encoder"),
        (lambda m, a: m.update(encoder=[1]), "lacks the encoder"),
        (lambda m, a: m.update(encoder={}), "its number of features is None"),
        (lambda m, a: m["encoder"].update(n_features=10**30), "its number of features is 1000"),
        (lambda m, a: m["encoder"].update(n_features=3), r"feature numbers must lie in \[0, 3\)"),
        (lambda m, a: m["encoder"].update(kind="\ud800"), "kind must be one of"),
        (lambda m, a: m.update(n_inputs="6"), "its number of inputs is 6"),
        (lambda m, a: m.update(n_inputs=10**9), "1000000000 input bits, but an encoder of 6"),
        (lambda m, a: m.update(provenance=[]), "its provenance must be an object"),
        (lambda m, a: m["provenance"].update(layers=3), "layers is not as expected"),
        (lambda m, a: m["provenance"].update(n_samples="many"), "n_samples is not as expected"),
        (lambda m, a: m["provenance"].update(source={"task": 1}), "source is not as expected"),
        (lambda m, a: a.update(meta=octets(b"[" * 100_000)), "metadata is not JSON"),
        (lambda m, a: a.update(meta=octets(b"{'a': 1}")), "metadata is not JSON"),
        (lambda m, a: a.update(meta=octets(b"\xff{}")), "metadata is not JSON"),
        (lambda m, a: a.update(meta=octets(b"[]")), "foreign metadata"),
        (lambda m, a: m.update(provenance={"parameters": {"k": np.nan}}), "NaN is no number"),
        (lambda m, a: a.update(meta=octets(b'{"a": 1e999}')), "1e999 is no number"),
        (lambda m, a: a.update(meta=octets(b'{"a": ' + b"9" * 9999 + b"}")), "is not JSON"),
        (lambda m, a: a.pop("tied"), "incomplete: tied.npy missing; save it again"),
        (lambda m, a: a.update(wires=a["wires"].astype("i8")), "wires has dtype int64 instead of"),
        (lambda m, a: a.update(wires=a["wires"][None, :]), "wires.npy is not a plain vector"),
        (lambda m, a: a.update(wires=a["wires"][::-1] + 6), "is not an earlier one"),
        (lambda m, a: a.update(tables=~a["tables"]), "has bits beyond|do not match its digest"),
        (lambda m, a: a.update(encoder_threshold=np.full(6, np.nan)), "thresholds must be finite"),
        (lambda m, a: a.update(classes=np.array([{}, 1])), "classes.npy is no array of plain"),
        (lambda m, a: a.update(classes=np.zeros(2, "u4,u4")), "classes.npy is no array of plain"),
        (lambda m, a: a.update(classes=characters(2**31, 1)), "classes must be two or more"),
        (lambda m, a: a.update(classes=characters(0x110000, 1)), "classes must be two or more"),
        (lambda m, a: a.update(classes=characters(0xDFFF, 1)), "classes must be two or more"),
    ],
)
def test_files_that_lie_are_refused(
    tmp_path: Path, saved: bytes, change: Change, message: str
) -> None:
    with pytest.raises(ModelError, match=rf"m\.npz: .*({message})"):
        load_bytes(tmp_path, rewrite(saved, change))


def test_foreign_archives_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", X=np.zeros(3))
    with pytest.raises(ModelError, match=r"not a lutgen model .there is no member 'meta'"):
        LutNetwork.load(tmp_path / "m.npz")


def replace_member(saved: bytes, name: str, content: bytes, method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(stream, "w", method) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info))
    return stream.getvalue()


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + body


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY\3\0" + bytes(100),
        npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1000000000000,), }"),
        npy("{'descr': '<i4', 'fortran_order': False, 'shape': (-1,), }"),
        npy("{'descr': '<i4', 'fortran_order': True, 'shape': (1,), }", bytes(4)),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cos\nsystem\n."),
        npy("{'descr': '<i7', 'fortran_order': False, 'shape': (1,), }", bytes(7)),
        npy("{'descr': '<U0', 'fortran_order': False, 'shape': (1,), }"),
        npy("{'descr': 'nonsense', 'fortran_order': False, 'shape': (1,), }", bytes(4)),
        npy("{'descr': '<i4', 'fortran_order': False, 'shape': 'abc', }", bytes(4)),
        npy("__import__('os').abort()"),
        npy("-" * 9000 + "1"),
        npy("[" * 9000),
    ],
    ids=range(13),
)
def test_hostile_arrays_are_refused(tmp_path: Path, saved: bytes, member: bytes) -> None:
    content = replace_member(saved, "wires.npy", member, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match=r"m\.npz: "):
        load_bytes(tmp_path, content)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bombs_are_not_unpacked(tmp_path: Path, saved: bytes, method: int) -> None:
    bomb = replace_member(saved, "wires.npy", bytes(30_000_000), method)
    assert len(bomb) < 30_000
    with pytest.raises(ModelError, match=r"\w+\.npy is packed as lutgen does not"):
        load_bytes(tmp_path, bomb)


def test_members_cannot_share_what_is_packed(tmp_path: Path, saved: bytes) -> None:
    zeros = npy(
        "{'descr': '<u8', 'fortran_order': False, 'shape': (25000000,), }", bytes(200 << 20)
    )
    content = replace_member(saved, "tables.npy", zeros, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match=r"m\.npz: (?!its members claim)"):
        load_bytes(tmp_path, content)  # one may be
    content = replace_member(content, "seen.npy", zeros, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match="its members claim 4194"):
        load_bytes(tmp_path, content)


def test_a_member_cannot_claim_more_than_deflate_can_pack(tmp_path: Path, saved: bytes) -> None:
    entry = saved.rindex(b"PK\1\2", 0, saved.rindex(b"wires.npy"))
    claim = (1 << 30).to_bytes(4, "little")
    content = saved[: entry + 24] + claim + saved[entry + 28 :]
    with pytest.raises(ModelError, match=r"its members claim 10737\d+ bytes"):
        load_bytes(tmp_path, content)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read .*none\.npz: No such file"):
        LutNetwork.load(tmp_path / "none.npz")
    with pytest.raises(ModelError, match=r"cannot read .*: Is a directory"):
        LutNetwork.load(tmp_path)
    (tmp_path / "empty.npz").touch()
    with pytest.raises(ModelError, match=r"empty\.npz: damaged, or not a lutgen model"):
        LutNetwork.load(tmp_path / "empty.npz")


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_failed_save_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    path = tmp_path / "m.npz"
    small_network().save(path)
    old = path.read_bytes()

    def fail(*args: Any) -> None:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        with pytest.raises((KeyboardInterrupt, LutgenError)):
            random_network(np.random.default_rng(9), 3, [1], 3).save(path)
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "m.npz", tmp_path, Path()):
        with pytest.raises(OutputError, match="cannot write"):
            small_network().save(path)


def test_binary_encoders_pass_bits_on() -> None:
    X = random_samples(np.random.default_rng(0), 10, 4)
    assert np.array_equal(binary_encoder(4).encode(X).to_dense(), X)
