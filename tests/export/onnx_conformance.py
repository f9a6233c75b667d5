#!/usr/bin/env python3
"""The kernels of tools/export against ONNX's conformance data (Debian: libonnx-testdata): every case of a known operator is
computed as the data say, or refused by name. Exit code 77: no onnx, or no data."""
import collections
import glob
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "export"))
DATA = "/usr/share/libonnx-testdata/data/node"
CASES = {"Conv": "basic_conv* conv_with* constant_pad*", "Gemm": "gemm_*", "MatMul": "matmul_2d", "BatchNormalization": "batchnorm_*",
         "Relu": "relu", "Clip": "clip*", "Add": "add*", "Sub": "sub*", "Mul": "mul*", "Div": "div*", "Concat": "concat_*", "MaxPool": "maxpool_*",
         "AveragePool": "averagepool_*", "GlobalAveragePool": "globalaveragepool*", "GlobalMaxPool": "globalmaxpool*",
         "Flatten": "flatten_*", "Identity": "identity", "Dropout": "dropout_default*", "ReduceMean": "reduce_mean_default_axes* reduce_mean_k*",
         "Reshape": "reshape_*", "QuantizeLinear": "quantizelinear*", "DequantizeLinear": "dequantizelinear*"}


def tensor(path):
    message = onnx.TensorProto()
    message.ParseFromString(pathlib.Path(path).read_bytes())
    return numpy_helper.to_array(message)


def outcome(folder):
    """passed, refused, or what is wrong. Inputs but the first are constants: a trace has no other way to know them."""
    model = Model(f"{folder}/model.onnx")
    sets = sorted(glob.glob(f"{folder}/test_data_set_0/input_*.pb"), key=lambda path: int(path.rsplit("_", 1)[1][:-3]))
    inputs = [tensor(path) for path in sets]
    # Two feature maps of one shape in an add, mul or concat are both inputs: read as channels of one, they are split by the test.
    for declared, values in zip(model.inputs[1:], inputs[1:]):
        model.constants[declared.name] = values
    model.inputs = model.inputs[:1]
    try:
        graph = Reader(model).read()
        trace = lower(graph, inputs[0], None)
    except Unsupported as error:
        return "refused", str(error)
    if not trace.layers:
        got = inputs[0]
    else:
        got = trace.real(trace.layers[-1]["output"])
    want = tensor(f"{folder}/test_data_set_0/output_0.pb").astype(np.float64)
    if got.size != want.size or not np.allclose(got.reshape(-1), want.reshape(-1), rtol=1e-5, atol=1e-6):
        return "WRONG", f"shapes {got.shape} {want.shape}"
    return "passed", ""


def main():
    counts, wrong, seen = collections.Counter(), [], set()
    for operator, patterns in CASES.items():
        for pattern in patterns.split():
            for folder in sorted(glob.glob(f"{DATA}/test_{pattern}")):
                name = pathlib.Path(folder).name
                if name in seen or {node.op_type for node in onnx.load(f"{folder}/model.onnx").graph.node} != {operator}:
                    continue
                seen.add(name)
                verdict, text = outcome(folder)
                counts[verdict] += 1
                if verdict != "passed" and "-v" in sys.argv or verdict == "WRONG":
                    print(f"{verdict}: {name}: {text}")
                wrong += [name] if verdict == "WRONG" else []
    print(f"{counts['passed']} cases passed, {counts['refused']} refused by name, {len(wrong)} wrong")
    return 1 if wrong or not counts["passed"] else 0


if __name__ == "__main__":
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        print("skipped: python3-onnx is not installed")
        sys.exit(77)
    if not pathlib.Path(DATA).is_dir():
        print("skipped: libonnx-testdata is not installed")
        sys.exit(77)
    from graph import Unsupported, lower
    from onnx_graph import Model, Reader
    sys.exit(main())
