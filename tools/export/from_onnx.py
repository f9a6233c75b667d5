#!/usr/bin/env python3
"""Writes the trace of an ONNX model: quantizes it (or takes its QDQ and QONNX quantizers), computes it on one input, checks
the file.

    tools/export/from_onnx.py model.onnx --input image.npy --bits 4 --highway 8 -o model.npz

Without --input: values of a normal distribution, seed 0. Operators: Conv, Gemm, MatMul, BatchNormalization, Relu, Clip, Add,
Mul, Concat, MaxPool, AveragePool, GlobalAveragePool, Flatten, Reshape to a matrix, Identity, Dropout, QuantizeLinear with
DequantizeLinear (Clip between them narrows the width), Quant and BipolarQuant of QONNX; others are refused by name and node.
"""
import argparse
import json
import sys

import numpy as np

from checking import check, digest_of_file
from graph import Unsupported, lower
from onnx_graph import Model, Reader


def export(path, x, output, bits=8, highway=None, source=None, out=sys.stdout):
    """Writes the trace of an ONNX file on input `x` (None: random), and checks it. True if it replays exactly."""
    model = Model(path)
    graph = Reader(model).read()
    x = np.random.default_rng(0).standard_normal(model.shape()) if x is None else np.asarray(x)
    source = {"framework": f"ONNX, opset {model.proto.opset_import[0].version}", "model": str(path), "digest": digest_of_file(path)} | (source or {})
    trace = lower(graph, x, bits, highway, model.proto.graph.name or "onnx", source=source).save(output)
    return check(trace, output, None, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="an .onnx file")
    parser.add_argument("--input", help="an .npy of the input, batch first")
    parser.add_argument("--bits", default="8", help='a number, 2x4 (weights x activations), or JSON: {"*": 4, "conv1": 8}')
    parser.add_argument("--highway", type=int, help="bits of the skips (default: none)")
    parser.add_argument("-o", "--output", required=True, help="the .npz")
    options = parser.parse_args()
    bits = options.bits if "x" in options.bits and options.bits[0] != "{" else json.loads(options.bits)
    x = None if options.input is None else np.load(options.input, allow_pickle=False)
    return 0 if export(options.model, x, options.output, bits, options.highway) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unsupported as error:
        sys.exit(f"from_onnx: {error}")
