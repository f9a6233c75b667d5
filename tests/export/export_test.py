#!/usr/bin/env python3
"""Networks as users write them go through the exporters and replay bit-exactly. Each part is skipped with a message where its
packages or files are absent; exit code 77 if nothing could be run."""
import argparse
import io
import pathlib
import subprocess
import sys
import tempfile
import os

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "export"), str(ROOT / "tests" / "export")]


class Findings:
    def __init__(self):
        self.count, self.problems = 0, []

    def true(self, where, holds, text):
        self.count += 1
        if not holds:
            self.problems.append(f"{where}: {text}")


def cases():
    import torch_models as m
    return {"resnet18": (m.ResNet18(8, 10), m.image(64), 0.999), "mobilenetv2": (m.MobileNetV2(), m.image(32), 0.999),
            "preactivation": (m.PreActivationResNet(), m.image(16, 2), 0.999), "option_a": (m.OptionA(), m.image(16, 2), 0.999),
            "dense": (m.Dense(), m.image(16), 0.999), "lstm": (m.LanguageModel(), m.text(), 0.999),
            "lstm_2_layers": (m.LanguageModel(layers=2), m.text(), 0.999),
            "gru": (m.LanguageModel(m.nn.GRU), m.text(), 0.999)}


def torch_networks(f, folder):
    """Each at real values against torch, at 2, 4, 8 bits with and without highway against the simulator."""
    import torch
    import torch_models as m
    from from_torch import export
    from torch_graph import array, graph_of
    from graph import lower
    from turnpike_trace import load
    for name, (model, x, least) in cases().items():
        m.trained_looking(model, 3)
        with torch.no_grad():
            wanted = array(model(x))
        layout = "TC" if x.ndim == 2 else "NCHW"
        real = lower(graph_of(model), array(x), None, layout=layout)
        got = real.real(real.layers[-1]["output"])
        f.true(f"{name} in real values", np.allclose(got, wanted, rtol=1e-4, atol=1e-5), f"differs by {np.abs(got - wanted).max()}")
        for bits in (2, 4, 8):
            for highway in (None, 8):
                said = io.StringIO()
                path = folder / f"{name}_{bits}_{highway}.npz"
                exact = export(model, x, path, bits, highway, out=said)
                f.true(f"{name} at {bits} bits, highway {highway}", exact and "bit-exact" in said.getvalue(), said.getvalue())
                meta, arrays = load(path)
                marked = [each for each, entry in meta["tensors"].items() if entry.get("highway")]
                f.true(f"{name}, highway {highway}", bool(marked) == (highway is not None and name != "dense"), f"marks {marked}")
                widths = {meta["tensors"][layer["inputs"][0]]["bits"] for layer in meta["layers"] if layer["op"] in ("conv", "fc", "lstm", "gru")}
                f.true(f"{name} at {bits} bits", widths == {bits}, f"array layers read {widths} bits")
                if bits == 8:
                    out = arrays[meta["layers"][-1]["output"]]
                    cosine = (out * wanted).sum() / np.linalg.norm(out) / np.linalg.norm(wanted)
                    f.true(f"{name} at 8 bits, highway {highway}", cosine > least, f"cosine {cosine}")


def torch_refusals(f):
    import torch_models as m
    from torch import nn
    from torch_graph import graph_of
    from graph import Unsupported
    refused = {"Softplus": nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus()),
               "dilated": nn.Sequential(nn.Conv2d(3, 4, 3, dilation=2)), "ceil_mode": nn.Sequential(nn.MaxPool2d(2, ceil_mode=True)),
               "bidirectional": m.nn.Sequential(nn.LSTM(4, 4, bidirectional=True))}
    for part, model in refused.items():
        try:
            graph_of(model.eval())
            f.true(f"refusal of {part}", False, "is taken")
        except Unsupported as error:
            f.true(f"refusal of {part}", part in str(error), str(error))


def torch_quantizers(f, folder):
    """Fake-quantization modules of torch.ao bring their scales: the trace computes what the prepared model computes."""
    import torch
    import torch_models as m
    from torch.ao.quantization import FakeQuantize
    from torch.ao.quantization.observer import MinMaxObserver
    from from_torch import export
    from torch_graph import array
    from turnpike_trace import load

    class Quantized(m.nn.Module):
        def __init__(self):
            super().__init__()
            fake = lambda low, high: FakeQuantize(MinMaxObserver, quant_min=low, quant_max=high)
            self.q0, self.q1 = fake(0, 255), fake(0, 15)
            self.conv, self.fc = m.nn.Conv2d(3, 6, 3, padding=1), m.nn.Linear(6, 5)

        def forward(self, x):
            x = self.q1(torch.relu(self.conv(self.q0(x))))
            return self.fc(x.mean([2, 3]))

    torch.manual_seed(4)
    model, x = Quantized(), m.image(8, 2)
    model.train()
    model(x)
    model.eval()
    for each in (model.q0, model.q1):
        each.disable_observer()
    said = io.StringIO()
    path = folder / "fake.npz"
    exact = export(model, x, path, bits={"*": 8}, out=said)
    f.true("fake quantizers", exact, said.getvalue())
    meta, arrays = load(path)
    stored = meta["tensors"]["conv"]
    f.true("fake quantizers, scale", np.isclose(stored["scale"], float(model.q1.scale)) and stored["bits"] == 4, f"{stored}")


