"""A network between a framework and a trace: nodes of real-valued operations, and the one lowering that every exporter uses.

    graph = Graph()
    graph.node("conv1", "conv", ["input"], w=w1, b=b1, stride=1, pad=1)
    graph.node("relu1", "relu", ["conv1"])
    trace = lower(graph, image, bits=4, highway=8, network="mine")

Operations: conv (w, b, stride, pad, groups), fc (w, b), lstm and gru (wx, wh, b, gru: b_h of the product with h, order), affine (scale, bias), relu, clip
(low, high), add, mul, concat, maxpool and avgpool (kernel None: all of the map; stride, pad: numbers, (rows,
columns), (top, left, bottom, right), or SAME_UPPER, SAME_LOWER), subsample (stride) and
channel_pad (channels) in front of an add, quantize (codes: a Codes), identity.
"""
import dataclasses
import fnmatch

import numpy as np

from turnpike_trace import Codes, Trace

ARRAY = ("conv", "fc", "lstm", "gru")  # layers of the PE array: they read codes
TAIL = ("affine", "relu", "clip", "quantize")  # what a layer's post-processing takes with it
SKIP_RULE = ("subsample", "channel_pad")


class Unsupported(ValueError):
    """A part of the network that a trace cannot say, by its name and operation."""


@dataclasses.dataclass
class Node:
    name: str
    op: str
    inputs: list
    attributes: dict

    def get(self, key, default=None):
        return self.attributes.get(key, default)


class Graph:
    """Nodes in execution order; the node `input` is what the first of them reads."""

    def __init__(self):
        self.nodes = {}

    def node(self, name, op, inputs, **attributes):
        if name in self.nodes or name == "input":
            raise Unsupported(f"two nodes are named '{name}'")
        for each in inputs:
            if each != "input" and each not in self.nodes:
                raise Unsupported(f"'{name}' ({op}) reads '{each}', which no node before it makes")
        self.nodes[name] = Node(name, op, list(inputs), attributes)

    def without_identities(self):
        other, now = Graph(), {"input": "input"}
        for node in self.nodes.values():
            inputs = [now[each] for each in node.inputs]
            now[node.name] = inputs[0] if node.op == "identity" else node.name
            if node.op != "identity":
                other.node(node.name, node.op, inputs, **node.attributes)
        return other

    def readers(self):
        readers = {name: [] for name in ["input", *self.nodes]}
        for node in self.nodes.values():
            for each in node.inputs:
                readers[each].append(node)
        return readers


@dataclasses.dataclass
class Block:
    """A layer of the trace: a node, and those behind it that its post-processing does."""
    head: Node
    tail: list
    inputs: list  # names of blocks, or "input"

    @property
    def name(self):
        return self.head.name


def blocks_of(graph):
    """Blocks in order, and of every node the block that makes its value."""
    readers, blocks, made_by = graph.readers(), {}, {"input": "input"}
    for node in graph.nodes.values():
        if node.name in made_by:
            continue
        if node.op in SKIP_RULE:
            made_by[node.name] = made_by[node.inputs[0]]
            if any(reader.op not in ("add", *SKIP_RULE) for reader in readers[node.name]):
                raise Unsupported(f"'{node.name}' ({node.op}) is read by something else than an add")
            continue
        block = Block(node, [], [made_by[each] for each in node.inputs])
        last = node
        made_by[node.name] = node.name
        if node.op in TAIL:  # not taken along by what it reads: a layer of its own
            block = Block(Node(node.name, "affine", node.inputs, {}), [node], block.inputs)
        while node.op not in ("lstm", "gru") and last.op != "quantize" and len(readers[last.name]) == 1 \
                and readers[last.name][0].op in TAIL:
            last = readers[last.name][0]
            block.tail.append(last)
            made_by[last.name] = node.name
        blocks[node.name] = block
    return blocks, made_by


def skip_of(block, depth, graph):
    """(index of the operand of an add that is its skip, stride, channels): the one with the fewest array layers behind it."""
    rules = []
    for name in block.head.inputs:
        stride, pad = 1, 0
        while name in graph.nodes and graph.nodes[name].op in SKIP_RULE:
            stride *= graph.nodes[name].get("stride", 1)
            pad += graph.nodes[name].get("channels", 0)
            name = graph.nodes[name].inputs[0]
        rules.append((stride, pad))
    skip = min((1, 0), key=lambda k: (rules[k] == (1, 0), depth[block.inputs[k]]))
    if rules[1 - skip] != (1, 0):
        raise Unsupported(f"add '{block.name}': both operands are subsampled or padded")
    return skip, *rules[skip]


