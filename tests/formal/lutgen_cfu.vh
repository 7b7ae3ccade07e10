  // What lutgen_cfu promises, with a core that answers its sample.
  reg f_past = 1'b0;
  always @(posedge clk) f_past <= 1'b1;
  always @* if (!f_past) assume (rst);

  wire [32*N_SAMPLE*(LATENCY+1)-1:0] f_x;  // stage by stage
  assign f_x[32*N_SAMPLE-1:0] = core_x;
  genvar f_i;
  generate
    for (f_i = 1; f_i <= LATENCY; f_i = f_i + 1) begin : f_stage
      reg [32*N_SAMPLE-1:0] value;
      always @(posedge clk) value <= f_x[32*N_SAMPLE*(f_i-1) +: 32*N_SAMPLE];
      assign f_x[32*N_SAMPLE*f_i +: 32*N_SAMPLE] = value;
    end
  endgenerate
  always @* assume (core_y == f_x[32*N_SAMPLE*LATENCY +: 32*N_ANSWER]);

  wire f_answered = rsp_valid && rsp_ready;
  reg  f_was_rst, f_waits;
  reg  [1:0] f_open;                  // taken, and not yet answered
  reg  [2:0] f_function;              // of the last command
  reg  [31:0] f_word, f_outputs, f_wanted;
  reg  [32*N_SAMPLE-1:0] f_sample, f_kept;
  reg  [COUNT_BITS:0] f_cycles;
  reg  f_have_answer = 1'b0;
  reg  [32*N_ANSWER-1:0] f_answer;    // to the last RUN
  always @(posedge clk) begin
    f_was_rst <= rst;
    f_waits   <= rsp_valid && !rsp_ready && !rst;
    f_outputs <= rsp_payload_outputs_0;
    f_open    <= rst ? 2'd0 : f_open + taken - f_answered;
    f_cycles  <= taken ? 0 : f_cycles == LATENCY + 1 ? f_cycles : f_cycles + 1'b1;
    f_kept    <= core_x;
    if (taken) begin
      f_function <= funct3;
      f_word     <= cmd_payload_inputs_0;
      f_sample   <= core_x;
    end
    if (rst) f_have_answer <= f_have_answer && !(running || (taken && funct3 == 3'd1));
    else if (taken && funct3 == 3'd1) begin
      f_have_answer <= 1'b1;
      f_answer      <= core_x[32*N_ANSWER-1:0];
    end
    // what a command other than RUN has to answer
    if (taken) begin
      f_wanted <= 32'd0;
      if (funct3 == 3'd3 && cmd_payload_inputs_0 == 0) f_wanted <= 32'h4754554C;
      if (funct3 == 3'd3 && cmd_payload_inputs_0 == 1) f_wanted <= N_ANSWER * 65536 + N_SAMPLE;
      if (funct3 == 3'd3 && cmd_payload_inputs_0 >= 8 && cmd_payload_inputs_0 < 16)
        f_wanted <= CORE_ID >> (32 * (cmd_payload_inputs_0 - 8));
      if (funct3 == 3'd2 && cmd_payload_inputs_0 < N_ANSWER)
        f_wanted <= f_answer >> (32 * cmd_payload_inputs_0);
    end
  end

  always @* if (f_past) begin
    if (f_waits) assert (rsp_valid && rsp_payload_outputs_0 == f_outputs);
    if (f_was_rst) assert (!rsp_valid && !running);
    if (rst) assert (!cmd_ready);
    if (f_have_answer && !running) assert (answer == f_answer);  // READ answers that, over resets, too
  end
  always @* if (f_past && !f_was_rst) begin
    assert (f_open == running + rsp_valid);  // one response a command, none unasked
    assert (f_open <= 1);
    if (!rst && f_open == 0) assert (cmd_ready);
    if (running) assert (f_function == 3'd1 && f_cycles <= LATENCY && count == LATENCY - f_cycles);
    if (running || (rsp_valid && f_function == 3'd1))
      assert (f_have_answer && f_answer == f_sample[32*N_ANSWER-1:0]);
    if (rsp_valid && f_function == 3'd1) assert (rsp_payload_outputs_0 == f_answer[31:0]);
    if (rsp_valid && f_function != 3'd1 && (f_function != 3'd2 || f_have_answer))
      assert (rsp_payload_outputs_0 == f_wanted);
  end
  generate
    for (f_i = 0; f_i <= LATENCY; f_i = f_i + 1) begin : f_at
      always @* if (f_past && !f_was_rst && running && f_cycles == f_i)
        assert (f_x[32*N_SAMPLE*f_i +: 32*N_ANSWER] == f_answer);
    end
    for (f_i = 0; f_i < N_SAMPLE; f_i = f_i + 1) begin : f_words
      reg hit;
      reg [31:0] data;
      always @(posedge clk) begin
        hit  <= taken && funct3 == 3'd0 && cmd_payload_inputs_0 == f_i;
        data <= cmd_payload_inputs_1;
      end
      always @* if (f_past)
        assert (core_x[32*f_i +: 32] == (hit ? data : f_kept[32*f_i +: 32]));
    end
  endgenerate
