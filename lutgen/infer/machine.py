"""The machine that runs circuits: a few loops over rows of bits, compiled once for this processor.

Its code does not depend on the network, so that no network has to wait for a compiler: a program is
a list of operations that one loop walks along, each on a whole row. What is compiled takes a tenth
of a second. Vectors are LLVM's, which makes the widest instructions of any processor of them.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

VECTOR_BITS = 512
"""Bits of a vector; a row has a whole number of them."""

TILE = 16
"""Columns and rows of bytes that are transposed at a time."""


@dataclass(frozen=True)
class Machine:
    """The compiled functions, as C sees them; all release Python's lock.

    Attributes
    ----------
    run : (operations, n, rows, n_bytes)
        Walk along operations: five int64 each, the kind, then where the rows of result, s, a and b
        begin, in bytes. So many bytes of each row, whole vectors, are worked on.
    encode_bytes : (samples, stride, n_groups, tiles, n_tiles, bits, rows, row_bytes)
        Compare bytes of samples, 64 a group. Tiles: two int64 each, the first of 16 columns, and
        how many comparators look at them. Bits: three int64 each, the column within the tile, the
        least byte that passes (1 to 255), and the number of the row.
    encode_doubles : (columns, n_eighths, bits, thresholds, nan, n_bits, column_bytes, rows, …)
        Compare doubles, column by column, eight samples at a time. Bits: two int64 each, the
        column, and the row's number. NaN passes where `nan` is one.
    classes : (rows, row_bytes, planes, n_planes, n_groups, out)
        Make a byte a sample of at most eight rows; planes: two int64 each, the number of the row,
        and all ones where its complement is meant.
    """

    engine: Any
    run: Any
    encode_bytes: Any
    encode_doubles: Any
    classes: Any


@cache
def machine() -> Machine:
    """Return the machine of this processor.

    Raises
    ------
    RuntimeError, OSError, ImportError
        If LLVM is not there, or cannot make code for this processor.
    """
    import llvmlite.binding as llvm  # noqa: PLC0415 - numba brings it; a tenth of a second to load

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
    )
    module = llvm.parse_assembly(_source())
    module.verify()
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, target)
    engine.finalize_object()

    def function(name: str, n_arguments: int) -> Any:
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * n_arguments)
        return kind(engine.get_function_address(name))

    return Machine(
        engine=engine,
        run=function("run", 4),
        encode_bytes=function("encode_bytes", 8),
        encode_doubles=function("encode_doubles", 9),
        classes=function("classes", 6),
    )


def _source() -> str:
    return "\n".join([_run(), _encode_bytes(), _encode_doubles(), _classes()])


_VECTOR = f"<{VECTOR_BITS // 64} x i64>"
_VECTOR_BYTES = VECTOR_BITS // 8


def _run() -> str:
    ones = f"<{', '.join(['i64 -1'] * (VECTOR_BITS // 64))}>"
    compute = {
        "xor": f"%v.xor = xor {_VECTOR} %va.xor, %vb.xor",
        "mux": f"""%d.mux = xor {_VECTOR} %va.mux, %vb.mux
  %m.mux = and {_VECTOR} %d.mux, %vs.mux
  %v.mux = xor {_VECTOR} %m.mux, %vb.mux""",
        "muxn": f"""%e.muxn = xor {_VECTOR} %va.muxn, %vb.muxn
  %d.muxn = xor {_VECTOR} %e.muxn, {ones}
  %m.muxn = and {_VECTOR} %d.muxn, %vs.muxn
  %v.muxn = xor {_VECTOR} %m.muxn, %vb.muxn""",
    }
    loops = []
    for name, lines in compute.items():
        reads = "ab" if name == "xor" else "sab"
        loads = "\n".join(
            f"  %p{r}.{name} = getelementptr i8, ptr %{r}, i64 %x.{name}\n"
            f"  %v{r}.{name} = load {_VECTOR}, ptr %p{r}.{name}, align 64"
            for r in reads
        )
        loops.append(f"""
{name}:
  %x.{name} = phi i64 [0, %op], [%y.{name}, %{name}]
{loads}
  {lines}
  %pd.{name} = getelementptr i8, ptr %d, i64 %x.{name}
  store {_VECTOR} %v.{name}, ptr %pd.{name}, align 64
  %y.{name} = add i64 %x.{name}, {_VECTOR_BYTES}
  %c.{name} = icmp ult i64 %y.{name}, %row
  br i1 %c.{name}, label %{name}, label %next""")
    fields = "\n".join(
        f"""  %q{j} = getelementptr i64, ptr %o, i64 {j}
  %f{j} = load i64, ptr %q{j}
  %{name} = getelementptr i8, ptr %rows, i64 %f{j}"""
        for j, name in enumerate(("d", "s", "a", "b"), 1)
    )
    return f"""
