"""Reads an ONNX file into a Graph (graph.py); the operators are listed in from_onnx.py."""
import dataclasses
import math

import numpy as np
import onnx
from onnx import numpy_helper

from graph import Graph, Unsupported
from turnpike_trace import Codes


class Model:
    """The graph of a file: constants folded, every tensor by name."""

    def __init__(self, path):
        try:
            self.proto = onnx.load(str(path))
        except FileNotFoundError as error:
            raise Unsupported(f"{path}: {error.strerror}") from error
        except Exception as error:  # protobuf and the checker raise what they like
            raise Unsupported(f"{path} is no ONNX model that can be read: {str(error).strip().splitlines()[0]}") from error
        graph = self.proto.graph
        self.constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        self.inputs = [each for each in graph.input if each.name not in self.constants]
        self.ranks = ranks_of(self.proto)
        self.nodes, self.output = list(graph.node), graph.output[0].name
        self.quantized = {}  # constant that went through a quantizer -> (values, Codes)

    def shape(self):
        extents = [d.dim_value or 1 for d in self.inputs[0].type.tensor_type.shape.dim]
        return extents if extents else [1]

    def stated_shape(self):
        """Of the input; None for an extent that the file leaves open, and for the batch."""
        dims = self.inputs[0].type.tensor_type.shape.dim
        return [None if index == 0 else d.dim_value or None for index, d in enumerate(dims)]

    def constant(self, node, index, default=None):
        if index >= len(node.input) or not node.input[index]:
            return default
        name = node.input[index]
        if name in self.quantized:
            return self.quantized[name][0]
        if name not in self.constants:
            raise Unsupported(f"node '{label(node)}' ({node.op_type}): '{name}' is no constant")
        return self.constants[name]


def ranks_of(proto):
    """Number of extents by tensor, as far as ONNX can tell; its inference gives up at operators of other domains."""
    try:
        graph = onnx.shape_inference.infer_shapes(proto).graph
    except onnx.shape_inference.InferenceError:
        graph = proto.graph
    return {each.name: len(each.type.tensor_type.shape.dim) for each in [*graph.value_info, *graph.input, *graph.output]
            if each.type.tensor_type.HasField("shape")}


def label(node):
    return node.name or (node.output[0] if node.output else node.op_type)


def attributes(node):
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}


def window(node, a, kernel):
    """stride and pad of a convolution or pool."""
    auto = a.get("auto_pad", b"NOTSET").decode()
    if set(a.get("dilations", [1])) != {1} or a.get("ceil_mode", 0) or len(kernel) != 2 or a.get("storage_order", 0):
        raise Unsupported(f"node '{label(node)}' ({node.op_type}): dilations, ceil_mode, storage_order, or a window that is not "
                          "two-dimensional")
    pads = {"NOTSET": tuple(a.get("pads", (0, 0, 0, 0))), "VALID": (0, 0, 0, 0)}.get(auto, auto)
    return dict(stride=tuple(a.get("strides", (1, 1))), pad=pads)


def whole(bits):
    if bits != int(bits) or not 1 <= bits <= 31:
        raise Unsupported(f"a quantizer of {bits} bits")
    return int(bits)


def codes_of(bits, signed, scale, zero, axis):
    scale, zero = np.asarray(scale, np.float64).reshape(-1), np.asarray(zero, np.float64).reshape(-1)
    if len(set(zero)) > 1:
        raise Unsupported("a quantizer with a zero point a channel")
    many = len(scale) > 1
    return Codes(bits, scale if many else float(scale[0]), float(zero[0]), bool(signed), "uniform", axis if many else None)


def sliced(a, x, starts, ends, axes, steps):
    starts, ends = (a["starts"], a["ends"]) if starts is None else (starts, ends)
    axes = a.get("axes", range(len(starts))) if axes is None else axes
    for start, end, axis, step in zip(starts, ends, axes, [1] * len(starts) if steps is None else steps):
        stop = None if step < 0 and end < -x.shape[axis] else int(end)
        x = x[(slice(None),) * int(axis % x.ndim) + (slice(int(start), stop, int(step)),)]
    return x


