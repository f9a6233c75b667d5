"""The graph of a TFLite file: its operators as nodes of graph.py, with their quantizers. No TensorFlow is needed."""
from graph import Graph, Unsupported
from turnpike_trace import Codes

ACTIVATIONS = {0: [], 1: [("relu", {})], 3: [("clip", dict(low=0.0, high=6.0))]}


def codes_of(tensor, axis=None):
    """The quantizer of a tensor; None for real values."""
    if tensor.dtype.kind == "f" or not len(tensor.scale):
        return None
    if len(set(tensor.zero.tolist())) > 1 or tensor.dtype.itemsize > 2:
        raise Unsupported(f"tensor '{tensor.name}': {tensor.dtype} codes, or a zero point a channel")
    many = len(tensor.scale) > 1
    return Codes(8 * tensor.dtype.itemsize, tensor.scale if many else float(tensor.scale[0]), float(tensor.zero[0]),
                 tensor.dtype.kind == "i", "uniform", axis if many else None)


class Reader:
    def __init__(self, operators, entry):
        self.graph, self.operators, self.made, self.pads = Graph(), operators, {entry.name: "input"}, {}
        self.flattened = {}  # tensor -> [rows][columns][channels] it was before a RESHAPE: a trace flattens channels first

    def read(self):
        for index, operator in enumerate(self.operators):
            handler = getattr(self, "on_" + operator.kind.lower(), None)
            if handler is None or None in operator.outputs:
                raise Unsupported(f"operator {index} ({operator.kind}) is none this exporter knows")
            handler(operator)
        return self.graph

    def source(self, tensor):
        if tensor is None or tensor.name not in self.made:
            raise Unsupported(f"tensor '{getattr(tensor, 'name', '')}' is made by no operator before it")
        return self.made[tensor.name]

    def constant(self, tensor, what):
        if tensor is None or tensor.data is None:
            raise Unsupported(f"{what} is no constant")
        return tensor

    def add(self, operator, operation, inputs, activation=0, **attributes):
        """A node, its fused activation, and the quantizer of its output tensor."""
        if activation not in ACTIVATIONS:
            raise Unsupported(f"'{operator.outputs[0].name}': fused activation {activation}")
        name = last = f"{operator.kind.lower()}_{len(self.made)}"  # TFLite's own names are lists of what was fused
        self.graph.node(name, operation, inputs, **attributes)
        codes = codes_of(operator.outputs[0])
        for more, values in ACTIVATIONS[activation] + ([("quantize", dict(codes=codes))] if codes else []):
            self.graph.node(f"{last}.{more}", more, [last], **values)
            last = f"{last}.{more}"
        self.made[operator.outputs[0].name] = last

    def window(self, operator, kernel):
        o = operator.options
        if (o.get("dilation_w", 1), o.get("dilation_h", 1)) != (1, 1):
            raise Unsupported(f"'{operator.outputs[0].name}': a dilated convolution")
        pad = self.pads.get(operator.inputs[0].name, (0, 0, 0, 0)) if o["padding"] else "SAME_UPPER"
        return dict(stride=(o["stride_h"], o["stride_w"]), pad=pad)

    def products(self, operator, operation, w, axis, **more):
        weights = self.constant(operator.inputs[1], f"'{operator.outputs[0].name}': its weights")
        bias = operator.inputs[2].real() if len(operator.inputs) > 2 and operator.inputs[2] is not None else None
        codes = codes_of(weights, axis)
        w = w(weights.real())
        self.add(operator, operation, [self.source(operator.inputs[0])], operator.options["activation"], w=w, b=bias,
                 **({"w_codes": codes} if codes else {}), **more)

    def on_conv_2d(self, operator):
        kernel = operator.inputs[1].shape
        self.products(operator, "conv", lambda w: w.transpose(0, 3, 1, 2), 0, **self.window(operator, kernel[1:3]))

    def on_depthwise_conv_2d(self, operator):
        kernel = operator.inputs[1].shape
        self.products(operator, "conv", lambda w: w.transpose(3, 0, 1, 2), 0, groups=operator.inputs[0].shape[3],
                      **self.window(operator, kernel[1:3]))

    def on_fully_connected(self, operator):
        shape = operator.inputs[0].shape
        rows = self.flattened.get(operator.inputs[0].name, shape[1:])
        order = lambda w: w if len(rows) != 3 else w.reshape(-1, *rows).transpose(0, 3, 1, 2).reshape(len(w), -1)
        self.products(operator, "fc", order, 0)

    def on_reshape(self, operator):
        source, made = operator.inputs[0], operator.outputs[0]
        if len(made.shape) != 2:
            raise Unsupported(f"'{made.name}' (RESHAPE): to {made.shape}, which is no matrix")
        self.flattened[made.name] = source.shape[1:]
        self.made[made.name] = self.source(source)

    def elementwise(self, operator, operation, part):
        constants = [k for k in (0, 1) if operator.inputs[k].data is not None]
        if not constants:
            self.add(operator, operation, [self.source(each) for each in operator.inputs], operator.options["activation"])
            return
        constant = operator.inputs[constants[0]]
        if constant.data.size not in (1, constant.shape[-1] if constant.shape else 1):
            raise Unsupported(f"'{operator.outputs[0].name}': a constant of shape {constant.shape}, not one value a channel")
        self.add(operator, "affine", [self.source(operator.inputs[1 - constants[0]])], operator.options["activation"],
                 **{part: constant.real().reshape(-1)})

    def on_add(self, operator):
        self.elementwise(operator, "add", "bias")

    def on_mul(self, operator):
        self.elementwise(operator, "mul", "scale")

    def on_concatenation(self, operator):
        if operator.options["axis"] not in (3, -1):
            raise Unsupported(f"'{operator.outputs[0].name}' (CONCATENATION): not along the channels")
        self.add(operator, "concat", [self.source(each) for each in operator.inputs], operator.options["activation"])

    def pool(self, operator, operation):
        o = operator.options
        kernel, rows = (o["height"], o["width"]), operator.inputs[0].shape[1:3]
        padded = any((-(-extent // s) - 1) * s + k > extent for extent, k, s in zip(rows, kernel, (o["stride_h"], o["stride_w"])))
        if operation == "avgpool" and not o["padding"] and padded:
            raise Unsupported(f"'{operator.outputs[0].name}' (AVERAGE_POOL_2D): an average that leaves the padding out")
        self.add(operator, operation, [self.source(operator.inputs[0])], o["activation"], kernel=kernel, **self.window(operator, kernel))

    def on_average_pool_2d(self, operator):
        self.pool(operator, "avgpool")

    def on_max_pool_2d(self, operator):
        self.pool(operator, "maxpool")

    def on_mean(self, operator):
        axes = sorted(int(axis) % 4 for axis in self.constant(operator.inputs[1], "the axes of a MEAN").data.reshape(-1))
        if axes != [1, 2]:
            raise Unsupported(f"'{operator.outputs[0].name}' (MEAN): over the axes {axes}, not over rows and columns")
        self.add(operator, "avgpool", [self.source(operator.inputs[0])])

    def on_pad(self, operator):
        ends = self.constant(operator.inputs[1], "the extents of a PAD").data
        if ends.shape != (4, 2) or ends[0].any() or ends[3].any():
            raise Unsupported(f"'{operator.outputs[0].name}' (PAD): of something else than rows and columns")
        self.pads[operator.outputs[0].name] = tuple(int(end) for end in (*ends[1:3, 0], *ends[1:3, 1]))
        self.made[operator.outputs[0].name] = self.source(operator.inputs[0])
        for reader in self.operators:
            if operator.outputs[0] in reader.inputs and not (reader.kind in ("CONV_2D", "DEPTHWISE_CONV_2D") and reader.options["padding"]):
                raise Unsupported(f"'{operator.outputs[0].name}' (PAD): read by {reader.kind}, not by a convolution without padding")

    def on_relu(self, operator):
        self.add(operator, "relu", [self.source(operator.inputs[0])])

    def on_relu6(self, operator):
        self.add(operator, "clip", [self.source(operator.inputs[0])], low=0.0, high=6.0)

    def on_quantize(self, operator):
        name = f"quantize_{len(self.made)}"
        self.graph.node(name, "quantize", [self.source(operator.inputs[0])], codes=codes_of(operator.outputs[0]))
        self.made[operator.outputs[0].name] = name

    def on_dequantize(self, operator):
        self.made[operator.outputs[0].name] = self.source(operator.inputs[0])

    def on_softmax(self, operator):
        if operator is not self.operators[-1]:
            raise Unsupported(f"'{operator.outputs[0].name}': a SOFTMAX that is not the last operator")