def width(bits, layer, part):
    """Of the weights ("w") or inputs ("a") of a layer. bits: a number, "2x4" (w x a), None for real values, or a dictionary
    from patterns of layer names to these; the last that matches holds."""
    if isinstance(bits, dict):
        found = [value for pattern, value in bits.items() if fnmatch.fnmatchcase(layer, pattern)]
        if not found:
            raise Unsupported(f"no bits for layer '{layer}': none of {list(bits)} matches (\"*\": all)")
        bits = found[-1]
    if isinstance(bits, str):
        bits = [int(each) for each in bits.split("x")]
    return bits[0 if part == "w" else -1] if isinstance(bits, (list, tuple)) else bits


def steps_of(tail, low_bits):
    """(post steps, Codes the network itself gives, upper clip that storing does) of a block's tail."""
    steps, given, top = [], None, None
    for index, node in enumerate(tail):
        if node.op == "affine":
            steps += [(part, node.get(part)) for part in ("scale", "bias") if node.get(part) is not None]
        elif node.op == "relu":
            steps.append("relu")
        elif node.op == "quantize":
            given = node.get("codes")
        elif low_bits and node.get("low") == 0 and index + 1 == len(tail):
            steps.append("relu")
            top = node.get("high")
        else:  # min(max(x, low), high) with what a trace has
            low, high = node.get("low"), node.get("high")
            steps += [("bias", -low), "relu", ("bias", low)] if low else ["relu"] if low == 0 else []
            steps += [] if high is None else [("scale", -1.0), ("bias", high), "relu", ("scale", -1.0), ("bias", high)]
    return steps, given, top


