#!/usr/bin/env python3
"""Writes the trace of a PyTorch model: quantizes it, computes it on one input, checks the file.

    from from_torch import export
    export(model, image, "resnet18.npz", bits=4, highway=8)

or, for a function that returns (model, input) in a file of yours:

    tools/export/from_torch.py mine.py:build --bits 4 --highway 8 -o resnet18.npz

The model is traced by torch.fx: nothing in it may depend on values. Fake-quantization modules (torch.ao) bring their
scales; everything else gets `bits`: a number, "2x4" (weights x activations), or a dictionary from patterns of layer
names to these, the last match holds ({"*": 4, "conv1": 8}). Inputs are arrays of the batch, the language model's input
is the embedded text [steps][features] (an embedding is a table in memory, not a layer of the array).
"""
import importlib.util
import pathlib
import sys

import needs

needs.modules("numpy", "torch")

import numpy as np  # noqa: E402: what is missing is said first
import torch  # noqa: E402

import command_line  # noqa: E402
from checking import check, digest_of  # noqa: E402
from graph import Unsupported, lower  # noqa: E402
from torch_graph import array, graph_of  # noqa: E402


def export(model, x, path, bits=8, highway=None, network=None, source=None, out=sys.stdout):
    """Writes the trace of `model` on input `x` (a tensor or array) to `path`, and checks it. True if it replays exactly."""
    model, x = model.eval(), torch.as_tensor(np.asarray(x), dtype=torch.float32)
    graph = graph_of(model)
    layout = "TC" if any(node.op in ("lstm", "gru") for node in graph.nodes.values()) else "NCHW"
    name = network or type(model).__name__.lower()
    source = {"framework": f"PyTorch {torch.__version__}", "model": name, "digest": digest_of(model.state_dict())} | (source or {})
    trace = lower(graph, array(x), bits, highway, name, layout, source).save(path)
    with torch.no_grad():
        wanted = model(x)
    return check(trace, path, array(wanted[0] if isinstance(wanted, tuple) else wanted), out)


def main():
    parser = command_line.parser(__doc__, "FILE.py:FUNCTION, which returns (model, input)")
    options = parser.parse_args()
    file, _, name = options.model.rpartition(":")
    if not file.endswith(".py"):
        raise Unsupported(f"'{options.model}': give a file and a function of it that returns (model, input), as in mine.py:build")
    sys.path.insert(0, str(pathlib.Path(file).resolve().parent))
    spec = importlib.util.spec_from_file_location("users_model", file)
    user = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(user)
    if not hasattr(user, name):
        raise Unsupported(f"{file} has no function '{name}'")
    model, x = getattr(user, name)()
    return 0 if export(model, x, options.output, options.bits, options.highway) else 1


if __name__ == "__main__":
    command_line.run(main)
