  // What lutgen_registers promises, with a core that answers its sample.
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

  reg  f_was_rst, f_started, f_was_start;
  reg  [32*N_SAMPLE-1:0] f_sample;   // as it stood at the last START
  reg  [COUNT_BITS:0] f_cycles;      // since then
  always @(posedge clk) begin
    f_was_rst   <= rst;
    f_was_start <= start && !rst;
    f_started   <= !rst && !load_start && (start || f_started);
    if (start) f_sample <= core_x;
    f_cycles <= start ? 0 : f_cycles == LATENCY + 1 ? f_cycles : f_cycles + 1'b1;
  end

  always @* if (f_past && !f_was_rst) begin
    // DONE belongs to the last START, LATENCY + 1 cycles after it, with the answer to its sample
    if (done) assert (f_started && !busy && f_cycles == LATENCY + 1
                      && answer == f_sample[32*N_ANSWER-1:0]);
    assert (busy == (f_started && f_cycles <= LATENCY));
    if (busy) assert (count == LATENCY - f_cycles);
    assert (irq == (done && interrupt_enable));
  end
  always @* if (f_past && f_was_rst) assert (!busy && !done && !interrupt_enable && !irq);
  always @* if (f_past && f_was_start) assert (busy && !done);
  generate
    for (f_i = 0; f_i <= LATENCY; f_i = f_i + 1) begin : f_at
      always @* if (f_past && !f_was_rst && busy && f_cycles == f_i)
        assert (f_x[32*N_SAMPLE*f_i +: 32*N_ANSWER] == f_sample[32*N_ANSWER-1:0]);
    end
  endgenerate

  // no answer counts that was under way while tables were loaded
  reg  f_half, f_loading;
  always @(posedge clk) begin
    f_loading <= load_start;
    f_half    <= !start && (f_half || load_start);
  end
  always @* if (f_past && f_loading) assume (!tables_whole);
  always @* if (f_past && !f_was_rst) begin
    if (done || busy) assert (!f_half);
    if (CAN_LOAD && start) assert (tables_whole);
  end

  // a word of the sample changes where it is written, by the bytes that strobes name
  reg  [32*N_SAMPLE-1:0] f_kept;
  reg  f_write;
  reg  [31:0] f_at, f_data;
  reg  [3:0] f_strobe;
  always @(posedge clk) begin
    f_kept <= core_x;
    {f_write, f_at, f_data, f_strobe} <= {write, write_at, write_data, write_strobe};
  end
  generate
    for (f_i = 0; f_i < 4 * N_SAMPLE; f_i = f_i + 1) begin : f_byte
      wire hit = f_write && f_at == SAMPLE_AT + f_i / 4 && f_strobe[f_i % 4];
      always @* if (f_past)
        assert (core_x[8*f_i +: 8] == (hit ? f_data[8*(f_i%4) +: 8] : f_kept[8*f_i +: 8]));
    end
  endgenerate