define void @run(i64 %code_, i64 %n, i64 %rows_, i64 %row) {{
entry:
  %code = inttoptr i64 %code_ to ptr
  %rows = inttoptr i64 %rows_ to ptr
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %next]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %op, label %done
op:
  %place = mul i64 %i, 40
  %o = getelementptr i8, ptr %code, i64 %place
  %kind = load i64, ptr %o
{fields}
  switch i64 %kind, label %muxn [ i64 0, label %xor
                                  i64 1, label %mux ]
{"".join(loops)}
next:
  %i1 = add i64 %i, 1
  br label %head
done:
  ret void
}}
"""


def _encode_bytes() -> str:
    """Transpose tiles of 64 x 16 bytes by four rounds of interleaving, then compare 64 at once.

    Four rows that are 16 apart are the four quarters of a vector, and interleaving is within
    quarters: so what comes out is a column's 64 bytes in order.
    """
    joined = [", ".join(f"i32 {j}" for j in range(n)) for n in (32, 64)]
    mixing = {
        half: ", ".join(
            f"i32 {16 * quarter + first + j // 2 + (j % 2) * 64}"
            for quarter in range(4)
            for j in range(16)
        )
        for half, first in (("l", 0), ("h", 8))
    }
    lines = []
    for row in range(4 * TILE):
        lines += [
            f"  %o.{row} = mul i64 %stride, {row}",
            f"  %p.{row} = getelementptr i8, ptr %corner, i64 %o.{row}",
            f"  %r.{row} = load <16 x i8>, ptr %p.{row}, align 1",
        ]
    for row in range(TILE):
        for name, i, j in (("front", 0, 16), ("back", 32, 48)):
            lines.append(
                f"  %{name}.{row} = shufflevector <16 x i8> %r.{row + i}, <16 x i8> "
                f"%r.{row + j}, <32 x i32> <{joined[0]}>"
            )
        lines.append(
            f"  %v0.{row} = shufflevector <32 x i8> %front.{row}, <32 x i8> %back.{row}, "
            f"<64 x i32> <{joined[1]}>"
        )
    names = [f"%v0.{row}" for row in range(TILE)]
    for step in range(1, 5):
        mixed = []
        for i in range(8):
            for half, mask in mixing.items():
                name = f"%v{step}.{i}{half}"
                lines.append(
                    f"  {name} = shufflevector <64 x i8> {names[i]}, <64 x i8> {names[i + 8]}, "
                    f"<64 x i32> <{mask}>"
                )
                mixed.append(name)
        names = mixed
    for column, name in enumerate(names):
        lines += [
            f"  %b.{column} = getelementptr i8, ptr %tile, i64 {64 * column}",
            f"  store <64 x i8> {name}, ptr %b.{column}, align 64",
        ]
    transpose = "\n".join(lines)
    return f"""
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)

