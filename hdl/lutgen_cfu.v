// lutgen_cfu: a core as a custom function unit of a RISC-V processor: cmd and rsp as CFU Playground
// and VexRiscv's CfuPlugin have them.
//
// The low three bits of function_id, funct3 of the instruction, say what to do; the others, funct7,
// are ignored. Every command gets one response, in order.
//   0 WRITE  word inputs_0 of the sample becomes inputs_1; answers 0
//   1 RUN    takes the sample as it stands; answers word 0 of the answer: the class
//   2 READ   answers word inputs_0 of the answer to the last RUN
//   3 INFO   answers word inputs_0 of: 0 "LUTG", the first letter in the lowest byte; 1 words of a
//            sample in bits 15:0, of an answer in bits 31:16; 8-15 identity of the core, SHA-256,
//            its first byte in the lowest byte of word 8
// Words that are not there are written to no effect, and read as 0, as other functions are. The
// sample is kept over a reset.
`default_nettype none

module lutgen_cfu #(
    parameter N_SAMPLE = 1,
    parameter N_ANSWER = 1,
    parameter LATENCY  = 0,  // clock cycles from core_x to core_y
    parameter [255:0] CORE_ID = 0
) (
    input  wire                   clk,
    input  wire                   rst,  // synchronous

    input  wire                   cmd_valid,
    output wire                   cmd_ready,
    /* verilator lint_off UNUSEDSIGNAL */  // funct7
    input  wire [9:0]             cmd_payload_function_id,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [31:0]            cmd_payload_inputs_0,
    input  wire [31:0]            cmd_payload_inputs_1,
    output reg                    rsp_valid,
    input  wire                   rsp_ready,
    output reg  [31:0]            rsp_payload_outputs_0,

    output wire [32*N_SAMPLE-1:0] core_x,
    input  wire [32*N_ANSWER-1:0] core_y
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  localparam [2:0] WRITE = 0, RUN = 1, READ = 2, INFO = 3;
  localparam COUNT_BITS = clog2(LATENCY + 1);
  localparam [31:0] CYCLES = LATENCY;
  localparam [31:0] MAGIC = 32'h4754554C;
  localparam [31:0] SHAPE = (N_ANSWER << 16) | N_SAMPLE;
  localparam [31:0] AT_ID = 8, ID_END = 16, ANSWER_END = N_ANSWER;

  reg                    running;
  reg  [COUNT_BITS-1:0]  count;
  reg  [32*N_ANSWER-1:0] answer;
  wire [2:0]  funct3   = cmd_payload_function_id[2:0];
  wire [31:0] word_at  = cmd_payload_inputs_0;
  wire        taken    = cmd_valid && cmd_ready;
  wire        finished = running && count == 0;

  assign cmd_ready = !rst && !running && (!rsp_valid || rsp_ready);

  always @(posedge clk) begin
    count <= taken ? CYCLES[COUNT_BITS-1:0] : count - 1'b1;
    if (rsp_ready) rsp_valid <= 1'b0;
    if (finished) begin
      running               <= 1'b0;
      answer                <= core_y;
      rsp_valid             <= 1'b1;
      rsp_payload_outputs_0 <= core_y[31:0];
    end else if (taken && funct3 == RUN) running <= 1'b1;
    else if (taken) begin
      rsp_valid             <= 1'b1;
      rsp_payload_outputs_0 <= 32'd0;
      if (funct3 == READ && word_at < ANSWER_END)
        rsp_payload_outputs_0 <= answer[32*word_at +: 32];
      if (funct3 == INFO && word_at == 0) rsp_payload_outputs_0 <= MAGIC;
      if (funct3 == INFO && word_at == 1) rsp_payload_outputs_0 <= SHAPE;
      if (funct3 == INFO && word_at >= AT_ID && word_at < ID_END)
        rsp_payload_outputs_0 <= CORE_ID[32*(word_at - AT_ID) +: 32];
    end
    if (rst) begin
      running   <= 1'b0;
      rsp_valid <= 1'b0;
    end
  end

  genvar word;
  generate
    for (word = 0; word < N_SAMPLE; word = word + 1) begin : words
      reg [31:0] value;
      always @(posedge clk)
        if (taken && funct3 == WRITE && word_at == word) value <= cmd_payload_inputs_1;
      assign core_x[32*word +: 32] = value;
    end
  endgenerate
endmodule

`default_nettype wire