FOLDS = {"Add": lambda a, x, y: x + y, "Sub": lambda a, x, y: x - y, "Mul": lambda a, x, y: x * y, "Div": lambda a, x, y: x / y,
         "Pow": lambda a, x, y: x ** y, "Sqrt": lambda a, x: np.sqrt(x), "Neg": lambda a, x: -x,
         "Transpose": lambda a, x: x.transpose(a.get("perm")), "Reshape": lambda a, x, shape: x.reshape(shape),
         "Unsqueeze": lambda a, x, axes=None: np.expand_dims(x, tuple(a["axes"] if axes is None else axes)),
         "Squeeze": lambda a, x, axes=None: np.squeeze(x, None if axes is None and "axes" not in a else tuple(a.get("axes", axes))),
         "ConstantOfShape": lambda a, x: np.full(x.astype(int), numpy_helper.to_array(a["value"])[0] if "value" in a else 0.0),
         "Slice": lambda a, x, starts=None, ends=None, axes=None, steps=None: sliced(a, x, starts, ends, axes, steps),
         "Gather": lambda a, x, index: np.take(x, index, a.get("axis", 0)),
         "Cast": lambda a, x: x, "Identity": lambda a, x: x, "Concat": lambda a, *x: np.concatenate(x, a["axis"])}
SHAPES = ("ConstantOfShape", "Gather", "Unsqueeze", "Squeeze", "Concat", "Slice", "Cast", "Mul", "Div", "Add", "Sub", "Identity")


