"""The arithmetic of traces/FORMAT.md in NumPy: what a layer makes of the tensors it reads.

Arrays are [N][C][H][W] or [N][C] (layout TC: [steps][C]), values are doubles. Products of codes are summed exactly.
"""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

EXACT = 2.0 ** 53  # integers up to here are doubles, so a product of matrices of doubles sums them exactly


def is_float(entry):
    return entry["kind"] == "float"


def code_range(bits, signed):
    return (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)


def scale_of(entry, ndim):
    """The scale, shaped to multiply an array of `ndim` axes."""
    scale = np.asarray(entry.get("scale", 1.0), np.float64)
    if scale.ndim == 0:
        return scale
    shape = [1] * ndim
    shape[entry["axis"]] = -1
    return scale.reshape(shape)


def real(array, entry):
    values = np.asarray(array).astype(np.float64)
    return values if is_float(entry) else scale_of(entry, values.ndim) * (values - entry["zero_point"])


def codes(values, entry, rounding=np.rint):
    """The codes a reader of the tensor sees, as doubles."""
    scaled = values / scale_of(entry, np.ndim(values))
    if entry["kind"] == "midrise":
        steps = np.floor(scaled)
    else:
        steps = rounding(scaled + entry["zero_point"])
    return np.clip(steps, *code_range(entry["bits"], entry.get("signed", entry["kind"] == "midrise")))


def pair(value, default=1):
    value = default if value is None else value
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def pad4(pad):
    """top, left, bottom, right"""
    pad = pair(pad, 0)
    return pad if len(pad) == 4 else pad + pad


def windows(x, kernel, stride, pad, fill=0.0):
    """[N][C][E][F][R][S], a view of the padded map."""
    top, left, bottom, right = pad4(pad)
    if any((top, left, bottom, right)):
        x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
    stride = pair(stride)
    return sliding_window_view(x, kernel, axis=(2, 3))[:, :, ::stride[0], ::stride[1]]


def matmul(a, b):
    """a b; exact where both hold integers."""
    if np.abs(a).max(initial=0) * np.abs(b).max(initial=0) * a.shape[-1] < EXACT or not (is_whole(a) and is_whole(b)):
        return a @ b
    return (a.astype(np.int64) @ b.astype(np.int64)).astype(np.float64)


def is_whole(a):
    return bool((a == np.rint(a)).all())


