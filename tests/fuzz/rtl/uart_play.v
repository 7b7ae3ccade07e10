// Plays what stands in levels.txt on the line of a serial shell, and writes into said.txt what it
// answers.
//
// levels.txt has a line "LEVEL CYCLES" each: bit 0 of LEVEL is rx, bit 1 is rst; 4 ends a part.
// said.txt gets "PART BYTE" for every byte that came, -1 for one without a stop bit.
`default_nettype none

module uart_play (
    input wire clk
);
  parameter CLKS_PER_BIT = 8;

  reg rst = 1, rx = 1;
  wire tx, led;
  integer levels, said, level = 2, cycles = 8, part = 0;

  lutgen_shell dut (.clk(clk), .rst(rst), .rx(rx), .tx(tx), .led(led));

  initial begin
    levels = $fopen("levels.txt", "r");
    said = $fopen("said.txt", "w");
  end

  integer wait_clks = 0, n_bits = 0;
  reg [7:0] data;

  always @(negedge clk) begin
    while (cycles == 0) begin
      if ($fscanf(levels, "%d %d\n", level, cycles) != 2) begin
        $fclose(said);
        $finish;
        cycles = 1;
      end else if (level == 4) part = part + 1;
    end
    rx = level[0];
    rst = level[1];
    cycles = cycles - 1;

    if (rst) n_bits = 0;
    else if (n_bits == 0) begin
      if (!tx) begin
        n_bits = 10;
        wait_clks = CLKS_PER_BIT / 2;
      end
    end else if (wait_clks == 0) begin
      wait_clks = CLKS_PER_BIT - 1;
      n_bits = n_bits - 1;
      if (n_bits == 9) begin
        if (tx) n_bits = 0;
      end else if (n_bits == 0) $fwrite(said, "%0d %0d\n", part, tx ? {24'd0, data} : -1);
      else data = {tx, data[7:1]};
    end else wait_clks = wait_clks - 1;
  end
endmodule

`default_nettype wire
