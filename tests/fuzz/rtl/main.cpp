// Gives a player its clock until it ends.
#include HEADER
#include "verilated.h"

int main(int argc, char** argv) {
    Verilated::commandArgs(argc, argv);
    PLAYER player;
    while (!Verilated::gotFinish()) {
        player.clk = !player.clk;
        player.eval();
    }
    player.final();
    return 0;
}
