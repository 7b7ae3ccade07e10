// lutgen_table: a lookup table whose entries are written at addresses, some at once.
//
// Lane l of an address is entry l * 16 of the 16 * LANES entries that stand together. A table is
// written while it is selected, from the highest address down: what a table of fewer entries does
// not have comes first, and is written over. See hdl/lutgen_loader.v.
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
  localparam LOW = K < 4 ? K : 4;
  localparam LANE_BITS = LANES == 4 ? 2 : LANES - 1;

  reg              selected;
  reg [(1<<K)-1:0] entries;

  initial begin
    selected = 1'b0;
    entries  = INIT;
  end

  integer lane, entry;

  always @(posedge clk) begin
    if (load_start) selected <= FIRST != 0;
    else if (load && load_at == 0) selected <= select_in;
    if (load && selected)
      for (lane = 0; lane < LANES; lane = lane + 1) begin
        entry = {{(32-ADDRESS_BITS){1'b0}}, load_at};
        entry = (entry & 15) | (lane << 4) | (entry >> 4 << (4 + LANE_BITS));
        if ((lane << LOW) < (1 << K)) entries[entry & ((1<<K)-1)] <= load_data[lane];
      end
  end

  assign select_out = selected;
  assign y          = entries[a];
endmodule

`default_nettype wire
