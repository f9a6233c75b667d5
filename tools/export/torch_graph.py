"""Traces a PyTorch module with torch.fx into a Graph (graph.py)."""
import math
import operator

import numpy as np
import torch
import torch.fx
from torch import nn
from torch.nn import functional as F

from graph import Graph, Unsupported
from turnpike_trace import Codes


def array(tensor):
    return None if tensor is None else tensor.detach().cpu().double().numpy()


def pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def norm(m):
    """scale, bias of a batch norm in evaluation."""
    scale = 1 / np.sqrt(array(m.running_var) + m.eps) * (1 if m.weight is None else array(m.weight))
    return dict(scale=scale, bias=(0 if m.bias is None else array(m.bias)) - array(m.running_mean) * scale)


def fake_codes(m):
    """The quantizer of a torch.ao.quantization fake-quantization module."""
    low, high, scale, zero = int(m.quant_min), int(m.quant_max), array(m.scale).reshape(-1), array(m.zero_point).reshape(-1)
    bits = math.ceil(math.log2(high - low + 1))
    if (low, high) != (-2 ** (bits - 1), 2 ** (bits - 1) - 1) and (low, high) != (0, 2 ** bits - 1):
        raise Unsupported(f"a fake quantizer from {low} to {high}, which is no whole number of bits")
    if len(set(zero)) > 1:
        raise Unsupported("a fake quantizer with a zero point a channel")
    many = len(scale) > 1
    return Codes(bits, scale if many else float(scale[0]), float(zero[0]), low < 0, "uniform", int(m.ch_axis) if many else None)


def is_fake(m):
    return all(hasattr(m, key) for key in ("scale", "zero_point", "quant_min", "quant_max"))


class Output(torch.fx.Proxy):
    """What a recurrent module gives is a pair: `out, state = rnn(x)`."""

    def __iter__(self):
        return iter((self[0], self[1]))


class Tracer(torch.fx.Tracer):
    def proxy(self, node):
        recurrent_call = node.op == "call_module" and isinstance(self.root.get_submodule(node.target), (nn.LSTM, nn.GRU))
        return Output(node, self) if recurrent_call else super().proxy(node)

    def is_leaf_module(self, m, name):
        return is_fake(m) or hasattr(m, "weight_fake_quant") or super().is_leaf_module(m, name)


def weight_of(m):
    fake = getattr(m, "weight_fake_quant", None)
    return dict(w=array(m.weight), b=array(m.bias)) | ({"w_codes": fake_codes(fake)} if fake is not None else {})


def pool(kernel, stride, padding, ceil, m_name):
    if ceil:
        raise Unsupported(f"'{m_name}': a pool with ceil_mode")
    return dict(kernel=pair(kernel), stride=pair(kernel if stride is None else stride), pad=pair(padding))


def conv(m, name):
    if pair(m.dilation) != (1, 1) or m.padding_mode != "zeros" or isinstance(m.padding, str) or len(m.kernel_size) != 2:
        raise Unsupported(f"'{name}': a convolution that is dilated, not padded with zeros, or not two-dimensional")
    return "conv", dict(weight_of(m), stride=pair(m.stride), pad=pair(m.padding), groups=m.groups)


def module(m, name):
    """(operation, attributes) of a module."""
    if is_fake(m):
        return "quantize", dict(codes=fake_codes(m))
    if isinstance(m, nn.Conv2d):
        return conv(m, name)
    if isinstance(m, nn.Linear):
        return "fc", weight_of(m)
    if isinstance(m, (nn.BatchNorm2d, nn.BatchNorm1d)):
        return "affine", norm(m)
    if isinstance(m, (nn.ReLU6, nn.Hardtanh)):
        return "clip", dict(low=float(m.min_val), high=float(m.max_val))
    if isinstance(m, nn.ReLU):
        return "relu", {}
    if isinstance(m, nn.MaxPool2d):
        return "maxpool", pool(m.kernel_size, m.stride, m.padding, m.ceil_mode, name)
    if isinstance(m, nn.AvgPool2d):
        if not m.count_include_pad and pair(m.padding) != (0, 0):
            raise Unsupported(f"'{name}': an average that leaves the padding out")
        return "avgpool", pool(m.kernel_size, m.stride, m.padding, m.ceil_mode, name)
    if isinstance(m, nn.AdaptiveAvgPool2d) and pair(m.output_size) == (1, 1):
        return "avgpool", {}
    if isinstance(m, (nn.Identity, nn.Dropout, nn.Dropout2d, nn.Flatten)):
        return "identity", {}
    raise Unsupported(f"'{name}' is a {type(m).__name__}, which this exporter does not know")