class Reader:
    """One pass over the nodes into a Graph."""

    def __init__(self, model):
        self.model, self.graph, self.made, self.codes = model, Graph(), {model.inputs[0].name: "input"}, {}
        self.sliced = {}  # output of a Slice of rows alone -> (its source, steps by axis)
        self.shapes = set()  # tensors that hold a shape
        self.pending = {}  # output of a QuantizeLinear -> (its input, bits, signed, scale, zero, axis)

    def read(self):
        for node in self.model.nodes:
            if self.folded(node):
                continue
            handler = getattr(self, "on_" + node.op_type, None)
            if handler is None:
                raise Unsupported(f"node '{label(node)}': operator {node.op_type} is none this exporter knows")
            handler(node, attributes(node))
        left = set(self.pending) - {each for node in self.model.nodes for each in node.input}
        if left:
            raise Unsupported(f"'{left.pop()}' is quantized and never dequantized: a trace ends with what its last layer stores")
        return self.graph

    def folded(self, node):
        """Whether a node computes constants, or a shape (which nothing but a Reshape may read)."""
        constants = self.model.constants
        if node.op_type == "Shape" or node.op_type in SHAPES and any(each in self.shapes for each in node.input):
            self.shapes.add(node.output[0])
        elif node.op_type in FOLDS and node.input and all(each in constants for each in node.input):
            constants[node.output[0]] = FOLDS[node.op_type](attributes(node), *(np.asarray(constants[each]) for each in node.input))
        elif node.op_type == "Transpose" and node.input[0] in self.model.quantized:
            values, codes = self.model.quantized[node.input[0]]
            order = attributes(node).get("perm", list(range(values.ndim))[::-1])
            self.model.quantized[node.output[0]] = (values.transpose(order), codes if codes.axis is None else dataclasses.replace(
                codes, axis=list(order).index(codes.axis)))
        else:
            return False
        return True

    def reads(self, node, *indices):
        for index in indices:
            if node.input[index] not in self.made:
                raise Unsupported(f"node '{label(node)}' ({node.op_type}): '{node.input[index]}' is made by no node before it")
        return [self.made[node.input[index]] for index in indices]

    def add(self, node, operation, inputs, **more):
        name = label(node)
        while name in self.graph.nodes or name == "input":
            name += "_"
        self.graph.node(name, operation, inputs, **more)
        self.made[node.output[0]] = name

    def weights(self, node, transpose=False):
        name = node.input[1]
        values = self.model.constant(node, 1)
        if name not in self.model.quantized:
            return dict(w=values.astype(np.float64).T if transpose else values.astype(np.float64))
        codes = self.model.quantized[name][1]
        if transpose and codes.axis is not None:
            codes = Codes(codes.bits, codes.scale, codes.zero_point, codes.signed, codes.kind, 1 - codes.axis)
        return dict(w=values.T if transpose else values, w_codes=codes)

    def on_Conv(self, node, a):
        w = self.weights(node)
        bias = self.model.constant(node, 2)
        self.add(node, "conv", self.reads(node, 0), **w, b=bias, groups=a.get("group", 1), **window(node, a, w["w"].shape[2:]))

    def on_Gemm(self, node, a):
        bias, w = self.model.constant(node, 2), self.weights(node, transpose=not a.get("transB", 0))
        if a.get("transA", 0) or a.get("alpha", 1) != 1 and "w_codes" in w or bias is not None and bias.size not in (1, len(w["w"])):
            raise Unsupported(f"node '{label(node)}' (Gemm): transA, alpha on quantized weights, or a bias that is not one value an output")
        w["w"] = w["w"] * a.get("alpha", 1)
        bias = None if bias is None else np.broadcast_to(bias.reshape(-1).astype(np.float64) * a.get("beta", 1), len(w["w"]))
        self.add(node, "fc", self.reads(node, 0), **w, b=bias)

    def on_MatMul(self, node, _):
        self.add(node, "fc", self.reads(node, 0), **self.weights(node, transpose=True), b=None)

    def on_BatchNormalization(self, node, a):
        if a.get("training_mode", 0):
            raise Unsupported(f"node '{label(node)}' (BatchNormalization): training_mode")
        gain, bias, mean, variance = (self.model.constant(node, k).astype(np.float64) for k in (1, 2, 3, 4))
        scale = gain / np.sqrt(variance + a.get("epsilon", 1e-5))
        self.add(node, "affine", self.reads(node, 0), scale=scale, bias=bias - mean * scale)

    def on_Relu(self, node, _):
        self.add(node, "relu", self.reads(node, 0))

    def on_Clip(self, node, a):
        low = self.model.constant(node, 1, a.get("min"))
        high = self.model.constant(node, 2, a.get("max"))
        if node.input[0] in self.pending:  # between QuantizeLinear and DequantizeLinear: a narrower width
            source, _, signed, scale, zero, axis = self.pending[node.input[0]]
            self.pending[node.output[0]] = (source, math.ceil(math.log2(float(high) - float(low) + 1)), signed, scale, zero, axis)
            return
        self.add(node, "clip", self.reads(node, 0), low=None if low is None else float(low), high=None if high is None else float(high))

    def elementwise(self, node, operation, part, of=lambda values: values):
        constants = [index for index in (0, 1) if node.input[index] in self.model.constants or node.input[index] in self.model.quantized]
        if not constants:
            return self.add(node, operation, self.reads(node, 0, 1))
        values = np.asarray(self.model.constant(node, constants[0]), np.float64)
        rank = self.model.ranks.get(node.input[1 - constants[0]], max(values.ndim, 2))
        by_axis = (1,) * (rank - values.ndim) + values.shape  # ONNX aligns the last axes
        if len(by_axis) != rank or values.size != 1 and by_axis[1:2] != (values.size,):
            raise Unsupported(f"node '{label(node)}' ({node.op_type}): a constant of shape {list(values.shape)}, not one value a channel")
        return self.add(node, "affine", self.reads(node, 1 - constants[0]), **{part: of(values.reshape(-1))})

    def on_Add(self, node, _):
        self.elementwise(node, "add", "bias")

    def on_Mul(self, node, _):
        self.elementwise(node, "mul", "scale")

    def on_Sub(self, node, _):
        self.constant_second(node)
        self.elementwise(node, "sub", "bias", lambda values: -values)

    def on_Div(self, node, _):
        self.constant_second(node)
        self.elementwise(node, "div", "scale", lambda values: 1 / values)

    def constant_second(self, node):
        if node.input[1] not in self.model.constants:
            raise Unsupported(f"node '{label(node)}' ({node.op_type}): of two tensors that are no constants")

    def on_Concat(self, node, a):
        if a.get("axis") != 1:
            raise Unsupported(f"node '{label(node)}' (Concat): along axis {a.get('axis')}, not along the channels")
        self.add(node, "concat", self.reads(node, *range(len(node.input))))

    def on_MaxPool(self, node, a):
        self.add(node, "maxpool", self.reads(node, 0), kernel=tuple(a["kernel_shape"]), **window(node, a, a["kernel_shape"]))

    def on_AveragePool(self, node, a):
        padded = any(a.get("pads", ())) or a.get("auto_pad", b"NOTSET").startswith(b"SAME")
        if padded and not a.get("count_include_pad", 0):
            raise Unsupported(f"node '{label(node)}' (AveragePool): an average that leaves the padding out")
        self.add(node, "avgpool", self.reads(node, 0), kernel=tuple(a["kernel_shape"]), **window(node, a, a["kernel_shape"]))

    def on_GlobalAveragePool(self, node, _):
        self.add(node, "avgpool", self.reads(node, 0))

    def on_GlobalMaxPool(self, node, _):
        self.add(node, "maxpool", self.reads(node, 0))

    def on_Identity(self, node, _):
        self.add(node, "identity", self.reads(node, 0))

    on_Dropout = on_Identity

    def on_Flatten(self, node, a):
        if a.get("axis", 1) != 1:
            raise Unsupported(f"node '{label(node)}' (Flatten): axis {a['axis']}")
        self.add(node, "identity", self.reads(node, 0))

    def on_Reshape(self, node, _):
        if node.input[1] not in self.shapes and len(self.model.constant(node, 1)) != 2:
            raise Unsupported(f"node '{label(node)}' (Reshape): to {list(self.model.constant(node, 1))}, which is no matrix")
        self.add(node, "identity", self.reads(node, 0))

    def on_ReduceMean(self, node, a):
        axes = a.get("axes") or self.model.constant(node, 1, ())
        if sorted(axis % 4 for axis in axes) != [2, 3]:
            raise Unsupported(f"node '{label(node)}' (ReduceMean): over the axes {list(axes)}, not over rows and columns")
        self.add(node, "avgpool", self.reads(node, 0))

    def on_Slice(self, node, a):
        """x[:, :, ::k, ::k], in one node or one an axis: the subsampling of a shortcut."""
        get = lambda index, key, default: a.get(key) if key in a else self.model.constant(node, index, default)
        starts, ends = get(1, "starts", ()), get(2, "ends", ())
        axes, steps = get(3, "axes", range(len(starts))), get(4, "steps", [1] * len(starts))
        source, known = self.sliced.get(node.input[0], (node.input[0], {2: 1, 3: 1}))
        known = known | {int(axis): int(step) for axis, step in zip(axes, steps)}
        if any(starts) or any(end < 2 ** 31 - 1 for end in ends) or any(step != 1 and axis not in (2, 3) for axis, step in known.items()):
            raise Unsupported(f"node '{label(node)}' (Slice): of something else than every k-th row and column")
        if known[2] != known[3]:
            self.sliced[node.output[0]] = (source, known)
            return
        self.graph_from(node, source, known[2])

    def graph_from(self, node, source, stride):
        if source not in self.made:
            raise Unsupported(f"node '{label(node)}' ({node.op_type}): '{source}' is made by no node before it")
        self.add(node, *(("subsample", [self.made[source]]) if stride > 1 else ("identity", [self.made[source]])),
                 **({"stride": stride} if stride > 1 else {}))

    def on_Pad(self, node, a):
        pads = a.get("pads") or list(self.model.constant(node, 1))
        front, back = pads[:len(pads) // 2], pads[len(pads) // 2:]
        if any(pads) and (a.get("mode", b"constant") != b"constant" or np.any(self.model.constant(node, 2, 0)) or len(front) != 4
                          or any(front[k] or back[k] for k in (0, 2, 3)) or front[1] not in (0, back[1])):
            raise Unsupported(f"node '{label(node)}' (Pad): by {list(pads)}; only zero channels in front of an add can be said")
        self.add(node, *(("channel_pad", self.reads(node, 0)) if any(pads) else ("identity", self.reads(node, 0))),
                 **({"channels": int(back[1])} if any(pads) else {}))

    def on_Constant(self, node, a):
        if isinstance(a.get("value"), onnx.SparseTensorProto) or "value" not in a:
            raise Unsupported(f"node '{label(node)}' (Constant): of another kind than a tensor")
        self.model.constants[node.output[0]] = numpy_helper.to_array(a["value"])

    # Quantizers
    def quantizer(self, node, source, bits, signed, scale, zero, axis, output):
        if source in self.model.constants:
            values = np.asarray(self.model.constants[source], np.float64)
            many = np.asarray(scale).size > 1
            axis = axis if axis is not None else int(np.argmax(np.asarray(scale).shape)) if many else None
            self.model.quantized[output] = (values, codes_of(bits, signed, scale, zero, axis))
            return
        self.add(node, "quantize", [self.made[source]], codes=codes_of(bits, signed, scale, zero, axis))

    def on_QuantizeLinear(self, node, a):
        zero = self.model.constant(node, 2, np.uint8(0))
        signed = np.asarray(zero).dtype.kind == "i"
        self.pending[node.output[0]] = (node.input[0], 8 * np.asarray(zero).dtype.itemsize, signed, self.model.constant(node, 1), zero,
                                        a.get("axis", 1))

    def on_DequantizeLinear(self, node, a):
        if node.input[0] in self.pending:
            source, bits, signed, scale, zero, axis = self.pending[node.input[0]]
            self.quantizer(node, source, bits, signed, scale, zero, axis, node.output[0])
            return
        codes = self.model.constant(node, 0)  # integer weights or biases
        scale, zero = self.model.constant(node, 1), self.model.constant(node, 2, np.int64(0))
        axis = a.get("axis", 1)
        shaped = np.asarray(scale, np.float64)
        shaped = shaped.reshape([-1 if k == axis else 1 for k in range(codes.ndim)]) if shaped.size > 1 else shaped.reshape(-1)[:1]
        values = shaped * (codes.astype(np.float64) - float(np.asarray(zero).reshape(-1)[0]))
        if codes.dtype.itemsize > 1:
            self.model.constants[node.output[0]] = values
        else:
            self.model.quantized[node.output[0]] = (values, codes_of(8, codes.dtype.kind == "i", scale, zero, axis))

    def on_Quant(self, node, a):
        bits = whole(float(self.model.constant(node, 3)))
        scale, zero, signed = self.model.constant(node, 1), self.model.constant(node, 2), a.get("signed", 1)
        if a.get("rounding_mode", b"ROUND") != b"ROUND":
            raise Unsupported(f"node '{label(node)}' (Quant): rounding {a['rounding_mode'].decode()}")
        source = node.input[0]
        if a.get("narrow", 0):  # the lowest code (unsigned: the highest) is not used
            ends = [float(np.asarray(scale).max()) * ((-2 ** (bits - 1) + 1 if signed else 2 ** bits - 2) - float(np.asarray(zero).max()))]
            if np.asarray(scale).size > 1 and source not in self.model.constants:
                raise Unsupported(f"node '{label(node)}' (Quant): narrow, with a scale a channel")
            if source in self.model.constants:
                ends = np.asarray(scale, np.float64) * ((-2 ** (bits - 1) + 1 if signed else 2 ** bits - 2) - np.asarray(zero, np.float64))
                self.model.constants[source] = (np.maximum if signed else np.minimum)(np.asarray(self.model.constants[source], np.float64), ends)
            else:
                name = label(node) + ".narrow"
                self.graph.node(name, "clip", [self.made[source]], low=ends[0] if signed else None, high=None if signed else ends[0])
                self.made[source] = name
        self.quantizer(node, source, bits, signed, scale, zero, None, node.output[0])

    on_IntQuant = on_Quant
