// lutgen_table: a lookup table of CFGLUT5, shift registers of 32 entries in LUTs of SLICEM, and
// MUXF7 and MUXF8 that choose among them.
//
// The first entry that is shifted in ends at the highest address; see hdl/lutgen_loader.v. What a
// CFGLUT5 is: AMD UG953, 7 Series FPGA and Zynq 7000 SoC Libraries Guide.
`default_nettype none

module lutgen_table #(
    parameter K = 4,       // inputs
    parameter LEAST = 32,  // entries of a CFGLUT5
    parameter [(1<<K)-1:0] INIT = 0
) (
    input  wire         clk,
    input  wire         load,
    input  wire         load_in,
    output wire         load_out,
    input  wire [K-1:0] a,
    output wire         y
);
  localparam PARTS = K > 5 ? 1 << (K - 5) : 1;
  localparam LOW = K > 5 ? 5 : K;

  wire [PARTS:0]   chain;
  wire [PARTS-1:0] part;
  wire [4:0]       low = a[LOW-1:0];

  assign chain[0] = load_in;

  genvar i;
  generate
    for (i = 0; i < PARTS; i = i + 1) begin : parts
      localparam [31:0] OWN = INIT >> (32 * i);
      wire cdo, o5;
      CFGLUT5 #(.INIT(OWN)) shifter (
          .CLK(clk), .CE(load), .CDI(chain[i]), .CDO(cdo), .O5(o5), .O6(part[i]),
          .I0(low[0]), .I1(low[1]), .I2(low[2]), .I3(low[3]), .I4(low[4]));
      assign chain[i+1] = cdo;
    end
    if (K <= 5) assign y = part[0];
    else if (K == 6) MUXF7 upper (.O(y), .I0(part[0]), .I1(part[1]), .S(a[5]));
    else begin : wide
      localparam PAIRS = PARTS / 2, QUADS = PARTS / 4;
      wire [PAIRS-1:0] pair;
      wire [QUADS-1:0] quad;
      for (i = 0; i < PAIRS; i = i + 1) begin : pairs
        MUXF7 upper (.O(pair[i]), .I0(part[2*i]), .I1(part[2*i+1]), .S(a[5]));
      end
      for (i = 0; i < QUADS; i = i + 1) begin : quads
        MUXF8 upper (.O(quad[i]), .I0(pair[2*i]), .I1(pair[2*i+1]), .S(a[6]));
      end
      if (K == 7) assign y = quad[0];
      else assign y = quad[a[K-1:7]];
    end
  endgenerate
  assign load_out = chain[PARTS];
endmodule

`default_nettype wire
