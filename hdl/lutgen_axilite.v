// lutgen_axilite: from AXI4-Lite to the registers of lutgen_registers.
//
// One write and one read at a time, each in two cycles where nothing stalls. Address and data of a
// write may come in any order. What is not ok is answered with SLVERR.
`default_nettype none

module lutgen_axilite #(
    parameter ADDRESS_WIDTH = 12
) (
    input  wire                     clk,
    input  wire                     rst,  // synchronous

    input  wire [ADDRESS_WIDTH-1:0] s_axi_awaddr,
    input  wire                     s_axi_awvalid,
    output wire                     s_axi_awready,
    input  wire [31:0]              s_axi_wdata,
    input  wire [3:0]               s_axi_wstrb,
    input  wire                     s_axi_wvalid,
    output wire                     s_axi_wready,
    output reg  [1:0]               s_axi_bresp,
    output reg                      s_axi_bvalid,
    input  wire                     s_axi_bready,
    input  wire [ADDRESS_WIDTH-1:0] s_axi_araddr,
    input  wire                     s_axi_arvalid,
    output wire                     s_axi_arready,
    output reg  [31:0]              s_axi_rdata,
    output reg  [1:0]               s_axi_rresp,
    output reg                      s_axi_rvalid,
    input  wire                     s_axi_rready,

    output wire                     write,
    output reg  [ADDRESS_WIDTH-3:0] write_word,
    output reg  [31:0]              write_data,
    output reg  [3:0]               write_strobe,
    input  wire                     write_ok,
    output reg  [ADDRESS_WIDTH-3:0] read_word,
    input  wire [31:0]              read_data,
    input  wire                     read_ok
);
  localparam [1:0] OKAY = 2'b00, SLVERR = 2'b10;

  reg  have_address, have_data, have_read;
  wire read = have_read && (!s_axi_rvalid || s_axi_rready);

  assign write         = have_address && have_data && (!s_axi_bvalid || s_axi_bready);
  assign s_axi_awready = !rst && !have_address;
  assign s_axi_wready  = !rst && !have_data;
  assign s_axi_arready = !rst && !have_read;

  /* verilator lint_off UNUSEDSIGNAL */  // a word is read and written at the address of any byte
  wire [1:0] unused_aw = s_axi_awaddr[1:0];
  wire [1:0] unused_ar = s_axi_araddr[1:0];
  /* verilator lint_on UNUSEDSIGNAL */

  always @(posedge clk) begin
    if (s_axi_awvalid && s_axi_awready) begin
      have_address <= 1'b1;
      write_word   <= s_axi_awaddr[ADDRESS_WIDTH-1:2];
    end
    if (s_axi_wvalid && s_axi_wready) begin
      have_data    <= 1'b1;
      write_data   <= s_axi_wdata;
      write_strobe <= s_axi_wstrb;
    end
    if (write) begin
      have_address <= 1'b0;
      have_data    <= 1'b0;
      s_axi_bvalid <= 1'b1;
      s_axi_bresp  <= write_ok ? OKAY : SLVERR;
    end else if (s_axi_bready) s_axi_bvalid <= 1'b0;

    if (s_axi_arvalid && s_axi_arready) begin
      have_read <= 1'b1;
      read_word <= s_axi_araddr[ADDRESS_WIDTH-1:2];
    end
    if (read) begin
      have_read    <= 1'b0;
      s_axi_rvalid <= 1'b1;
      s_axi_rdata  <= read_data;
      s_axi_rresp  <= read_ok ? OKAY : SLVERR;
    end else if (s_axi_rready) s_axi_rvalid <= 1'b0;

    if (rst) begin
      have_address <= 1'b0;
      have_data    <= 1'b0;
      have_read    <= 1'b0;
      s_axi_bvalid <= 1'b0;
      s_axi_rvalid <= 1'b0;
    end
  end
endmodule

`default_nettype wire
