#!/usr/bin/env python3
"""Writes the trace of a TFLite model (int8, uint8, or float), and checks the file. No TensorFlow is needed.

    tools/export/from_tflite.py model.tflite --input image.npy --highway 8 -o model.npz

An integer model keeps its own scales and zero points; a float one is quantized to --bits. The input is in TFLite's order
[batch][row][column][channel], real values; without --input it is random (seed 0). Operators: CONV_2D, DEPTHWISE_CONV_2D,
FULLY_CONNECTED, ADD, MUL, CONCATENATION, AVERAGE_POOL_2D, MAX_POOL_2D, MEAN over rows and columns, RELU, RELU6, PAD in front
of a convolution, RESHAPE to a matrix, QUANTIZE, DEQUANTIZE; a SOFTMAX at the end is left out; others are refused by name.
A trace rounds scaled sums half to even in double precision; TFLite multiplies by an integer and shifts, so some codes of its
own kernels differ by one.
"""
import sys

import needs

needs.modules("numpy")

import numpy as np  # noqa: E402: what is missing is said first

import command_line  # noqa: E402
from checking import check, digest_of_file  # noqa: E402
from flatbuffer import Broken, read  # noqa: E402
from graph import Unsupported, lower  # noqa: E402
from tflite_graph import Reader, codes_of  # noqa: E402


def export(path, x, output, bits=8, highway=None, source=None, out=sys.stdout):
    """Writes the trace of a TFLite file on input `x` (None: random), and checks it. True if it replays exactly."""
    try:
        _, operators, entry, _ = read(path)
    except Broken as error:
        raise Unsupported(f"{path}: {error}") from error
    x = np.random.default_rng(0).standard_normal(entry.shape) if x is None else np.asarray(x, np.float64)
    command_line.check_shape(x, [None, *entry.shape[1:]])
    graph = Reader(operators, entry).read()
    x = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
    source = {"framework": "TFLite", "model": str(path), "digest": digest_of_file(path)} | (source or {})
    trace = lower(graph, x, bits, highway, "tflite", source=source, entry=codes_of(entry)).save(output)
    return check(trace, output, None, out)


def main():
    parser = command_line.parser(__doc__, "a .tflite file")
    parser.add_argument("--input", help="an .npy of the input, real values, channels last")
    options = parser.parse_args()
    x = None if options.input is None else command_line.load(options.input)
    return 0 if export(options.model, x, options.output, options.bits, options.highway) else 1


if __name__ == "__main__":
    command_line.run(main)
