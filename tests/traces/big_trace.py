#!/usr/bin/env python3
"""Writes a valid trace of a stated size, a layer at a time: for tests and measures of big traces.

    tests/traces/big_trace.py 1G -o big.npz
    tests/traces/big_trace.py 200M --tensor 8M --kind maps --compression deflate -o maps.npz

`fc` is a chain of fully connected layers of square weights, `maps` one of 1x1 convolutions of four channels over wide
maps. Codes have 4 bits and scales are powers of two, so a layer's output is exact whatever the order of its sums.
Every member has a zip64 header, as Python from 3.11.4 writes it for np.savez.
"""
import argparse
import json
import sys
import zipfile

import numpy as np

METHODS = {"stored": zipfile.ZIP_STORED, "deflate": zipfile.ZIP_DEFLATED, "bzip2": zipfile.ZIP_BZIP2}
SHIFT = {"fc": 2.0 ** 6, "maps": 4.0}  # scale of an output: its codes are spread over the range


def parsed_size(text):
    return int(float(text[:-1]) * 2 ** {"K": 10, "M": 20, "G": 30}[text[-1]]) if text[-1] in "KMG" else int(text)


def layer_of(kind, x, side, rng):
    """Weights and output codes of one more layer, which reads `x`."""
    if kind == "fc":
        w = rng.integers(-8, 8, (side, side), np.int8)
        sums = (w.astype(np.float32) @ x[0].astype(np.float32))[None]  # below 2^24: exact
    else:
        w = rng.integers(-8, 8, (4, 4, 1, 1), np.int8)
        sums = np.tensordot(w[:, :, 0, 0].astype(np.float32), x[0].astype(np.float32), 1)[None]
    return w, np.clip(np.rint(np.maximum(sums, 0) / np.float32(SHIFT[kind])), 0, 15).astype(np.uint8)


class Zip64Info(zipfile.ZipInfo):
    """A member whose local header has its sizes in the zip64 field; Python before 3.11.4 leaves them beside it, too."""

    def FileHeader(self, zip64=None):  # noqa: N802: zipfile's name
        header = super().FileHeader(True)
        return header[:4] + (45).to_bytes(2, "little") + header[6:18] + b"\xff" * 8 + header[26:]


def write(path, size, tensor, kind, method, seed):
    rng = np.random.default_rng(seed)
    side = max(8, int(tensor ** 0.5) if kind == "fc" else int((tensor / 4) ** 0.5))
    x = rng.integers(0, 16, (1, side) if kind == "fc" else (1, 4, side, side), np.uint8)
    tensors, layers, total = {"x": {"bits": 4, "scale": 1.0}}, [], x.size
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        def put(name, array):
            info = Zip64Info(name + ".npy")
            info.compress_type, info._compresslevel = method, 1
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array))
        put("x", x)
        name, scale = "x", 1.0
        while total < size or not layers:
            layer = f"l{len(layers)}"
            w, y = layer_of(kind, x, side, rng)
            put(layer + ".w", w)
            put(layer, y)
            # Weights undo the scale of the input, so that scales stay powers of two near 1.
            tensors[layer + ".w"] = {"bits": 4, "signed": True, "scale": 1.0 / scale}
            scale = SHIFT[kind]
            tensors[layer] = {"bits": 4, "scale": scale}
            layers.append({"name": layer, "op": "fc" if kind == "fc" else "conv", "inputs": [name], "output": layer,
                           "weights": layer + ".w", "post": ["relu", "quantize"]})
            x, name, total = y, layer, total + w.size + y.size
        text = json.dumps({"format": "turnpike-trace", "version": 1, "network": "big", "framework": "numpy",
                           "layout": "NCHW", "batch": 1, "highway": {"enabled": False, "bits": 8},
                           "tensors": {k: {"kind": "uniform", "zero_point": 0.0} | v for k, v in tensors.items()},
                           "layers": layers})
        put("__trace__", np.frombuffer(text.encode(), np.uint8))
    return len(layers), total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=parsed_size, help="bytes of all tensors together at least: 200M, 10G")
    parser.add_argument("--tensor", type=parsed_size, default=2 ** 26, help="bytes of the largest tensor (default 64M)")
    parser.add_argument("--kind", choices=sorted(SHIFT), default="fc")
    parser.add_argument("--compression", choices=sorted(METHODS), default="stored")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", required=True, help="the .npz")
    o = parser.parse_args()
    layers, total = write(o.output, o.size, o.tensor, o.kind, METHODS[o.compression], o.seed)
    print(f"{o.output}: {layers} layers, {total} bytes")


if __name__ == "__main__":
    sys.exit(main())
