// lutgen_wishbone: from Wishbone (B4, classic cycles) to the registers of lutgen_registers.
//
// An access takes two cycles: ack, or err where it is not ok, comes in the second. Addresses are
// those of bytes.
`default_nettype none

module lutgen_wishbone #(
    parameter ADDRESS_WIDTH = 12
) (
    input  wire                     clk,
    input  wire                     rst,  // synchronous

    input  wire                     wb_cyc_i,
    input  wire                     wb_stb_i,
    input  wire                     wb_we_i,
    input  wire [ADDRESS_WIDTH-1:0] wb_adr_i,
    input  wire [31:0]              wb_dat_i,
    input  wire [3:0]               wb_sel_i,
    output reg  [31:0]              wb_dat_o,
    output reg                      wb_ack_o,
    output reg                      wb_err_o,

    output wire                     write,
    output wire [ADDRESS_WIDTH-3:0] write_word,
    output wire [31:0]              write_data,
    output wire [3:0]               write_strobe,
    input  wire                     write_ok,
    output wire [ADDRESS_WIDTH-3:0] read_word,
    input  wire [31:0]              read_data,
    input  wire                     read_ok
);
  wire access = !rst && wb_cyc_i && wb_stb_i && !wb_ack_o && !wb_err_o;
  wire is_ok  = wb_we_i ? write_ok : read_ok;

  assign write        = access && wb_we_i;
  assign write_word   = wb_adr_i[ADDRESS_WIDTH-1:2];
  assign write_data   = wb_dat_i;
  assign write_strobe = wb_sel_i;
  assign read_word    = wb_adr_i[ADDRESS_WIDTH-1:2];

  /* verilator lint_off UNUSEDSIGNAL */  // a word is read and written at the address of any byte
  wire [1:0] unused = wb_adr_i[1:0];
  /* verilator lint_on UNUSEDSIGNAL */

  always @(posedge clk) begin
    wb_ack_o <= access && is_ok;
    wb_err_o <= access && !is_ok;
    wb_dat_o <= read_data;
  end
endmodule

`default_nettype wire