define void @encode_bytes(i64 %samples_, i64 %stride, i64 %n_groups, i64 %tiles_, i64 %n_tiles,
                          i64 %bits_, i64 %rows_, i64 %row) {{
entry:
  %samples = inttoptr i64 %samples_ to ptr
  %tiles = inttoptr i64 %tiles_ to ptr
  %bits0 = inttoptr i64 %bits_ to ptr
  %rows = inttoptr i64 %rows_ to ptr
  %tile = alloca [1024 x i8], align 64
  %group_bytes = mul i64 %stride, 64
  %tile_bytes = mul i64 %n_tiles, 1024
  %few = mul i64 %tile_bytes, 4
  %is_dense = icmp uge i64 %few, %group_bytes
  %some_tiles = or i64 %n_tiles, 1
  %share = udiv i64 %group_bytes, %some_tiles
  %share63 = add i64 %share, 127
  %n_lines_ = lshr i64 %share63, 6
  %n_lines = select i1 %is_dense, i64 %n_lines_, i64 64
  %line_step = select i1 %is_dense, i64 64, i64 %stride
  br label %group
group:
  %g = phi i64 [0, %entry], [%g1, %group_end]
  %more = icmp ult i64 %g, %n_groups
  br i1 %more, label %tile_head, label %done
tile_head:
  %t = phi i64 [0, %group], [%t1, %tile_end]
  %bits = phi ptr [%bits0, %group], [%bits_end, %tile_end]
  %more_tiles = icmp ult i64 %t, %n_tiles
  br i1 %more_tiles, label %take, label %group_end
take:
  %t_place = mul i64 %t, 16
  %t_at = getelementptr i8, ptr %tiles, i64 %t_place
  %first = load i64, ptr %t_at
  %n_at = getelementptr i8, ptr %t_at, i64 8
  %n_bits = load i64, ptr %n_at
  %g_place = mul i64 %g, %group_bytes
  %c_place = add i64 %g_place, %first
  %corner = getelementptr i8, ptr %samples, i64 %c_place
  %n_dense = mul i64 %t, %share
  %n_first = select i1 %is_dense, i64 %n_dense, i64 %first
  %n_group = add i64 %g_place, %group_bytes
  %n_place = add i64 %n_group, %n_first
  %n_corner = getelementptr i8, ptr %samples, i64 %n_place
  br label %fetch
fetch:
  %f = phi i64 [0, %take], [%f1, %fetch]
  %f_place = mul i64 %f, %line_step
  %f_at = getelementptr i8, ptr %n_corner, i64 %f_place
  call void @llvm.prefetch.p0(ptr %f_at, i32 0, i32 3, i32 1)
  %f1 = add i64 %f, 1
  %more_lines = icmp ult i64 %f1, %n_lines
  br i1 %more_lines, label %fetch, label %turn
turn:
{transpose}
  br label %bit
bit:
  %k = phi i64 [0, %turn], [%k1, %bit]
  %at = phi ptr [%bits, %turn], [%at1, %bit]
  %column = load i64, ptr %at
  %least_at = getelementptr i8, ptr %at, i64 8
  %least64 = load i64, ptr %least_at
  %row_at = getelementptr i8, ptr %at, i64 16
  %number = load i64, ptr %row_at
  %place = mul i64 %column, 64
  %lane = getelementptr i8, ptr %tile, i64 %place
  %values = load <64 x i8>, ptr %lane, align 64
  %least = trunc i64 %least64 to i8
  %one = insertelement <64 x i8> undef, i8 %least, i32 0
  %all = shufflevector <64 x i8> %one, <64 x i8> undef, <64 x i32> zeroinitializer
  %passed = icmp uge <64 x i8> %values, %all
  %word = bitcast <64 x i1> %passed to i64
  %row_place = mul i64 %number, %row
  %g8 = mul i64 %g, 8
  %out_place = add i64 %row_place, %g8
  %out = getelementptr i8, ptr %rows, i64 %out_place
  store i64 %word, ptr %out
  %k1 = add i64 %k, 1
  %at1 = getelementptr i8, ptr %at, i64 24
  %more_bits = icmp ult i64 %k1, %n_bits
  br i1 %more_bits, label %bit, label %tile_end
tile_end:
  %bits_end = phi ptr [%at1, %bit]
  %t1 = add i64 %t, 1
  br label %tile_head
group_end:
  %g1 = add i64 %g, 1
  br label %group
done:
  ret void
}}
"""


def _encode_doubles() -> str:
    return """
