"""Traces, read and written without NumPy: .npy arrays as (shape, flat list)."""

import ast
import json
import math
import pathlib
import struct
import zipfile

CODES = {"b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q",
         "f4": "f", "f8": "d"}


def parse_npy(data):
    length = struct.unpack_from("<H", data, 8)[0]
    header = ast.literal_eval(data[10:10 + length].decode())
    if header["fortran_order"]:
        raise ValueError("C order only")
    shape = header["shape"]
    values = struct.unpack_from(f"<{math.prod(shape)}{CODES[header['descr'][1:]]}", data, 10 + length)
    return shape, list(values)


def npy(shape, values, kind):
    header = f"{{'descr': '<{kind}', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
            + struct.pack(f"<{len(values)}{CODES[kind]}", *values))


class Trace:
    """The JSON of a trace and its arrays."""

    def __init__(self, json_part, arrays):
        self.json = json_part
        self.arrays = arrays

    @staticmethod
    def read(path):
        path = pathlib.Path(path)
        if path.is_dir():
            arrays = {file.name[:-4]: parse_npy(file.read_bytes()) for file in path.glob("*.npy")}
            return Trace(json.loads((path / "trace.json").read_text(encoding="utf-8")), arrays)
        with zipfile.ZipFile(path) as archive:
            arrays = {name[:-4]: parse_npy(archive.read(name)) for name in archive.namelist()}
        return Trace(json.loads(bytes(arrays.pop("__trace__")[1])), arrays)

    def write(self, path):
        path = pathlib.Path(path)
        path.mkdir(parents=True)
        (path / "trace.json").write_text(json.dumps(self.json), encoding="utf-8")
        for name, (shape, values) in self.arrays.items():
            entry = self.json["tensors"][name]
            kind = "f8" if entry["kind"] == "float" else "i8"
            (path / f"{name}.npy").write_bytes(npy(shape, values, kind))

    def layer(self, name):
        return next(layer for layer in self.json["layers"] if layer["name"] == name)

    def operand(self, tensor):
        """Codes as the multipliers see them; None for real values."""
        entry = self.json["tensors"][tensor]
        if entry["kind"] == "float":
            return None
        if entry["kind"] == "midrise":
            return [2 * code + 1 for code in self.arrays[tensor][1]]
        zero = entry["zero_point"]
        return [code - (zero if zero == int(zero) else 0) for code in self.arrays[tensor][1]]
