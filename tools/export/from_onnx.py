#!/usr/bin/env python3
"""Writes the trace of an ONNX model: quantizes it (or takes its QDQ and QONNX quantizers), computes it on one input, checks
the file.

    tools/export/from_onnx.py model.onnx --input image.npy --bits 4 --highway 8 -o model.npz

Without --input: values of a normal distribution, seed 0. Operators: Conv, Gemm, MatMul, BatchNormalization, Relu, Clip, Add,
Mul, Concat, MaxPool, AveragePool, GlobalAveragePool, Flatten, Reshape to a matrix, Identity, Dropout, QuantizeLinear with
DequantizeLinear (Clip between them narrows the width), Quant and BipolarQuant of QONNX; others are refused by name and node.
"""
import sys

import needs

needs.modules("numpy", "onnx")

import numpy as np  # noqa: E402: what is missing is said first

import command_line  # noqa: E402
from checking import check, digest_of_file  # noqa: E402
from graph import lower  # noqa: E402
from onnx_graph import Model, Reader  # noqa: E402


def export(path, x, output, bits=8, highway=None, source=None, out=sys.stdout):
    """Writes the trace of an ONNX file on input `x` (None: random), and checks it. True if it replays exactly."""
    model = Model(path)
    graph = Reader(model).read()
    x = np.random.default_rng(0).standard_normal(model.shape()) if x is None else np.asarray(x)
    command_line.check_shape(x, model.stated_shape())
    source = {"framework": f"ONNX, opset {model.proto.opset_import[0].version}", "model": str(path), "digest": digest_of_file(path)} | (source or {})
    trace = lower(graph, x, bits, highway, model.proto.graph.name or "onnx", source=source).save(output)
    return check(trace, output, None, out)


def main():
    parser = command_line.parser(__doc__, "an .onnx file")
    parser.add_argument("--input", help="an .npy of the input, batch first")
    options = parser.parse_args()
    x = None if options.input is None else command_line.load(options.input)
    return 0 if export(options.model, x, options.output, options.bits, options.highway) else 1


if __name__ == "__main__":
    command_line.run(main)
