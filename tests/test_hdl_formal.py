"""Promises of the hand-written modules, proved from a reset for ever; faults break them."""

from pathlib import Path

import pytest
from formal_proofs import OPEN, PROVED, REFUTED, Case, prove

CASES = [
    Case("lutgen_stream", {"BEAT_WIDTH": 8, "N_INPUTS": 12, "LATENCY": 2, "ANSWER_WIDTH": 5}),
    Case("lutgen_stream", {"BEAT_WIDTH": 16, "N_INPUTS": 10, "LATENCY": 0, "ANSWER_WIDTH": 1}),
    Case("lutgen_stream", {"BEAT_WIDTH": 64, "N_INPUTS": 100, "LATENCY": 3, "ANSWER_WIDTH": 9}),
    Case("lutgen_axilite"),
    Case("lutgen_wishbone"),
    Case("lutgen_registers", {"LATENCY": 2, "N_SAMPLE": 2}),
    Case("lutgen_registers", {"LATENCY": 1, "N_LOAD_WORDS": 3}),
    Case("lutgen_cfu", {"LATENCY": 0}),
    Case("lutgen_cfu", {"LATENCY": 2, "N_SAMPLE": 3, "N_ANSWER": 2}),
    Case("lutgen_uart_tx", {"CLKS_PER_BIT": 4}),
]

FAULTS = {
    "lutgen_stream": [
        ("s_axis_tready = !rst && !n_open[DEPTH_LOG2]", "s_axis_tready = !rst"),
        ("if (answered) read <= read + 1'b1", "if (m_axis_tvalid) read <= read + 1'b1"),
        ("if (rst || is_done) beat", "if (rst || (taken && is_whole)) beat"),
        ("last[LATENCY], core_y}", "last[LATENCY], ~core_y}"),
    ],
    "lutgen_axilite": [
        ("have_data && (!s_axi_bvalid || s_axi_bready)", "have_data"),
        ("write         = have_address && have_data", "write         = have_data"),
        ("s_axi_awready = !rst && !have_address", "s_axi_awready = !rst"),
        ("end else if (s_axi_bready) s_axi_bvalid <= 1'b0;", "end else s_axi_bvalid <= 1'b0;"),
        ("      s_axi_rvalid <= 1'b0;\n    end\n  end", "    end\n  end"),
    ],
    "lutgen_wishbone": [
        (" && !wb_ack_o && !wb_err_o;", ";"),
        ("wb_ack_o <= access && is_ok;", "wb_ack_o <= access;"),
        ("write        = access && wb_we_i", "write        = access"),
        ("access = !rst && wb_cyc_i", "access = wb_cyc_i"),
    ],
    "lutgen_registers": [
        ("count <= CYCLES[COUNT_BITS-1:0];", "count <= {COUNT_BITS{1'b0}};"),
        ("      done  <= 1'b0;\n      count", "      count"),
        ("is_written && write_strobe[lane]", "is_written"),
        ("    end else if (load_start) begin\n      busy <= 1'b0;\n      done <= 1'b0;\n", ""),
        ("write_data[0] && !can_start;", "1'b0;"),
    ],
    "lutgen_cfu": [
        ("    if (rsp_ready) rsp_valid <= 1'b0;\n", "    rsp_valid <= 1'b0;\n"),
        ("&& !running && (!rsp_valid || rsp_ready)", "&& !running"),
        ("!rst && !running &&", "!rst &&"),
        ("      running   <= 1'b0;\n", ""),
    ],
    "lutgen_uart_tx": [
        ("bits   <= {data, 1'b0};", "bits   <= {data, 1'b1};"),
        ("bits   <= {1'b1, bits[8:1]};", "bits   <= {1'b0, bits[8:1]};"),
    ],
}
FAULTY = {
    "lutgen_stream": {"BEAT_WIDTH": 2, "N_INPUTS": 4, "LATENCY": 0, "ANSWER_WIDTH": 3},
    "lutgen_registers": {"LATENCY": 1, "N_LOAD_WORDS": 1},
    "lutgen_cfu": {"LATENCY": 1},
    "lutgen_uart_tx": {"CLKS_PER_BIT": 2},
}  # small: a fault shows all the same


def test_every_promise_is_proved_by_induction(tmp_path: Path) -> None:
    outcomes = prove(CASES, tmp_path)
    assert [outcome for outcome, _ in outcomes] == [PROVED] * len(CASES), outcomes


@pytest.mark.parametrize("module", FAULTS)
def test_planted_faults_break_a_promise(tmp_path: Path, module: str) -> None:
    cases = [Case(module, FAULTY.get(module, {}), fault) for fault in FAULTS[module]]
    for fault, (outcome, steps) in zip(FAULTS[module], prove(cases, tmp_path, max_steps=12),
                                       strict=True):  # fmt: skip
        assert outcome == REFUTED, (fault, outcome, steps)


def test_what_induction_does_not_reach_is_told(tmp_path: Path) -> None:
    """A promise that holds for 2^8 cycles alone is neither proved nor refuted in few steps."""
    late = ("  always @(posedge clk) begin\n    wb_ack_o", "  reg [7:0] late = 0;\n"
            "  always @(posedge clk) late <= late + 1'b1;\n  always @* assert (late != 8'hff);\n"
            "  always @(posedge clk) begin\n    wb_ack_o")  # fmt: skip
    assert prove([Case("lutgen_wishbone", fault=late)], tmp_path, max_steps=4) == [(OPEN, 4)]
