// lutgen_registers: a core behind registers of 32 bits, for the bridge of any bus.
//
// Words, by their place (a bus has them at four times that):
//   0      MAGIC    "LUTG", the first letter in the lowest byte
//   1      SHAPE    bits 15:0 words of a sample, bits 31:16 words of an answer
//   2      CONTROL  bit 0 START: write 1, reads 0; bit 1 INTERRUPT_ENABLE
//   3      STATUS   bit 0 BUSY; bit 1 DONE: write 1 to clear it
//   8-15   CORE_ID  identity of the core, SHA-256, its first byte in the lowest byte of word 8
//   16-    ANSWER   N_ANSWER words
//   SAMPLE_AT-      N_SAMPLE words, written byte by byte as strobes say
//
// START takes the sample as it stands, and clears DONE; what is written afterwards is for the next
// one. DONE says that ANSWER is the answer to it. START while BUSY begins anew. A word that is not
// there, or cannot be written, is not ok. The sample is kept over a reset.
`default_nettype none

module lutgen_registers #(
    parameter N_SAMPLE      = 1,
    parameter N_ANSWER      = 1,
    parameter LATENCY       = 0,   // clock cycles from core_x to core_y
    parameter ADDRESS_WIDTH = 12,  // of the address of a byte, at most 32
    parameter SAMPLE_AT     = 32,
    parameter [255:0] CORE_ID = 0
) (
    input  wire                     clk,
    input  wire                     rst,  // synchronous

    input  wire                     write,
    input  wire [ADDRESS_WIDTH-3:0] write_word,
    input  wire [31:0]              write_data,
    input  wire [3:0]               write_strobe,
    output wire                     write_ok,

    input  wire [ADDRESS_WIDTH-3:0] read_word,
    output reg  [31:0]              read_data,
    output reg                      read_ok,

    output wire                     irq,

    output wire [32*N_SAMPLE-1:0]   core_x,
    input  wire [32*N_ANSWER-1:0]   core_y
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  localparam COUNT_BITS = clog2(LATENCY + 1);
  localparam [31:0] CYCLES = LATENCY;
  localparam [31:0] MAGIC = 32'h4754554C;
  localparam [31:0] SHAPE = (N_ANSWER << 16) | N_SAMPLE;
  localparam [31:0] AT_CONTROL = 2, AT_STATUS = 3, AT_ID = 8, AT_ANSWER = 16;
  localparam [31:0] AT_SAMPLE = SAMPLE_AT, SAMPLE_END = SAMPLE_AT + N_SAMPLE;
  localparam [31:0] ANSWER_END = 16 + N_ANSWER;

  // ---- control
  reg                   busy, done, interrupt_enable;
  reg  [COUNT_BITS-1:0] count;
  reg  [32*N_ANSWER-1:0] answer;
  wire [31:0] write_at   = {{(34-ADDRESS_WIDTH){1'b0}}, write_word};
  wire        to_control = write && write_at == AT_CONTROL && write_strobe[0];
  wire        to_status  = write && write_at == AT_STATUS && write_strobe[0];
  wire        start      = to_control && write_data[0];
  wire        finished   = busy && count == 0;

  assign irq      = done && interrupt_enable;
  assign write_ok  = write_at == AT_CONTROL || write_at == AT_STATUS
                   || (write_at >= AT_SAMPLE && write_at < SAMPLE_END);

  always @(posedge clk) begin
    if (to_control) interrupt_enable <= write_data[1];
    if (finished) answer <= core_y;
    if (start) begin
      busy  <= 1'b1;
      done  <= 1'b0;
      count <= CYCLES[COUNT_BITS-1:0];
    end else if (finished) begin
      busy <= 1'b0;
      done <= 1'b1;
    end else begin
      count <= count - 1'b1;
      if (to_status && write_data[1]) done <= 1'b0;
    end
    if (rst) begin
      busy             <= 1'b0;
      done             <= 1'b0;
      interrupt_enable <= 1'b0;
    end
  end

  // ---- the sample
  genvar word, lane;
  generate
    for (word = 0; word < N_SAMPLE; word = word + 1) begin : words
      reg [31:0] value;
      wire is_written = write && write_at == SAMPLE_AT + word;
      for (lane = 0; lane < 4; lane = lane + 1) begin : lanes
        always @(posedge clk)
          if (is_written && write_strobe[lane]) value[8*lane +: 8] <= write_data[8*lane +: 8];
      end
      assign core_x[32*word +: 32] = value;
    end
  endgenerate

  // ---- reading
  wire [31:0] read_at = {{(34-ADDRESS_WIDTH){1'b0}}, read_word};

  always @* begin
    read_ok   = 1'b1;
    read_data = 32'd0;
    if (read_at == 0) read_data = MAGIC;
    else if (read_at == 1) read_data = SHAPE;
    else if (read_at == AT_CONTROL) read_data = {30'd0, interrupt_enable, 1'b0};
    else if (read_at == AT_STATUS) read_data = {30'd0, done, busy};
    else if (read_at >= AT_ID && read_at < AT_ANSWER)
      read_data = CORE_ID[32*(read_at - AT_ID) +: 32];
    else if (read_at >= AT_ANSWER && read_at < ANSWER_END)
      read_data = answer[32*(read_at - AT_ANSWER) +: 32];
    else if (read_at >= AT_SAMPLE && read_at < SAMPLE_END)
      read_data = core_x[32*(read_at - AT_SAMPLE) +: 32];
    else read_ok = 1'b0;
  end
endmodule

`default_nettype wire
