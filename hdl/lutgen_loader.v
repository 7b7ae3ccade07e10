// lutgen_loader: bits that come in one at a time, to the tables of a core that can be loaded.
//
// START begins a load, whatever was under way. Then come N_BITS bits, with pauses as they please;
// more are ignored. Tables are whole from a COMMIT that comes when all bits have come, until the
// next START; at first they are. In between what the core answers means nothing.
//
// CONTENTS is the CRC-32 (IEEE 802.3, as in zip) of the bits that came, eight a byte, the first the
// lowest: what the tables hold, once they are whole. A reset does not change tables, nor what is
// known of them, but for a load that it breaks off.
//
// The first of LANES bits is the highest of load_data; load_at counts down from all ones.
`default_nettype none

module lutgen_loader #(
    parameter N_BITS       = 32,
    parameter LANES        = 1,
    parameter ADDRESS_BITS = 1,
    parameter [31:0] CONTENTS = 0  // of what the tables hold at first
) (
    input  wire                    clk,

    input  wire                    start,
    input  wire                    bit_valid,
    input  wire                    bit_in,
    input  wire                    commit,
    output reg                     whole,
    output wire                    is_full,  // all bits have come
    output wire [31:0]             contents,

    output reg                     load,
    output wire                    load_start,
    output reg  [ADDRESS_BITS-1:0] load_at,
    output reg  [LANES-1:0]        load_data
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  localparam COUNT_BITS = clog2(N_BITS + 1);
  localparam [31:0] ALL = N_BITS;
  localparam LANE_BITS = LANES == 4 ? 2 : 1;
  localparam [31:0] LAST_LANE = LANES - 1;

  reg  [COUNT_BITS-1:0] left;
  reg  [LANE_BITS-1:0]  lane;  // bits still to come until some are loaded
  reg  [31:0]           crc;
  wire                  take = bit_valid && !is_full && !start;

  initial begin
    whole = 1'b1;
    left  = 0;
    crc   = ~CONTENTS;
    load  = 1'b0;
  end

  assign is_full    = left == 0;
  assign load_start = start;
  assign contents   = ~crc;

  generate
    if (LANES == 1) begin : one
      always @(posedge clk) if (take) load_data <= bit_in;
    end else begin : several
      always @(posedge clk) if (take) load_data <= {load_data[LANES-2:0], bit_in};
    end
  endgenerate

  always @(posedge clk) begin
    load <= take && lane == 0;
    if (load) load_at <= load_at - 1'b1;
    if (take) begin
      left      <= left - 1'b1;
      lane      <= lane == 0 ? LAST_LANE[LANE_BITS-1:0] : lane - 1'b1;
      crc       <= {1'b0, crc[31:1]} ^ ((crc[0] ^ bit_in) ? 32'hEDB88320 : 32'd0);
    end
    if (commit && is_full) whole <= 1'b1;
    if (start) begin
      whole   <= 1'b0;
      left    <= ALL[COUNT_BITS-1:0];
      lane    <= LAST_LANE[LANE_BITS-1:0];
      load_at <= {ADDRESS_BITS{1'b1}};
      crc     <= 32'hFFFFFFFF;
    end
  end
endmodule

`default_nettype wire
