"""Files of torch: tensors come out equal; what hostile files say is not done and not believed."""

from __future__ import annotations

import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from needed import need_folder
from torch_files import STORAGES, Call, Name, Reference, saved, tensor, torch_stream, torch_zip

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.torch_file import is_torch, read_torch, state_dict

FLOATS = np.arange(12, dtype=np.float32).reshape(3, 4)


def read(path: Path, data: bytes) -> Any:
    path.write_bytes(data)
    content = Content(path)
    assert is_torch(content)
    return read_torch(content)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.pt"


@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_come_out_equal(legacy: bool, path: Path) -> None:
    arrays = {name: (FLOATS * 3).astype(name) for name in STORAGES}
    arrays |= {"turned": FLOATS.T, "number": np.array(2.5), "none": np.zeros((0, 4), np.int32)}
    found = read(path, saved({"state": arrays, "told": [1, "a"]}, legacy=legacy))
    tensors = state_dict(found["state"])
    assert set(tensors) == set(arrays)
    for name, array in arrays.items():
        assert tensors[name].dtype == array.dtype, name
        assert np.array_equal(tensors[name], array), name
        assert not tensors[name].flags.writeable
    assert found["told"] == [1, "a"]
    assert state_dict([1]) == {}


def test_bfloat16_becomes_float32(path: Path) -> None:
    array = np.array([0x3F80, -0x3FC0], np.int16)
    value = {"a": tensor(0, array, type="BFloat16Storage")}
    assert state_dict(read(path, torch_zip(value, {0: array})))["a"].tolist() == [1.0, -3.0]


def test_two_tensors_may_share_a_storage(path: Path) -> None:
    row = tensor(0, FLOATS, offset=4, shape=(4,), strides=(1,))
    found = state_dict(read(path, torch_zip({"a": tensor(0, FLOATS), "b": row}, {0: FLOATS})))
    assert found["b"].tolist() == [4, 5, 6, 7]


def test_the_names_that_files_have_beside_tensors(path: Path) -> None:
    value = {
        "version": Call(Name("torch.torch_version", "TorchVersion"), ("2.10.0",)),
        "size": Call(Name("torch", "Size"), ((1, 2),)),
        "weight": Call(Name("torch._utils", "_rebuild_parameter"), (tensor(0, FLOATS), True, {})),
        "args": Call(Name("argparse", "Namespace"), (), {"lr": 0.1}),
    }
    found = read(path, torch_zip(value, {0: FLOATS}))
    assert found["version"] == "2.10.0" and found["size"] == (1, 2)
    assert np.array_equal(state_dict(found)["weight"], FLOATS)
    assert found["args"].state == {"lr": 0.1}


