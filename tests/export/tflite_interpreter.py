"""TFLite networks of the tests in real values, operator by operator from their definition: integer tensors are read as
scale (code - zero point), outputs are rounded to theirs, half to even as traces do (TFLite's kernels, in fixed point, round up;
with that, 30 % of ResNet-8's 8-bit logits are another code, mostly through ties of its average pool). It shares the file reader with tools/export and no arithmetic."""
import numpy as np

from flatbuffer import read


def stored(values, tensor):
    if tensor.dtype.kind == "f" or not len(tensor.scale):
        return values
    low, high = (-128, 127) if tensor.dtype.kind == "i" else (0, 255)
    return (np.clip(np.rint(values / tensor.scale[0] + tensor.zero[0]), low, high) - tensor.zero[0]) * tensor.scale[0]


def convolution(x, w, bias, stride):
    """x [N][H][W][C], w [M][R][S][C], padding SAME."""
    _, rows, columns, _ = w.shape
    outs, pads = [], []
    for extent, kernel, step in zip(x.shape[1:3], (rows, columns), stride):
        out = -(-extent // step)
        total = max((out - 1) * step + kernel - extent, 0)
        outs.append(out)
        pads.append((total // 2, total - total // 2))
    x = np.pad(x, ((0, 0), *pads, (0, 0)))
    y = np.zeros((len(x), *outs, len(w)))
    for r in range(rows):
        for s in range(columns):
            part = x[:, r:r + outs[0] * stride[0]:stride[0], s:s + outs[1] * stride[1]:stride[1]]
            y += part @ w[:, r, s].T
    return y + bias


def logits(path, images):
    """What the last layer before a softmax says of `images` [N][H][W][C]."""
    _, operators, entry, _ = read(path)
    known = {entry.name: stored(images, entry)}
    for op in operators:
        i = [known.get(each.name) if each.data is None else each.real() for each in op.inputs]
        if op.kind in ("SOFTMAX", "DEQUANTIZE", "QUANTIZE", "RESHAPE"):
            y = i[0].reshape(len(i[0]), -1) if op.kind == "RESHAPE" else i[0]
        elif op.kind == "CONV_2D":
            y = convolution(i[0], i[1], i[2], (op.options["stride_h"], op.options["stride_w"]))
        elif op.kind == "ADD":
            y = i[0] + i[1]
        elif op.kind == "AVERAGE_POOL_2D":
            y = i[0].mean(axis=(1, 2), keepdims=True)  # over the whole map in these networks
        elif op.kind == "FULLY_CONNECTED":
            y = i[0].reshape(len(i[0]), -1) @ i[1].T + i[2]
        else:
            raise ValueError(op.kind)
        if op.options.get("activation") == 1:
            y = np.maximum(y, 0)
        if op.kind == "SOFTMAX":
            break
        known[op.outputs[0].name] = last = stored(y, op.outputs[0]) if op.kind != "DEQUANTIZE" else y
    return last
