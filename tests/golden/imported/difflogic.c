#include <stddef.h>
#include <stdlib.h>
#include <stdbool.h>

void logic_gate_net(long long const *inp, long long *out) {
	const long long v0 = 0LL;
	const long long v1 = inp[7] & inp[10];
	const long long v2 = inp[6] & ~inp[0];
	const long long v3 = inp[3];
	const long long v4 = inp[0] & ~inp[3];
	const long long v5 = inp[3];
	const long long v6 = inp[0] ^ inp[5];
	const long long v7 = inp[0] | inp[5];
	const long long v8 = ~(inp[2] | inp[4]);
	const long long v9 = ~(inp[9] ^ inp[0]);
	const long long v10 = ~inp[0];
	const long long v11 = ~inp[1] | inp[10];
	const long long v12 = ~inp[6];
	const long long v13 = ~inp[7] | inp[8];
	const long long v14 = ~(inp[11] & inp[6]);
	const long long v15 = ~0LL;
	const long long v16 = 0LL;
	const long long v17 = inp[6] & inp[7];
	const long long v18 = inp[6] & ~inp[9];
	const long long v19 = inp[11];
	const long long v20 = inp[5] & ~inp[3];
	const long long v21 = inp[11];
	const long long v22 = inp[8] ^ inp[9];
	const long long v23 = inp[0] | inp[11];
	const long long v24 = ~(inp[4] | inp[4]);
	const long long v25 = ~(inp[10] ^ inp[8]);
	const long long v26 = ~inp[11];
	const long long v27 = ~inp[7] | inp[0];
	const long long v28 = ~inp[9];
	const long long v29 = ~inp[8] | inp[8];
	const long long v30 = ~(inp[10] & inp[8]);
	const long long v31 = ~0LL;
	const long long v32 = 0LL;
	const long long v33 = v4 & v18;
	const long long v34 = v18 & ~v8;
	const long long v35 = v23;
	const long long v36 = v23 & ~v27;
	const long long v37 = v19;
	const long long v38 = v12 ^ v16;
	const long long v39 = v9 | v10;
	const long long v40 = ~(v13 | v24);
	const long long v41 = ~(v15 ^ v12);
	const long long v42 = ~v10;
	const long long v43 = ~v28 | v28;
	const long long v44 = ~v2;
	const long long v45 = ~v29 | v7;
	const long long v46 = ~(v17 & v22);
	const long long v47 = ~0LL;
	out[0] = 0LL;
	out[1] = v37 & v38;
	out[2] = v41 ^ v47;
	out[3] = ~v34 | v35;
	out[4] = v45 ^ v47;
	out[5] = ~v39;
	out[6] = v41;
	out[7] = v44;
	out[8] = ~v43;
	out[9] = ~(v35 & v36);
	out[10] = v44 & v46;
	out[11] = 0LL;
}

void apply_logic_gate_net (bool const *inp, int *out, size_t len) {
    long long *inp_temp = malloc(12*sizeof(long long));
    for(size_t i = 0; i < len; ++i) {
        for(size_t d = 0; d < 12; ++d) {
            long long res = 0LL;
            for(size_t b = 0; b < 64; ++b) {
                res <<= 1;
            }
            inp_temp[d] = res;
        }
        logic_gate_net(inp_temp, out_temp);
        for(size_t c = 0; c < 4; ++c) {  // for each class
            for(size_t d = 0; d < 2; ++d) {
                out_temp_o[d] = 0LL;
            }
            for(size_t a = 0; a < 3; ++a) {
                long long carry = out_temp[c * 3 + a];
            }
            for(size_t b = 0; b < 64; ++b) {
                out[(i * 64 + b) * 4 + c] = res;
            }
        }
    }
}
