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
import argparse
import importlib.util
import json
import pathlib
import sys

import numpy as np
import torch

from checking import check, digest_of
from graph import Unsupported, lower
from torch_graph import array, graph_of


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="FILE.py:FUNCTION, which returns (model, input)")
    parser.add_argument("--bits", default="8", help='a number, 2x4, or JSON: {"*": 4, "conv1": 8} (default 8)')
    parser.add_argument("--highway", type=int, help="bits of skips and recurrent states (default: none)")
    parser.add_argument("-o", "--output", required=True, help="the .npz")
    options = parser.parse_args()
    file, _, name = options.model.rpartition(":")
    sys.path.insert(0, str(pathlib.Path(file).resolve().parent))
    spec = importlib.util.spec_from_file_location("users_model", file)
    user = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(user)
    model, x = getattr(user, name)()
    bits = json.loads(options.bits) if options.bits[:1] in "{0123456789" and "x" not in options.bits else options.bits
    return 0 if export(model, x, options.output, bits, options.highway) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unsupported as error:
        sys.exit(f"from_torch: {error}")