class Lowering:
    def __init__(self, graph, bits, highway):
        self.graph, self.bits, self.highway = graph.without_identities(), bits, highway
        self.blocks, self.made_by = blocks_of(self.graph)
        self.readers = {name: [] for name in ["input", *self.blocks]}
        self.depth = {"input": 0}
        for block in self.blocks.values():
            self.depth[block.name] = max(self.depth[each] for each in block.inputs) + (block.head.op in ARRAY)
            for each in block.inputs:
                self.readers[each].append(block)
        self.skips = {block.name: skip_of(block, self.depth, self.graph) for block in self.blocks.values() if block.head.op == "add"}
        self.low = {}  # block -> the tensor its array layers read

    def is_skip(self, name):
        return any(each in self.skips and each_block.inputs[self.skips[each][0]] == name
                   for each_block in self.readers[name] for each in [each_block.name])

    def array_bits(self, name):
        widths = [width(self.bits, block.name, "a") for block in self.readers[name] if block.head.op in ARRAY]
        return max(widths) if widths and None not in widths else None

    def storage(self, name):
        """(codes it is stored with or None for real values, whether array layers read a narrower copy)."""
        readers = self.readers[name]
        array = [block for block in readers if block.head.op in ARRAY]
        narrow = self.array_bits(name)
        if not readers:
            return None, False
        if self.is_skip(name):
            around = [block for block in self.blocks.values() if block.head.op in ARRAY]
            if self.highway:
                return Codes(self.highway, highway=True), bool(array)
            return self.codes(narrow if array else width(self.bits, around[-1].name, "a")), False
        if array or any(block.head.op == "concat" for block in readers):
            return self.codes(narrow if array else width(self.bits, name, "a")), False
        return None, False

    @staticmethod
    def codes(bits):
        return None if bits is None else Codes(bits)

    def store(self, trace, name, tensor, given, top):
        """Codes for a block's output, capped at `top`; a given quantizer holds for every reader."""
        if given is not None:
            return given, False
        codes, copy = self.storage(name)
        if codes is not None and top is not None:
            codes = dataclasses.replace(codes, scale=top / (2 ** codes.bits - 1), signed=False)
        return codes, copy

    def copy_for_array(self, trace, name):
        trace.quantize(name + ".quant", Codes(self.array_bits(name)), x=name, output=name + ".q")
        self.low[name] = name + ".q"

    def reads(self, block, name):
        return self.low.get(name, name) if block.head.op in ARRAY else name

    def lower(self, x, network, layout, source, entry):
        trace = Trace(network, layout, self.highway, framework=(source or {}).get("framework", "numpy"), source=source)
        if np.ndim(x) < 2:
            raise Unsupported(f"an input of shape {list(np.shape(x))}: feature maps have a batch and channels at least")
        to, copy = self.storage("input") if entry is None else (entry, False)
        trace.input(np.asarray(x), to or Codes(32, 1.0, kind="float"))
        if copy:
            self.copy_for_array(trace, "input")
        for block in self.blocks.values():
            self.add(trace, block)
        return trace

    def add(self, trace, block):
        node, name = block.head, block.name
        if node.op in ("lstm", "gru"):
            return self.add_recurrent(trace, block)
        steps, given, top = steps_of(block.tail, self.storage(name)[0] is not None)
        if node.op in ("conv", "fc") and node.get("b") is not None:
            steps = [("bias", node.get("b"))] + steps
        to, copy = self.store(trace, name, name, given, top)
        inputs = [self.reads(block, each) for each in block.inputs]
        more = dict(to=to, post=steps)
        if node.op in ("conv", "fc"):
            weights = node.get("w_codes") or width(self.bits, name, "w")
            shape = dict(stride=node.get("stride", 1), pad=self.padding(trace, node, inputs[0], np.shape(node.get("w"))[2:]),
                         groups=node.get("groups", 1)) if node.op == "conv" else {}
            getattr(trace, node.op)(name, node.get("w"), x=inputs[0], bits=weights, **shape, **more)
        elif node.op == "add":
            skip, stride, pad = self.skips[name]
            trace.add(name, inputs[skip], x=inputs[1 - skip], stride=stride, channel_pad=pad, **more)
        elif node.op == "concat":
            trace.concat(name, inputs, **more)
        elif node.op == "mul":
            trace.mul(name, inputs[1], x=inputs[0], **more)
        elif node.op in ("maxpool", "avgpool"):
            getattr(trace, node.op)(name, node.get("kernel"), x=inputs[0], stride=node.get("stride"),
                                    pad=self.padding(trace, node, inputs[0], node.get("kernel")), **more)
        elif node.op == "affine":
            trace.quantize(name, to, x=inputs[0]) if not steps and to is not None else trace.affine(name, x=inputs[0], **more)
        else:
            raise Unsupported(f"'{name}': operation '{node.op}' is none a trace has")
        if copy:
            self.copy_for_array(trace, name)
        return None

    @staticmethod
    def padding(trace, node, x, kernel):
        """As given; SAME_UPPER and SAME_LOWER: so that the output has ceil(input / stride) rows, the odd one behind or before."""
        pad = node.get("pad") or 0
        if not isinstance(pad, str):
            return pad
        ends = []
        for extent, k, stride in zip(trace.arrays[x].shape[2:], kernel, np.broadcast_to(node.get("stride") or 1, 2)):
            total = max((-(-extent // int(stride)) - 1) * int(stride) + k - extent, 0)
            ends.append((total // 2, total - total // 2) if pad == "SAME_UPPER" else (total - total // 2, total // 2))
        return tuple(int(end[side]) for side in (0, 1) for end in ends)

    def add_recurrent(self, trace, block):
        node, name = block.head, block.name
        low = width(self.bits, name, "a")
        state = Codes(self.highway, highway=True) if self.highway else Codes(low) if low else None
        trace.lstm(name, node.get("wx"), node.get("wh"), x=self.reads(block, block.inputs[0]), bias=node.get("b"), recurrent_bias=node.get("b_h"),
                   bits=width(self.bits, name, "w"), h_bits=low, gates=low, cell=state if node.op == "lstm" else None,
                   to=state if node.op == "gru" else self.codes(low), gate_order=node.get("order"), op=node.op)
        if node.op == "gru" and self.highway and self.array_bits(name):
            self.copy_for_array(trace, name)


def lower(graph, x, bits, highway=None, network="network", layout="NCHW", source=None, entry=None):
    """The trace of `graph` on input `x`: weights and inputs of array layers at `bits` (width()), skips and recurrent states
    at `highway` bits, or as the codes that the layers read if it is None. entry: the Codes of the input, if the network says them. Unsupported names what a trace cannot say."""
    return Lowering(graph, bits, highway).lower(x, network, layout, source, entry)
