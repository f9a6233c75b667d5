"""Every quantizer of weights a second time, in PyTorch, from the papers: weights that torch made go through
`turnpike model quantize --weights`, and scales and codes are computed again from them."""

import numpy as np
import torch

LEVELS_KNOWN = {"sign": (1, 1), "ternary": (2, 2), "minmax": (2, 16), "mse": (2, 16), "dorefa": (1, 16), "sawb": (2, 8),
                "lsq": (2, 16), "laplace": (1, 16)}


def network(random, name):
    """A small net of convolutions with groups, strides and a skip, with its weights."""
    channels, groups = random.choice([2, 4, 6]), random.choice([1, 2])
    size, kernel = random.randint(5, 9), random.choice([1, 3])
    pad, spread = kernel // 2, random.choice([0.02, 0.3, 2.0])
    text = f"""schema: turnpike-network/1
name: {name}
batch: 2
layers:
  - {{name: a, op: conv, input: [3, {size}, {size}], filters: {channels}, kernel: 3, pad: 1}}
  - {{name: b, op: conv, filters: {channels}, kernel: {kernel}, pad: {pad}, groups: {groups}, relu: false}}
  - {{name: sum, op: add, from: [b, a], relu: true}}
  - {{name: c, op: fc, filters: 5, relu: false}}
"""
    generator = torch.Generator().manual_seed(random.randint(0, 10 ** 9))
    shapes = {"a": (channels, 3, 3, 3), "b": (channels, channels // groups, kernel, kernel),
              "c": (5, channels * size * size)}
    weights = {}
    for layer, shape in shapes.items():
        made = torch.randn(shape, generator=generator) * spread
        weights[layer] = made * made.abs() if random.random() < 0.3 else made  # heavier tails now and then
    return text, weights


def by_channel(weights, scale):
    return [weights.double().flatten()] if scale == "tensor" else list(weights.double().flatten(1))


def known_scale(quantizer, values, bits):
    """The paper's scale; None where it is searched or fitted."""
    mean = values.abs().mean()
    if quantizer == "sign" or (quantizer == "dorefa" and bits == 1):
        return 2 * mean
    if quantizer == "dorefa":
        return torch.tensor(2.0 / (2 ** bits - 1), dtype=torch.float64)
    if quantizer == "minmax":
        return values.abs().max() / (2 ** (bits - 1) - 1)
    if quantizer == "ternary":
        return values.abs()[values.abs() > 0.7 * mean].mean()
    if quantizer == "lsq":
        return 2 * mean / (2 ** (bits - 1) - 1) ** 0.5
    return None


def codes_of(quantizer, values, scale, bits, whole):
    low, high = -2.0 ** (bits - 1), 2.0 ** (bits - 1) - 1
    if quantizer == "ternary":
        return torch.where(values.abs() > 0.7 * values.abs().mean(), values.sign(), torch.zeros_like(values))
    if quantizer == "dorefa" and bits > 1:
        inside = (torch.tanh(values) / torch.tanh(whole.abs().max())).float().double()
        return torch.round((0.5 * inside + 0.5) * (2 ** bits - 1)) + low
    if quantizer in ("laplace", "sawb", "sign", "dorefa"):
        return torch.floor(values / scale).clamp(low, high)
    return torch.round(values / scale).clamp(low if quantizer == "lsq" else -high, high)


def searched_errors(quantizer, values, scale, bits, where):
    """mse loses nothing against a denser search; sawb, which knows two moments only, a third at the most against the best of
    its own levels, on densities between those it was fitted to (uniform: rms / mean magnitude 1.15, Laplace: 1.41)."""
    if quantizer == "sawb" and values.square().mean().sqrt() > 1.45 * values.abs().mean():
        return []
    def loss(tried):
        codes = codes_of(quantizer, values, tried, bits, values)
        levels = codes * tried if quantizer == "mse" else (codes + 0.5) * tried
        return ((levels - values) ** 2).sum()

    widest = values.abs().max() / max(2 ** (bits - 1) - 1, 1)
    tried = [loss(widest * part / 400) for part in range(20, 440)]
    excess = (loss(scale) / min(tried) - 1).item()
    allowed = 0.05 if quantizer == "mse" else 0.35
    # A handful of values lies on one grid by chance; sawb is fitted to densities, which take more to show.
    few = values.numel() < (200 if quantizer == "sawb" else 40)
    return [] if few or excess <= allowed else [f"{where}: loses {100 * excess:.0f} % more than the best scale"]


def quantizer_errors(trace, weights, quantizer, scale_per):
    """What is wrong with the weights of one trace."""
    errors = []
    for layer, real in weights.items():
        name = f"{layer}.w" if f"{layer}.w" in trace.entries else trace.layer(layer)["weights"]
        name = name if isinstance(name, str) else name[0]
        entry, codes = trace.entries[name], trace.members[name]
        bits, scales = entry["bits"], np.atleast_1d(entry["scale"])
        parts, found = by_channel(real, scale_per), by_channel(codes, scale_per)
        if len(scales) != len(parts):
            errors.append(f"{name}: {len(scales)} scales for {len(parts)} parts")
            continue
        midrise = quantizer in ("laplace", "sawb", "sign", "dorefa")
        if (entry["kind"] == "midrise") != midrise:
            errors.append(f"{name}: levels of {quantizer} are of kind {entry['kind']}")
        whole = real.double()
        for i, (values, part, scale) in enumerate(zip(parts, found, scales)):
            where = f"{name}[{i}] by {quantizer}, {bits} bits"
            known = known_scale(quantizer, values, bits)
            if known is not None and abs(float(known) / scale - 1) > 1e-9:
                errors.append(f"{where}: scale is {scale:.10g}, not {float(known):.10g}")
            wrong = int((codes_of(quantizer, values, torch.tensor(scale, dtype=torch.float64), bits, whole) != part).sum())
            # float32 tanh of two libraries may lie on either side of a rounding.
            if wrong > (part.numel() // 100 if quantizer == "dorefa" else 0):
                errors.append(f"{where}: {wrong} of {part.numel()} codes differ")
            if quantizer in ("mse", "sawb") and bits <= 6:
                errors += searched_errors(quantizer, values, torch.tensor(scale, dtype=torch.float64), bits, where)
    return errors
