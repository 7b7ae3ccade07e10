"""Names that are safe in every Verilog tool, for the nets of a netlist and for modules."""

from __future__ import annotations

import re

_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NET = re.compile(r"[a-z][a-z0-9_]*")

MODULE_NAMES = "use letters, digits and _, not a digit first, and no keyword"

PORTS = frozenset({"clk", "x", "y"})

# IEEE 1364-2005, annex B, and what IEEE 1800-2017, annex B, adds: Verilator and others read
# Verilog files as SystemVerilog.
_KEYWORDS = """
    always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config
    deassign default defparam design disable edge else end endcase endconfig endfunction
    endgenerate endmodule endprimitive endspecify endtable endtask event for force forever fork
    function generate genvar highz0 highz1 if ifnone incdir include initial inout input instance
    integer join large liblist library localparam macromodule medium module nand negedge nmos nor
    noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1
    pulldown pullup pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat
    rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam
    strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 triand
    trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor
    accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit
    break byte chandle checker class clocking const constraint context continue cover covergroup
    coverpoint cross dist do endchecker endclass endclocking endgroup endinterface endpackage
    endprogram endproperty endsequence enum eventually expect export extends extern final
    first_match foreach forkjoin global iff ignore_bins illegal_bins implements implies import
    inside int interconnect interface intersect join_any join_none let local logic longint matches
    modport nettype new nexttime null package packed priority program property protected pure rand
    randc randcase randsequence ref reject_on restrict return s_always s_eventually s_nexttime
    s_until s_until_with sequence shortint shortreal soft solve static string strong struct super
    sync_accept_on sync_reject_on tagged this throughout timeprecision timeunit type typedef union
    unique unique0 until until_with untyped var virtual void wait_order weak wildcard with within
"""
KEYWORDS = frozenset(_KEYWORDS.split())


# IEEE 1076-2008, 15.10, without what is above; VHDL ignores case.
_VHDL = """
    abs access after all architecture array assume_guarantee attribute block body buffer bus
    component configuration constant disconnect downto elsif entity exit fairness file generic
    group guarded impure in inertial is label library linkage literal loop map mod next null of on
    open others out port postponed procedure process range record register reject rem report
    restrict_guarantee rol ror select severity shared signal sla sll sra srl subtype then to
    transport unaffected units variable vmode vprop vunit when
"""
VHDL_KEYWORDS = frozenset(_VHDL.split()) | KEYWORDS

# What was found by giving each name to the tools: Verilator 5 keeps two modules of its own, and
# Icarus has keywords beyond the standards.
TOOL_NAMES = {
    "std": "Verilator has a package of that name",
    "TOP": "Verilator's own top module is called so",
    "bool": "it is a keyword of Icarus Verilog",
    "wone": "it is a keyword of Icarus Verilog",
    "wreal": "it is a keyword of Icarus Verilog",
}

SHELL_MODULES = frozenset(
    {"around", "board_bench", "lutgen_axilite", "lutgen_axis", "lutgen_cfu", "lutgen_loader",
     "lutgen_registers", "lutgen_shell", "lutgen_stream", "lutgen_uart", "lutgen_uart_rx",
     "lutgen_uart_tx", "lutgen_wishbone", "top"}
)  # fmt: skip
"""Modules that lutgen puts around a core, on boards and in benches."""


def module_fault(name: str) -> str:
    """Return why no module can be called so, in words; "" where one can."""
    if _MODULE.fullmatch(name) is None or name in KEYWORDS:
        fault = f"{name!r} cannot name a Verilog module; {MODULE_NAMES}"
    elif name.lower() in VHDL_KEYWORDS:
        fault = f"{name!r} cannot name a module: it is a keyword of VHDL; choose another name"
    elif name.lower() in PORTS:
        fault = f"{name!r} cannot name a module: {name.lower()} is a port of it; choose another"
    elif name in SHELL_MODULES:
        fault = (
            f"{name!r} cannot name a module: lutgen puts a module of that name around a core; "
            "choose another name"
        )
    elif name in TOOL_NAMES:
        fault = f"{name!r} cannot name a module: {TOOL_NAMES[name]}; choose another name"
    else:
        fault = ""
    return fault


def is_module_name(name: str) -> bool:
    """Return whether a module can be called so, see :func:`module_fault`."""
    return not module_fault(name)


def is_net_name(name: str) -> bool:
    """Return whether a cell's net can be called so: lower case, no keyword, no port.

    Lower case leaves the writers a name space of their own (instances, tables), and keeps names
    apart in tools that ignore case.
    """
    return _NET.fullmatch(name) is not None and name not in KEYWORDS and name not in PORTS
