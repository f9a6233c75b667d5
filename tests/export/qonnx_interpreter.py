"""The dense QONNX networks of the tests, computed node by node from the definition of each operator; it shares nothing with
tools/export."""
import numpy as np
import onnx
from onnx import numpy_helper


def quant(x, scale, zero, bits, a):
    lowest = -2 ** (int(bits) - 1) + a.get("narrow", 0) if a.get("signed", 1) else 0
    highest = 2 ** (int(bits) - 1) - 1 if a.get("signed", 1) else 2 ** int(bits) - 1 - a.get("narrow", 0)
    return scale * (np.clip(np.round(x / scale + zero), lowest, highest) - zero)


def output(path, x):
    """Of a network whose first Reshape makes a matrix of `x`."""
    graph = onnx.load(str(path)).graph
    known = {each.name: numpy_helper.to_array(each).astype(np.float64) for each in graph.initializer}
    known[graph.input[0].name] = x
    for node in graph.node:
        a = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        i = [known.get(name) for name in node.input]
        if node.op_type in ("Shape", "Gather", "Unsqueeze", "Concat"):
            continue  # the shape of the matrix
        known[node.output[0]] = {
            "Constant": lambda: numpy_helper.to_array(a["value"]).astype(np.float64), "Reshape": lambda: i[0].reshape(len(i[0]), -1),
            "Mul": lambda: i[0] * i[1], "Sub": lambda: i[0] - i[1], "Add": lambda: i[0] + i[1], "Div": lambda: i[0] / i[1],
            "Pow": lambda: i[0] ** i[1], "Transpose": lambda: i[0].T, "MatMul": lambda: i[0] @ i[1],
            "BatchNormalization": lambda: (i[0] - i[3]) / np.sqrt(i[4] + a["epsilon"]) * i[1] + i[2],
            "Quant": lambda: quant(i[0], i[1], i[2], i[3], a)}[node.op_type]()
    return known[graph.output[0].name]
