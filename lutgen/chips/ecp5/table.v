// lutgen_table: a lookup table of TRELLIS_DPR16X4, RAMs of 16 words of 4 bits in LUTs, each bit of a word
// a sixteenth of the table, and LUTs that choose among them.
//
// A table is written while it is selected, from the highest address down: what a table of fewer
// entries does not have comes first, and is written over. See hdl/lutgen_loader.v.
`default_nettype none

module lutgen_table #(
    parameter K = 4,             // inputs
    parameter LANES = 1,
    parameter ADDRESS_BITS = 4,  // of where entries are written, lanes apart
    parameter FIRST = 0,         // whether it is the first to be loaded
    parameter [(1<<K)-1:0] INIT = 0
) (
    input  wire                    clk,
    input  wire                    load,
    input  wire                    load_start,
    input  wire [ADDRESS_BITS-1:0] load_at,
    input  wire [LANES-1:0]        load_data,
    input  wire                    select_in,
    output wire                    select_out,
    input  wire [K-1:0]            a,
    output wire                    y
);
  localparam PARTS = K > 6 ? 1 << (K - 6) : 1;
  localparam LOW = K < 4 ? K : 4;

  function [63:0] words(input [63:0] entries);  // entry 16 * l + i is bit l of word i
    integer n;
    for (n = 0; n < 64; n = n + 1) words[4*(n%16)+n/16] = entries[n];
  endfunction

  wire [3:0]         data = load_data;
  wire [3:0]         at = load_at;
  wire [3:0]         low = a[LOW-1:0];
  wire [4*PARTS-1:0] part;
  reg                selected;

  initial selected = 1'b0;

  always @(posedge clk)
    if (load_start) selected <= FIRST != 0;
    else if (load && load_at == 0) selected <= select_in;

  assign select_out = selected;

  genvar i;
  generate
    for (i = 0; i < PARTS; i = i + 1) begin : parts
      wire write;
      if (PARTS == 1) assign write = load && selected;
      else assign write = load && selected && load_at[K-3:4] == i;
      TRELLIS_DPR16X4 #(.WCKMUX("WCK"), .WREMUX("WRE"), .INITVAL(words(INIT >> (64 * i)))) ram (
          .WCK(clk), .WRE(write), .WAD(at), .DI(data), .RAD(low), .DO(part[4*i +: 4]));
    end
    if (K <= 4) assign y = part[0];
    else if (K == 5) assign y = a[4] ? part[1] : part[0];
    else begin : wide
      wire [PARTS-1:0] word;
      for (i = 0; i < PARTS; i = i + 1) begin : words
        lutgen_table_choice choice (.d(part[4*i +: 4]), .s(a[5:4]), .y(word[i]));
      end
      if (K == 6) assign y = word[0];
      else if (K == 7) assign y = a[6] ? word[1] : word[0];
      else begin : wider
        wire [PARTS/4-1:0] four;
        for (i = 0; i < PARTS / 4; i = i + 1) begin : fours
          lutgen_table_choice choice (.d(word[4*i +: 4]), .s(a[7:6]), .y(four[i]));
        end
        if (K == 8) assign y = four[0];
        else assign y = four[a[K-1:8]];
      end
    end
  endgenerate
endmodule

// One of four bits, in two LUT4: see lutgen.chips.fabric.mapper.
module lutgen_table_choice (
    input  wire [3:0] d,
    input  wire [1:0] s,
    output wire       y
);
  wire low;
  LUT4 #(.INIT(16'hba98)) first (.Z(low), .A(s[0]), .B(s[1]), .C(d[0]), .D(d[1]));
  LUT4 #(.INIT(16'hec64)) second (.Z(y), .A(s[1]), .B(low), .C(d[2]), .D(d[3]));
endmodule

`default_nettype wire