def conv(x, w, stride=1, pad=0, groups=1):
    if x.shape[1] != w.shape[1] * groups or w.shape[0] % groups:
        raise ValueError(f"a convolution of {groups} groups with weights {list(w.shape)} does not fit {x.shape[1]} channels")
    view = windows(x, w.shape[2:], stride, pad)
    n, c, e, f, r, s = view.shape
    m = w.shape[0]
    if w.shape[1] == 1:  # depthwise
        per_channel = w.reshape(c, m // c, r, s)
        out = np.zeros((n, c, m // c, e, f))
        for i, j in np.ndindex(r, s):
            out += per_channel[:, :, i, j][None, :, :, None, None] * view[:, :, None, :, :, i, j]
        return out.reshape(n, m, e, f)
    out = np.empty((n, m, e, f))
    for image in range(n):
        for g in range(groups):
            part = slice(g * (m // groups), (g + 1) * (m // groups))
            columns = view[image, g * w.shape[1]:(g + 1) * w.shape[1]].transpose(0, 3, 4, 1, 2).reshape(-1, e * f)
            out[image, part] = matmul(w[part].reshape(m // groups, -1), columns).reshape(-1, e, f)
    return out


def fc(x, w):
    return matmul(x.reshape(len(x), -1), w.T)


def maxpool(x, kernel=None, stride=None, pad=0):
    kernel = pair(kernel, x.shape[2:])
    return windows(x, kernel, pair(stride, kernel), pad, -np.inf).max(axis=(4, 5))


def avgpool(x, kernel=None, stride=None, pad=0):
    kernel = pair(kernel, x.shape[2:])
    view = windows(x, kernel, pair(stride, kernel), pad)
    total = np.zeros(view.shape[:4])
    for i, j in np.ndindex(*kernel):  # row-major, one rounding an addition
        total += view[..., i, j]
    return total / (kernel[0] * kernel[1])


def skip_rule(b, channels, stride=1, channel_pad=0, **_):
    b = b[:, :, ::stride, ::stride] if b.ndim == 4 else b
    if channel_pad:
        front = channel_pad if channels - b.shape[1] == 2 * channel_pad else 0
        b = np.pad(b, ((0, 0), (front, channel_pad)) + ((0, 0),) * (b.ndim - 2))
    return b


def products(layer, x, ex, w, ew):
    """Sums of products of a conv or fc as real values: exact sums of codes, then one factor."""
    kernel = (lambda a, b: conv(a, b, layer.get("stride", 1), layer.get("pad", 0), layer.get("groups", 1))) \
        if layer["op"] == "conv" else fc
    if is_float(ex) or is_float(ew):
        return kernel(real(x, ex), real(w, ew))
    a, b, midrise = x.astype(np.float64), w.astype(np.float64), ew["kind"] == "midrise"
    fractional = ex["zero_point"] != np.rint(ex["zero_point"])
    b = 2 * b + 1 if midrise else b - ew["zero_point"]
    acc = kernel(a if fractional else a - ex["zero_point"], b)
    channel = (1, -1) + (1,) * (acc.ndim - 2)
    if fractional:
        acc = acc - ex["zero_point"] * b.reshape(len(b), -1).sum(axis=1).reshape(channel)
    factor = np.asarray(ex["scale"]) * np.asarray(ew["scale"]) * (0.5 if midrise else 1.0)
    return acc * (factor.reshape(channel) if factor.ndim else factor)


def post(values, steps, constants):
    """Steps but `quantize`; `constants` name -> one value a channel."""
    for step in steps:
        if step == "relu":
            values = np.where(values > 0, values, 0.0)
        elif step != "quantize":
            p = np.asarray(constants[step], np.float64).reshape((1, -1) + (1,) * (values.ndim - 2))
            values = values * p if step.endswith(".scale") else values + p
    return values


def real_output(layer, arrays, tensors):
    """Real values of a layer's output before it is stored (not of lstm, gru: `recurrent`)."""
    op, names = layer["op"], layer["inputs"]
    if op in ("conv", "fc"):
        w = layer["weights"]
        values = products(layer, arrays[names[0]], tensors[names[0]], arrays[w], tensors[w])
    else:
        inputs = [real(arrays[n], tensors[n]) for n in names]
        if op == "add":
            values = inputs[0] + skip_rule(inputs[1], inputs[0].shape[1], **layer.get("skip", {}))
        elif op == "mul":
            values = inputs[0] * inputs[1]
        elif op in ("maxpool", "avgpool"):
            values = globals()[op](inputs[0], layer.get("kernel"), layer.get("stride"), layer.get("pad", 0))
        elif op == "concat":
            values = np.concatenate(inputs, axis=1)
        elif op in ("quantize", "affine"):
            values = inputs[0]
        else:
            raise ValueError(f"layer '{layer['name']}': unknown op '{op}'")
    return post(values, layer.get("post", ()), arrays)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def recurrent(layer, x, h_prev_of, wx, wh, bias, store):
    """Steps an lstm or gru. x: real(x Wx) of all steps; h_prev_of(step, h): real row given to Wh, h None at first;
    wh(row): real(h_prev Wh); store(part, row): what readers of `gates`, `cell`, `output` see. Yields rows by part."""
    hidden, order = layer["hidden"], layer["gate_order"].split(",")
    block = {gate: slice(k * hidden, (k + 1) * hidden) for k, gate in enumerate(order)}
    h, cell = None, np.zeros((1, hidden))
    for step in range(layer["steps"]):
        row, own = x[step:step + 1], wh(h_prev_of(step, h))
        pre = (row + own) + bias
        if layer["op"] == "gru":
            n = block["n"]
            act = sigmoid(pre)
            if "gates" in layer:
                act[:, block["r"]] = store("gates", act)[:, block["r"]]
            pre[:, n] = (row[:, n] + bias[:, n]) + act[:, block["r"]] * own[:, n]
            act[:, n] = np.tanh(pre[:, n])
            act = store("gates", act)
            z = act[:, block["z"]]
            h = store("output", (1 - z) * act[:, n] + z * (np.zeros((1, hidden)) if h is None else h))
        else:
            act = sigmoid(pre)
            act[:, block["g"]] = np.tanh(pre[:, block["g"]])
            act = store("gates", act)
            cell = store("cell", act[:, block["f"]] * cell + act[:, block["i"]] * act[:, block["g"]])
            h = store("output", act[:, block["o"]] * np.tanh(cell))
        yield dict(preact=pre, gates=act, cell=cell, output=h)
