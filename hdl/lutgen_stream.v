// lutgen_stream: a core between two AXI4-Streams.
//
// In:  a sample is N_BEATS = ceil(N_INPUTS / BEAT_WIDTH) beats, the lowest input bits first: bit i
//      of beat b is input bit b * BEAT_WIDTH + i; what is left over in the last beat is ignored.
//      tlast ends a packet of any number of samples.
// Out: one beat a sample: its answer, zero-extended to whole bytes. tlast stands with the last
//      answer of each packet. tuser is 1 where tlast came before the last beat of a sample: then
//      the answer means nothing.
//
// The core has no clock enable, so its answers cannot be held up. A credit counter therefore lets
// a sample in only if there is room for its answer in the FIFO behind the core. The FIFO is deep
// enough for one sample a cycle when nothing stalls.
`default_nettype none

module lutgen_stream #(
    parameter BEAT_WIDTH   = 8,
    parameter N_INPUTS     = 64,
    parameter LATENCY      = 0,  // clock cycles from core_x to core_y
    parameter ANSWER_WIDTH = 1
) (
    input  wire                                 clk,
    input  wire                                 rst,            // synchronous

    input  wire [BEAT_WIDTH-1:0]                s_axis_tdata,
    input  wire                                 s_axis_tvalid,
    output wire                                 s_axis_tready,
    input  wire                                 s_axis_tlast,

    output wire [8*((ANSWER_WIDTH+7)/8)-1:0]    m_axis_tdata,
    output wire                                 m_axis_tvalid,
    input  wire                                 m_axis_tready,
    output wire                                 m_axis_tlast,
    output wire                                 m_axis_tuser,

    output wire [N_INPUTS-1:0]                  core_x,
    input  wire [ANSWER_WIDTH-1:0]              core_y
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  localparam N_BEATS    = (N_INPUTS + BEAT_WIDTH - 1) / BEAT_WIDTH;
  localparam TOTAL      = N_BEATS * BEAT_WIDTH;
  localparam BEAT_BITS  = clog2(N_BEATS);
  localparam DEPTH_LOG2 = clog2(LATENCY + 3);  // register in front, FIFO and credit behind
  localparam ENTRY      = ANSWER_WIDTH + 2;
  localparam [BEAT_BITS-1:0] LAST_BEAT = N_BEATS[BEAT_BITS-1:0] - 1'b1;

  // ---- beats to a sample: the first beat ends at the bottom of a shift register
  reg  [TOTAL-1:0]     sample;
  reg  [BEAT_BITS-1:0] beat;
  wire                 taken    = s_axis_tvalid && s_axis_tready;
  wire                 is_whole = beat == LAST_BEAT;
  wire                 is_done  = taken && (is_whole || s_axis_tlast);

  /* verilator lint_off UNUSEDSIGNAL */  // the bits that fall out at the bottom
  wire [TOTAL+BEAT_WIDTH-1:0] shifted = {s_axis_tdata, sample};
  /* verilator lint_on UNUSEDSIGNAL */

  always @(posedge clk) begin
    if (taken) sample <= shifted[TOTAL+BEAT_WIDTH-1:BEAT_WIDTH];
    if (rst || is_done) beat <= {BEAT_BITS{1'b0}};
    else if (taken) beat <= beat + 1'b1;
  end

  assign core_x = sample[N_INPUTS-1:0];
  generate
    if (TOTAL > N_INPUTS) begin : padding
      /* verilator lint_off UNUSEDSIGNAL */  // left over in the last beat
      wire [TOTAL-N_INPUTS-1:0] unused = sample[TOTAL-1:N_INPUTS];
      /* verilator lint_on UNUSEDSIGNAL */
    end
  endgenerate

  // ---- what goes along with a sample through the core: stage 0 is core_x, stage LATENCY core_y
  reg [LATENCY:0] valid, last, short;
  /* verilator lint_off UNUSEDSIGNAL */  // the bits that fall out at the top
  wire [LATENCY+1:0] next_valid = {valid, is_done};
  wire [LATENCY+1:0] next_last  = {last, s_axis_tlast};
  wire [LATENCY+1:0] next_short = {short, !is_whole};
  /* verilator lint_on UNUSEDSIGNAL */

  always @(posedge clk) begin
    valid <= rst ? {(LATENCY+1){1'b0}} : next_valid[LATENCY:0];
    last  <= next_last[LATENCY:0];
    short <= next_short[LATENCY:0];
  end

  // ---- answers
  reg  [ENTRY-1:0]      fifo [0:(1<<DEPTH_LOG2)-1];
  reg  [DEPTH_LOG2:0]   n_open;  // samples taken whose answers have not been taken
  reg  [DEPTH_LOG2:0]   written, read;
  wire [DEPTH_LOG2-1:0] write_at = written[DEPTH_LOG2-1:0];
  wire [DEPTH_LOG2-1:0] read_at  = read[DEPTH_LOG2-1:0];
  wire                  answered = m_axis_tvalid && m_axis_tready;

  always @(posedge clk) begin
    if (valid[LATENCY]) fifo[write_at] <= {short[LATENCY], last[LATENCY], core_y};
    if (rst) begin
      n_open  <= {(DEPTH_LOG2+1){1'b0}};
      written <= {(DEPTH_LOG2+1){1'b0}};
      read    <= {(DEPTH_LOG2+1){1'b0}};
    end else begin
      if (valid[LATENCY]) written <= written + 1'b1;
      if (answered) read <= read + 1'b1;
      if (is_done && !answered) n_open <= n_open + 1'b1;
      else if (answered && !is_done) n_open <= n_open - 1'b1;
    end
  end

  wire [ENTRY-1:0] head = fifo[read_at];
  assign s_axis_tready = !rst && !n_open[DEPTH_LOG2];
  assign m_axis_tvalid = written != read;
  assign m_axis_tlast  = head[ANSWER_WIDTH];
  assign m_axis_tuser  = head[ANSWER_WIDTH+1];
  generate
    if (ANSWER_WIDTH % 8 == 0) begin : whole_bytes
      assign m_axis_tdata = head[ANSWER_WIDTH-1:0];
    end else begin : extended
      assign m_axis_tdata = {{(8-ANSWER_WIDTH%8){1'b0}}, head[ANSWER_WIDTH-1:0]};
    end
  endgenerate
endmodule

`default_nettype wire
