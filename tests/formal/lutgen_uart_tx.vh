  // What lutgen_uart_tx promises: each byte that is taken goes over the line, a start bit before it
  // and a stop bit behind it, each for CLKS_PER_BIT cycles; else the line is high.
  reg f_past = 1'b0;
  always @(posedge clk) f_past <= 1'b1;
  always @* if (!f_past) assume (rst);

  reg  f_was_rst, f_busy;
  reg  [7:0] f_data;
  reg  [3:0] f_place;
  reg  [COUNT_BITS:0] f_cycle;
  wire [9:0] f_frame = {1'b1, f_data, 1'b0};
  wire f_ends = f_cycle == CLKS_PER_BIT - 1;
  always @(posedge clk) begin
    f_was_rst <= rst;
    if (rst) f_busy <= 1'b0;
    else if (valid && ready) begin
      f_busy <= 1'b1;
      f_data <= data;
      {f_place, f_cycle} <= 0;
    end else if (f_busy) begin
      f_cycle <= f_ends ? 0 : f_cycle + 1'b1;
      if (f_ends) f_place <= f_place + 1'b1;
      if (f_ends && f_place == 9) f_busy <= 1'b0;
    end
  end
  always @* if (f_past) begin
    assert (tx == (f_busy ? f_frame[f_place] : 1'b1));
    assert (ready == !f_busy);
    if (f_was_rst) assert (tx && ready);
    if (f_busy) begin  // why
      assert (f_place <= 9 && f_cycle < CLKS_PER_BIT && n_left == 10 - f_place);
      assert (count == CLKS_PER_BIT - 1 - f_cycle);
    end
    assert (bits == (f_busy ? ~(9'h1ff >> f_place) | (f_frame[8:0] >> f_place) : 9'h1ff));
  end
