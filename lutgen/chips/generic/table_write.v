// lutgen_table: a lookup table whose entries are written at addresses, some at once.
//
// Lane l of an address is entry l * 16 of the 16 * LANES entries that stand together. A table is
// written while it is selected, from the highest address down. See hdl/lutgen_loader.v.
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
  localparam LANE_BITS = LANES == 4 ? 2 : LANES - 1;

  reg              selected;
  reg [(1<<K)-1:0] entries;

  initial begin
    selected = 1'b0;
    entries  = INIT;
  end

  always @(posedge clk)
    if (load_start) selected <= FIRST != 0;
    else if (load && load_at == 0) selected <= select_in;

  genvar i;
  generate
    for (i = 0; i < (1 << K); i = i + 1) begin : each
      localparam integer LANE = i / 16 % LANES, AT = i % 16 + (i >> (4 + LANE_BITS)) * 16;
      always @(posedge clk)
        if (load && selected && load_at == AT[ADDRESS_BITS-1:0]) entries[i] <= load_data[LANE];
    end
  endgenerate

  assign select_out = selected;
  assign y          = entries[a];
endmodule

`default_nettype wire