def recurrent(graph, m, name, source):
    """One node a layer of an LSTM or GRU over [steps][features]."""
    op = type(m).__name__.lower()
    if m.bidirectional or getattr(m, "proj_size", 0):
        raise Unsupported(f"'{name}': a {type(m).__name__} that is bidirectional or projects")
    for layer in range(m.num_layers):
        get = lambda key, k=layer: array(getattr(m, f"{key}_l{k}", None))
        b, b_h = get("bias_ih"), get("bias_hh")
        each = name if m.num_layers == 1 else f"{name}.{layer}"
        graph.node(each, op, [source], wx=get("weight_ih").T, wh=get("weight_hh").T, b=None if b is None else b if op == "gru" else b + b_h,
                   b_h=b_h if op == "gru" else None, order="i,f,g,o" if op == "lstm" else "r,z,n")
        source = each
    return source


FUNCTIONS = {F.relu: ("relu", {}), torch.relu: ("relu", {}), "relu": ("relu", {}), "relu_": ("relu", {}),
             F.relu6: ("clip", dict(low=0.0, high=6.0)), torch.flatten: ("identity", {}), "flatten": ("identity", {}),
             "view": ("identity", {}), "reshape": ("identity", {}), "contiguous": ("identity", {}), F.dropout: ("identity", {}),
             operator.add: ("add", {}), operator.iadd: ("add", {}), torch.add: ("add", {}), "add": ("add", {}), "add_": ("add", {}),
             operator.mul: ("mul", {}), torch.mul: ("mul", {}), "mul": ("mul", {}), torch.cat: ("concat", {})}


def function(node):
    """(operation, attributes) of a function or method call."""
    if node.target in FUNCTIONS:
        return FUNCTIONS[node.target]
    arguments = dict(zip(("x", "a", "b", "c", "d", "e"), node.args)) | node.kwargs
    if node.target in (F.adaptive_avg_pool2d,) and pair(arguments.get("a", arguments.get("output_size"))) == (1, 1):
        return "avgpool", {}
    if node.target in (torch.mean, "mean") and tuple(arguments.get("a", arguments.get("dim", ()))) in ((2, 3), (-2, -1)):
        return "avgpool", {}
    if node.target in (F.max_pool2d, F.avg_pool2d):
        of = lambda index, key, default: arguments.get("abc"[index], arguments.get(key, default))
        return ("maxpool" if node.target is F.max_pool2d else "avgpool"), \
            pool(of(0, "kernel_size", None), of(1, "stride", None), of(2, "padding", 0), arguments.get("ceil_mode", False), node.name)
    if node.target is operator.getitem and isinstance(node.args[1], tuple):  # x[:, :, ::2, ::2]
        steps = [s.step or 1 for s in node.args[1] if isinstance(s, slice) and s.start is None and s.stop is None]
        if len(steps) == len(node.args[1]) and steps[:2] == [1, 1] and len(set(steps[2:])) == 1:
            return "subsample", dict(stride=steps[2])
    if node.target is F.pad and tuple(node.args[1][:4]) == (0, 0, 0, 0) and len(node.args[1]) == 6 \
            and node.args[1][4] in (0, node.args[1][5]) and not arguments.get("c"):
        return "channel_pad", dict(channels=node.args[1][5])
    raise Unsupported(f"'{node.name}' calls {getattr(node.target, '__name__', node.target)}, which this exporter does not know")


def graph_of(model):
    """The model as a Graph; names are those of its modules."""
    traced = Tracer().trace(model)
    graph, made, modules = Graph(), {}, dict(model.named_modules())
    for node in traced.nodes:
        reads = [made[each.name] for each in node.all_input_nodes if each.name in made]
        if node.op == "placeholder":
            if "input" in made.values():
                break  # a state that starts at zero
            made[node.name] = "input"
        elif node.op == "call_module" and isinstance(modules[node.target], (nn.LSTM, nn.GRU)):
            made[node.name] = recurrent(graph, modules[node.target], node.target, reads[0])
        elif node.op in ("call_module", "call_function", "call_method"):
            if node.target is operator.getitem and isinstance(node.args[1], int):
                made.update({node.name: reads[0]} if node.args[1] == 0 else {})  # the output of an LSTM, or its state
                continue
            if node.target in ("size", getattr) or not reads:
                continue  # arithmetic of shapes
            name = node.name if node.op != "call_module" else node.target
            name = name if name not in graph.nodes else f"{name}.{node.name}"
            operation, attributes = module(modules[node.target], name) if node.op == "call_module" else function(node)
            if operation in ("add", "mul") and len(reads) != 2:
                raise Unsupported(f"'{name}': an {operation} with one tensor")
            made[node.name] = name
            graph.node(name, operation, reads, **attributes)
    return graph
