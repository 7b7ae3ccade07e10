"""Snippets for those who have what lutgen cannot read: a module that only its package can load.

They are run where the package is installed, and write plain arrays that lutgen imports. Where
lutgen is installed beside it, ``lutgen.from_torch(model).save("model.npz")`` does the same.
"""

from __future__ import annotations

DIFFLOGIC = """
import numpy as np

arrays = {"k": model[-1].k, "tau": model[-1].tau}
layers = [layer for layer in model if hasattr(layer, "indices")]
for number, layer in enumerate(layers):
    arrays[f"ops{number}"] = layer.weights.argmax(-1).cpu().numpy().astype(np.uint8)
    arrays[f"a{number}"] = layer.indices[0].cpu().numpy().astype(np.int32)
    arrays[f"b{number}"] = layer.indices[1].cpu().numpy().astype(np.int32)
np.savez_compressed("gates.npz", n_inputs=layers[0].in_dim, **arrays)
"""
"""Writes a ``torch.nn.Sequential`` of difflogic's layers, the last of them a GroupSum."""

LLNN = """
import numpy as np

layers = [layer for layer in model.modules() if hasattr(layer, "w_comp")]
head = [layer for layer in model.modules() if hasattr(layer, "num_classes")][-1]
arrays = {"k": head.num_classes, "tau": head.tau, "n_inputs": x.shape[1]}  # x: samples, bits
for number, layer in enumerate(layers):
    for name in ("w", "w_comp", "indices"):
        arrays[f"{name}{number}"] = getattr(layer, name).detach().cpu().numpy()
np.savez_compressed("luts.npz", **arrays)
"""
"""Writes a LUTNN, or a ``torch.nn.Sequential`` of LLNN's layers with an Aggregation behind."""
