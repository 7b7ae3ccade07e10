// lutgen_table: a lookup table of RAMs of 16 words of 4 bits in LUTs, each bit of a word a sixteenth of
// 64 entries, and LUTs that choose among them. A family's own file has lutgen_table_ram, the RAM, and
// lutgen_table_choice, one of four bits.
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
      lutgen_table_ram #(.INIT(INIT >> (64 * i))) ram (
          .clk(clk), .write(write), .at(at), .data(data), .low(low), .y(part[4*i +: 4]));
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

`default_nettype wire