def onnx_files(f, folder):
    import onnx
    import torch
    import torch_models as m
    from from_onnx import export
    from turnpike_trace import load
    for name, (model, x, _) in cases().items():
        if x.ndim == 2:
            continue
        m.trained_looking(model, 3)
        file = folder / f"{name}.onnx"
        torch.onnx.export(model, x, file, opset_version=13)
        said = io.StringIO()
        export(file, x.numpy(), folder / "real.npz", None, out=said)
        meta, arrays = load(folder / "real.npz")
        out = arrays[meta["layers"][-1]["output"]]
        f.true(f"{name}.onnx in real values", np.allclose(out, model(x).detach().numpy(), rtol=1e-4, atol=1e-5), "differs from torch")
        exact = export(file, x.numpy(), folder / "low.npz", 4, 8, out=said)
        f.true(f"{name}.onnx at 4 bits", exact, said.getvalue())
    broken = folder / "broken.onnx"
    broken.write_bytes((folder / "dense.onnx").read_bytes()[:5000])
    for file, text in ((broken, "no ONNX model"), (folder / "none.onnx", "none.onnx")):
        done = subprocess.run([sys.executable, ROOT / "tools/export/from_onnx.py", file, "-o", folder / "x.npz"], capture_output=True, text=True, check=False)
        f.true(f"from_onnx of {file.name}", done.returncode == 1 and text in done.stderr and "Traceback" not in done.stderr, done.stderr)


def qonnx(f, folder, models):
    """TFC 2W2A of Brevitas on MNIST: its authors give 96.60 % on the 10,000 test images."""
    import qonnx_interpreter
    from onnx_graph import Model, Reader
    from from_onnx import export
    from graph import lower
    data = np.load(models / "data" / "mnist_test_3000.npz")
    images = (data["x"] / 255.0).reshape(-1, 1, 28, 28)
    trace = lower(Reader(Model(models / "third_party" / "qonnx_TFC_2W2A.onnx")).read(), images, 8)
    got, wanted = trace.real(trace.layers[-1]["output"]), qonnx_interpreter.output(models / "third_party" / "qonnx_TFC_2W2A.onnx", images)
    f.true("TFC, logits", np.allclose(got, wanted, rtol=1e-4, atol=1e-5), f"differ by {np.abs(got - wanted).max()} from the definitions")
    print(f"QONNX TFC 2W2A: top-1 {100 * (got.argmax(1) == data['y']).mean():.2f} % on {len(images)} images, "
          f"{100 * (wanted.argmax(1) == data['y']).mean():.2f} % by the definitions (authors: 96.60 % on 10,000)")
    said = io.StringIO()
    f.true("TFC", export(models / "third_party" / "qonnx_TFC_2W2A.onnx", images[:20], folder / "tfc.npz", out=said), said.getvalue())


def tflite(f, folder, models):
    """ResNet-8 of MLPerf Tiny: the float file against its int8 file, and the int8 one bit-exact in the simulator. Its own kernels
    round in fixed point, which traces do not say; the independent interpreter is in real values."""
    import tflite_interpreter
    from flatbuffer import read
    from from_tflite import Reader, codes_of, export
    from graph import lower
    data = np.load(models / "data" / "cifar10_jpeg_test_1000.npz")
    images, labels = data["x"].astype(np.float64), data["y"]
    tops = {}
    for kind, bits in (("float", None), ("int8", 8)):
        path = models / "third_party" / f"mlperf_tiny_resnet8_{kind}.tflite"
        _, operators, entry, _ = read(path)
        trace = lower(Reader(operators, entry).read(), images.transpose(0, 3, 1, 2), bits, entry=codes_of(entry))
        got = trace.real(trace.layers[-1]["output"])
        tops[kind] = (got.argmax(1) == labels).mean()
        wanted = tflite_interpreter.logits(path, images[:50])
        close = np.abs(got[:50] - wanted)
        f.true(f"ResNet-8 {kind}, logits", close.max() <= (1e-9 if kind == "int8" else 1e-3), f"differ by {close.max()} from the definitions")
        said = io.StringIO()
        f.true(f"ResNet-8 {kind}", export(path, images[:4], folder / "tflite.npz", bits, out=said), said.getvalue())
    print(f"TFLite ResNet-8: top-1 {100 * tops['float']:.1f} % float, {100 * tops['int8']:.1f} % int8, on {len(labels)} images")
    f.true("ResNet-8 top-1", abs(tops["float"] - tops["int8"]) < 0.02 and tops["int8"] > 0.7, f"is {tops}")
    whole = path.read_bytes()
    for name, content in (("cut", whole[:40000]), ("other", b"x" * 100), ("empty", b""), ("lying", whole[:4] + b"TFL3" + whole[8:60] + b"\xff" * 2000)):
        broken = folder / f"{name}.tflite"
        broken.write_bytes(content)
        done = subprocess.run([sys.executable, ROOT / "tools/export/from_tflite.py", broken, "-o", folder / "x.npz"], capture_output=True,
                              text=True, check=False, timeout=20)
        f.true(f"from_tflite of a file that is {name}", done.returncode == 1 and "Traceback" not in done.stderr and broken.name in done.stderr,
               done.stderr)


