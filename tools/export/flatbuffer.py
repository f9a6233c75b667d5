"""The few tables of a TFLite file that the exporter reads, without TensorFlow. A flatbuffer is a tree of tables; a table has
numbered fields, which a vtable places; field numbers below are those of TFLite's schema, version 3."""
import struct

import numpy as np

TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2"), 2: np.dtype("<i4"), 3: np.dtype("u1"), 4: np.dtype("<i8"), 6: np.dtype("?"),
         7: np.dtype("<i2"), 9: np.dtype("i1")}
OPERATORS = {0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 6: "DEQUANTIZE",
             9: "FULLY_CONNECTED", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 21: "RELU6", 22: "RESHAPE", 25: "SOFTMAX", 34: "PAD",
             40: "MEAN", 114: "QUANTIZE"}
# Options of an operator: key -> (field, format).
OPTIONS = {"CONV_2D": dict(padding=(0, "b"), stride_w=(1, "i"), stride_h=(2, "i"), activation=(3, "b"), dilation_w=(4, "i"), dilation_h=(5, "i")),
           "DEPTHWISE_CONV_2D": dict(padding=(0, "b"), stride_w=(1, "i"), stride_h=(2, "i"), activation=(4, "b"), dilation_w=(5, "i"),
                                     dilation_h=(6, "i")),
           "AVERAGE_POOL_2D": dict(padding=(0, "b"), stride_w=(1, "i"), stride_h=(2, "i"), width=(3, "i"), height=(4, "i"), activation=(5, "b")),
           "ADD": dict(activation=(0, "b")), "MUL": dict(activation=(0, "b")), "FULLY_CONNECTED": dict(activation=(0, "b")),
           "CONCATENATION": dict(axis=(0, "i"), activation=(1, "b")), "MEAN": dict(keep=(0, "b"))}
OPTIONS["MAX_POOL_2D"] = OPTIONS["AVERAGE_POOL_2D"]
DEFAULTS = {"dilation_w": 1, "dilation_h": 1}


class Broken(ValueError):
    """No TFLite file, or one that ends too early or points outside of itself."""


class Table:
    def __init__(self, data, place):
        self.data, self.place = data, place
        self.vtable = place - self.unpack("i", place)
        self.fields = (self.unpack("H", self.vtable) - 4) // 2

    def unpack(self, form, place):
        if not 0 <= place <= len(self.data) - struct.calcsize("<" + form):
            raise Broken(f"points to byte {place} of {len(self.data)}")
        return struct.unpack_from("<" + form, self.data, place)[0]

    def at(self, field):
        """Place of a field; None if it is absent."""
        offset = self.unpack("H", self.vtable + 4 + 2 * field) if field < self.fields else 0
        return self.place + offset if offset else None

    def number(self, field, form, default=0):
        at = self.at(field)
        return default if at is None else self.unpack(form, at)

    def behind(self, field):
        at = self.at(field)
        return None if at is None else at + self.unpack("I", at)

    def table(self, field):
        at = self.behind(field)
        return None if at is None else Table(self.data, at)

    def vector(self, field, dtype):
        at = self.behind(field)
        if at is None:
            return np.zeros(0, dtype)
        count, dtype = self.unpack("I", at), np.dtype(dtype)
        if at + 4 + count * dtype.itemsize > len(self.data):
            raise Broken(f"a vector of {count} elements ends behind the file")
        return np.frombuffer(self.data, dtype, count, at + 4)

    def text(self, field):
        return self.vector(field, "u1").tobytes().decode("utf-8", "replace")

    def tables(self, field):
        at = self.behind(field)
        if at is None:
            return []
        count = len(self.vector(field, "<u4"))
        return [Table(self.data, at + 4 + 4 * k + self.unpack("I", at + 4 + 4 * k)) for k in range(count)]


class Tensor:
    def __init__(self, table, buffers):
        self.name, self.shape = table.text(3), [int(extent) for extent in table.vector(0, "<i4")]
        kind = table.number(1, "b")
        if kind not in TYPES:
            raise Broken(f"tensor '{self.name}' has the element type {kind}, which is none this reader knows")
        self.dtype, quantization = TYPES[kind], table.table(4)
        self.scale = np.zeros(0) if quantization is None else quantization.vector(2, "<f4").astype(np.float64)
        self.zero = np.zeros(0) if quantization is None else quantization.vector(3, "<i8")
        self.axis = 0 if quantization is None else quantization.number(6, "i")
        index = table.number(2, "I")
        raw = buffers[index].vector(0, "u1") if index < len(buffers) else np.zeros(0, "u1")
        self.data = None
        if len(raw):
            if len(raw) != self.dtype.itemsize * int(np.prod(self.shape, dtype=np.int64)):
                raise Broken(f"tensor '{self.name}' of shape {self.shape} has {len(raw)} bytes")
            self.data = np.frombuffer(raw.tobytes(), self.dtype).reshape(self.shape)

    def real(self):
        """Its constant elements as real values."""
        values = self.data.astype(np.float64)
        if not len(self.scale):
            return values
        shape = [1] * values.ndim
        if len(self.scale) > 1:
            shape[self.axis] = -1
        return (values - self.zero.reshape(shape)) * self.scale.reshape(shape)


class Operator:
    def __init__(self, table, codes, tensors):
        code = table.number(0, "I")
        self.code = codes[code] if code < len(codes) else -1
        self.kind = OPERATORS.get(self.code, f"number {self.code}")
        inside = lambda indices: [tensors[k] if 0 <= k < len(tensors) else None for k in indices]
        self.inputs, self.outputs = inside(table.vector(1, "<i4")), inside(table.vector(2, "<i4"))
        options = table.table(4)
        self.options = {key: DEFAULTS.get(key, 0) if options is None else options.number(field, form, DEFAULTS.get(key, 0))
                        for key, (field, form) in OPTIONS.get(self.kind, {}).items()}


def read(path):
    """(tensors, operators, input, output) of the first subgraph."""
    with open(path, "rb") as file:
        data = file.read()
    if data[4:8] != b"TFL3":
        raise Broken("is no TFLite file (its bytes 4 to 7 are not TFL3)")
    try:
        model = Table(data, struct.unpack_from("<I", data, 0)[0])
        codes = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
        buffers, subgraphs = model.tables(4), model.tables(2)
        if len(subgraphs) != 1:
            raise Broken(f"has {len(subgraphs)} subgraphs; one is read")
        tensors = [Tensor(each, buffers) for each in subgraphs[0].tables(0)]
        operators = [Operator(each, codes, tensors) for each in subgraphs[0].tables(3)]
        inputs, outputs = subgraphs[0].vector(1, "<i4"), subgraphs[0].vector(2, "<i4")
        if len(inputs) != 1 or len(outputs) != 1:
            raise Broken(f"has {len(inputs)} inputs and {len(outputs)} outputs; one of each is read")
        return tensors, operators, tensors[inputs[0]], tensors[outputs[0]]
    except (IndexError, ValueError) as error:
        raise Broken(str(error)) from error