LIES: dict[str, dict[str, Any]] = {
    "offset beyond the end": {"offset": 1},
    "negative offset": {"offset": -1},
    "offset that is a text": {"offset": "0"},
    "negative stride": {"strides": (-4, 1)},
    "overlapping strides": {"strides": (1, 1)},
    "stride of zero": {"strides": (0, 1)},
    "giant size": {"shape": (1 << 39, 1 << 39)},
    "giant size of few items": {"shape": (1 << 39, 4), "strides": (0, 0)},
    "size that is no whole number": {"shape": (3, 4.0)},
    "size that is a truth": {"shape": (3, True)},
    "sizes that are a list": {"shape": [3, 4]},
    "more strides than sizes": {"strides": (4, 1, 1)},
    "many dimensions": {"shape": (1,) * 40, "strides": (1,) * 40},
    "more items than there are": {"n_items": 13},
    "fewer items than there are": {"n_items": 11, "shape": (11,), "strides": (1,)},
    "negative count of items": {"n_items": -12},
    "storage of another type": {"type": "DoubleStorage"},
    "storage of no type": {"type": "ComplexFloatStorage"},
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", LIES)
def test_what_a_file_says_of_a_tensor_is_checked(name: str, legacy: bool, path: Path) -> None:
    value = {"a": tensor(0, FLOATS, legacy=legacy, **LIES[name])}
    data = (torch_stream if legacy else torch_zip)(value, {0: FLOATS})
    with pytest.raises(ModelError, match=r"model\.pt: "):
        read(path, data)


def identifier(*parts: Any) -> Call:
    return Call(
        Name("torch._utils", "_rebuild_tensor_v2"), (Reference(parts), 0, (12,), (1,), False, {})
    )


FLOAT = Name("torch", "FloatStorage")


@pytest.mark.parametrize(
    "value",
    [
        identifier("module", FLOAT, "0", "cpu", 12),
        identifier("storage", "torch.FloatStorage", "0", "cpu", 12),
        identifier("storage", Name("collections", "OrderedDict"), "0", "cpu", 12),
        identifier("storage", FLOAT, "../../etc/passwd", "cpu", 12),
        identifier("storage", FLOAT, "7", "cpu", 12),
        identifier("storage", FLOAT, 0, "cpu", 12),
        identifier("storage", FLOAT, "0", "cpu", 12, ("view", 0, 1)),
        identifier("storage", FLOAT, "0", "cpu"),
        [identifier("storage", FLOAT, "0", "cpu", 12), identifier("storage", FLOAT, "0", "", 6)],
        Reference("0"),
        Call(FLOAT, ()),
        Call(Name("torch._utils", "_rebuild_tensor_v2"), ("0", 0, (1,), (1,))),
        Call(Name("torch._utils", "_rebuild_tensor_v2"), ()),
    ],
)
def test_only_storages_of_the_file_are_referred_to(value: Any, path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.pt: "):
        read(path, torch_zip({"a": value}, {0: FLOATS}))


@pytest.mark.parametrize("write", [torch_zip, torch_stream])
@pytest.mark.parametrize("module", ["os", "builtins", "torch.nn.modules.container", "difflogic"])
def test_nothing_that_a_file_names_is_run(write: Any, module: str, path: Path) -> None:
    trace = path.with_name("trace")
    name = {"os": "system", "builtins": "eval"}.get(module, "Sequential")
    with pytest.raises(ModelError, match=rf"it names {module}\.{name}.*nothing was run") as fault:
        read(path, write({"a": Call(Name(module, name), (f"touch {trace}",))}, {}))
    assert not trace.exists()
    assert ("savez_compressed" in str(fault.value)) == (module == "difflogic")


def test_a_whole_module_is_told_what_to_do(path: Path) -> None:
    with pytest.raises(ModelError, match=r"saved whole.*lutgen\.from_torch") as fault:
        read(path, torch_zip(Call(Name("llnn.lutnn", "LUTNN"), ()), {}))
    assert "w_comp" in str(fault.value)


def test_a_packed_member_is_refused(path: Path) -> None:
    zeros = np.zeros(8 << 20, np.uint8)
    data = torch_zip({"a": tensor(0, zeros)}, {0: zeros}, zipfile.ZIP_DEFLATED)
    start = time.process_time()
    tracemalloc.start()
    with pytest.raises(ModelError, match="is packed, or larger than the file"):
        read(path, data)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert time.process_time() - start < 1


def test_members_that_share_their_bytes_are_counted(path: Path) -> None:
    zeros = np.zeros(1 << 16, np.uint8)
    value = [tensor(key, zeros) for key in range(40)]
    path.write_bytes(torch_zip(value, {0: zeros}))
    with zipfile.ZipFile(path, "a") as archive:
        first = archive.getinfo("model/data/0")
        for key in range(1, 40):
            again = zipfile.ZipInfo(f"model/data/{key}")
            again.file_size = again.compress_size = first.file_size
            again.CRC, again.header_offset = first.CRC, first.header_offset
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
        archive._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=r"model\.pt: "):
        read_torch(Content(path))


def test_bytes_of_another_order_are_refused(path: Path) -> None:
    data = torch_zip({"a": tensor(0, FLOATS)}, {0: FLOATS})
    with pytest.raises(ModelError):
        read(path, data.replace(b"little", b"biggle"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0), bit=st.integers(0, 7), end=st.integers(30), legacy=st.booleans())
def test_damage_is_an_error_or_other_numbers(
    place: int, bit: int, end: int, legacy: bool, path: Path
) -> None:
    data = bytearray(saved({"a": {"b": FLOATS, "c": FLOATS.astype(np.int64)}}, legacy=legacy))
    data[place % len(data)] ^= 1 << bit
    for damaged in (data, data[: 1 + end % len(data)]):
        path.write_bytes(damaged)
        content = Content(path)
        try:
            if is_torch(content):
                state_dict(read_torch(content))
        except ModelError:
            continue


@pytest.mark.parametrize("family", ["difflogic", "dwn", "logicnets", "torchlogix"])
def test_files_of_torch_itself_are_read(family: str) -> None:
    folder = need_folder("fixtures", family)
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in (".pt", ".pth")]
    assert paths
    for path in paths:
        found = read_torch(Content(path))
        nested = [found, *(item for item in found.values() if isinstance(item, dict))]
        tensors = [array for item in nested for array in state_dict(item).values()]
        assert tensors and all(np.isfinite(array).all() for array in tensors)