define void @encode_doubles(i64 %columns_, i64 %n_eighths, i64 %bits_, i64 %thresholds_, i64 %nan_,
                            i64 %n_bits, i64 %column_bytes, i64 %rows_, i64 %row) {
entry:
  %columns = inttoptr i64 %columns_ to ptr
  %bits = inttoptr i64 %bits_ to ptr
  %thresholds = inttoptr i64 %thresholds_ to ptr
  %nan = inttoptr i64 %nan_ to ptr
  %rows = inttoptr i64 %rows_ to ptr
  br label %bit
bit:
  %k = phi i64 [0, %entry], [%k1, %bit_end]
  %more = icmp ult i64 %k, %n_bits
  br i1 %more, label %take, label %done
take:
  %k16 = mul i64 %k, 16
  %at = getelementptr i8, ptr %bits, i64 %k16
  %column = load i64, ptr %at
  %row_at = getelementptr i8, ptr %at, i64 8
  %number = load i64, ptr %row_at
  %t_at = getelementptr double, ptr %thresholds, i64 %k
  %t = load double, ptr %t_at
  %one = insertelement <8 x double> undef, double %t, i32 0
  %all = shufflevector <8 x double> %one, <8 x double> undef, <8 x i32> zeroinitializer
  %nan_at = getelementptr i8, ptr %nan, i64 %k
  %nan8 = load i8, ptr %nan_at
  %c_place = mul i64 %column, %column_bytes
  %values_at = getelementptr i8, ptr %columns, i64 %c_place
  %r_place = mul i64 %number, %row
  %out = getelementptr i8, ptr %rows, i64 %r_place
  br label %eighth
eighth:
  %e = phi i64 [0, %take], [%e1, %eighth]
  %e64 = mul i64 %e, 64
  %v_at = getelementptr i8, ptr %values_at, i64 %e64
  %v = load <8 x double>, ptr %v_at, align 8
  %passed = fcmp oge <8 x double> %v, %all
  %missing = fcmp uno <8 x double> %v, zeroinitializer
  %p8 = bitcast <8 x i1> %passed to i8
  %m8 = bitcast <8 x i1> %missing to i8
  %m8n = and i8 %m8, %nan8
  %word = or i8 %p8, %m8n
  %o_at = getelementptr i8, ptr %out, i64 %e
  store i8 %word, ptr %o_at
  %e1 = add i64 %e, 1
  %more_eighths = icmp ult i64 %e1, %n_eighths
  br i1 %more_eighths, label %eighth, label %bit_end
bit_end:
  %k1 = add i64 %k, 1
  br label %bit
done:
  ret void
}
"""


def _classes() -> str:
    return """
define void @classes(i64 %rows_, i64 %row, i64 %planes_, i64 %n_planes, i64 %n_groups, i64 %out_) {
entry:
  %rows = inttoptr i64 %rows_ to ptr
  %planes = inttoptr i64 %planes_ to ptr
  %out = inttoptr i64 %out_ to ptr
  br label %group
group:
  %g = phi i64 [0, %entry], [%g1, %group_end]
  %more = icmp ult i64 %g, %n_groups
  br i1 %more, label %plane, label %done
plane:
  %k = phi i64 [0, %group], [%k1, %take]
  %sum = phi <64 x i8> [zeroinitializer, %group], [%sum1, %take]
  %more_planes = icmp ult i64 %k, %n_planes
  br i1 %more_planes, label %take, label %group_end
take:
  %k16 = mul i64 %k, 16
  %at = getelementptr i8, ptr %planes, i64 %k16
  %number = load i64, ptr %at
  %flip_at = getelementptr i8, ptr %at, i64 8
  %flip = load i64, ptr %flip_at
  %place = mul i64 %number, %row
  %g8 = mul i64 %g, 8
  %w_place = add i64 %place, %g8
  %w_at = getelementptr i8, ptr %rows, i64 %w_place
  %stored = load i64, ptr %w_at
  %word = xor i64 %stored, %flip
  %mask = bitcast i64 %word to <64 x i1>
  %bytes = zext <64 x i1> %mask to <64 x i8>
  %k8 = trunc i64 %k to i8
  %one = insertelement <64 x i8> undef, i8 %k8, i32 0
  %all = shufflevector <64 x i8> %one, <64 x i8> undef, <64 x i32> zeroinitializer
  %bits = shl <64 x i8> %bytes, %all
  %sum1 = or <64 x i8> %sum, %bits
  %k1 = add i64 %k, 1
  br label %plane
group_end:
  %g64 = mul i64 %g, 64
  %o_at = getelementptr i8, ptr %out, i64 %g64
  store <64 x i8> %sum, ptr %o_at, align 1
  %g1 = add i64 %g, 1
  br label %group
done:
  ret void
}
"""