def command_line(f, folder):
    """The module of the command line, as docs/own_model.md shows it."""
    done = subprocess.run([sys.executable, ROOT / "tools/export/from_torch.py", f"{ROOT}/tests/export/torch_models.py:small", "--bits", "4",
                           "--highway", "8", "-o", folder / "small.npz"], capture_output=True, text=True, check=False)
    f.true("from_torch.py", done.returncode == 0 and "bit-exact" in done.stdout, done.stdout + done.stderr)


def slips(f, folder):
    """What a user gets wrong is said in a line, and leaves no file."""
    np.save(folder / "image.npy", np.zeros((32, 32, 3)))
    np.savez(folder / "image.npz", x=np.zeros(3))
    (folder / "text.npy").write_text("no array")
    models = os.environ.get("TURNPIKE_MODELS")
    model = f"{models}/third_party/mlperf_tiny_resnet8_float.tflite" if models else folder / "none.tflite"
    cases = [("--bits", "four", "neither a width"), ("--bits", "99", "neither a width"), ("--bits", "{*: 4}", "neither a width"),
             ("--bits", '{"*": 0}', "neither a width"), ("--highway", "2", "no width of 4 to 32"),
             ("--input", folder / "no.npy", "No such file" if models else "none.tflite"), ("--output", folder / "no/x.npz", "no folder"),
             ("--output", folder / "x", "ends in .npz")]
    cases += [("--input", folder / "image.npy", "the batch is missing"), ("--input", folder / "image.npz", "archive of x"),
              ("--input", folder / "text.npy", "no array")] if models else []
    for option, value, said in cases:
        done = subprocess.run([sys.executable, ROOT / "tools/export/from_tflite.py", model, "-o", folder / "slip.npz", option, value],
                              capture_output=True, text=True, check=False)
        f.true(f"from_tflite {option} {value}", done.returncode in (1, 2) and "Traceback" not in done.stderr and said in done.stderr
               and not (folder / "slip.npz").exists(), done.stderr)
    for name in ("onnx", "torch", "tflite"):
        f.true(f"from_{name}.py", os.access(ROOT / f"tools/export/from_{name}.py", os.X_OK), "is not executable, as the documentation calls it")
        f.true(f"from_{name}.py", len((ROOT / f"tools/export/from_{name}.py").read_text().splitlines()) < 200, "has 200 lines or more")
        # A Python without packages (-S: no site-packages) says which it wants.
        done = subprocess.run([sys.executable, "-S", ROOT / f"tools/export/from_{name}.py", "x", "-o", "x.npz"], capture_output=True, text=True,
                              check=False)
        f.true(f"from_{name}.py without packages", done.returncode == 1 and "has no numpy" in done.stderr, done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turnpike", required=True)
    options = parser.parse_args()
    os.environ["TURNPIKE"] = options.turnpike
    os.environ["TURNPIKE_CONFIGS"] = str(ROOT / "configs")
    f, ran = Findings(), 0
    models = os.environ.get("TURNPIKE_MODELS")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for needs, parts in (((), (slips,)), (("torch",), (torch_networks, torch_refusals, torch_quantizers, command_line)), (("torch", "onnx"), (onnx_files,)),
                             (("onnx", "TURNPIKE_MODELS"), (qonnx,)), (("TURNPIKE_MODELS",), (tflite,))):
            absent = [each for each in needs if not (models if each == "TURNPIKE_MODELS" else importable(each))]
            for part in parts:
                if absent:
                    print(f"skipped: {part.__name__} needs {', '.join(absent)}")
                elif "TURNPIKE_MODELS" in needs:
                    part(f, folder, pathlib.Path(models))
                elif part is torch_refusals:
                    part(f)
                else:
                    part(f, folder)
                ran += not absent
    print(f"{f.count} comparisons, {len(f.problems)} differences")
    print("\n".join(f.problems))
    return 77 if not ran else 1 if f.problems else 0


def importable(module):
    try:
        __import__(module)
        return True
    except ImportError:
        return False


if __name__ == "__main__":
    sys.exit(main())
