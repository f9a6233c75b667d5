#!/usr/bin/env python3
"""Seeds and dictionaries for the fuzz targets, from the files the project ships.

    tests/fuzz/make_seeds.py OUT     # OUT/<target>/* and OUT/<target>.dict

A fuzzer that starts from nothing finds no input with even a key of the format in it.
"""
import argparse
import io
import pathlib
import re
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STORED_RUN = {"c": "config.resolved.yaml", "r": "results.json", "u": "counts.csv", "j": "run.json"}


def npy_body(image):
    """The elements of a .npy image of version 1 or 2."""
    size_bytes = 2 if image[6] == 1 else 4
    start = 8 + size_bytes + int.from_bytes(image[8:8 + size_bytes], "little")
    return image[start:]


def deflated(path):
    """The same archive, its members compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return out.getvalue()


def samples():
    """Yields (target, bytes)."""
    for path in sorted((SOURCE / "traces/samples").glob("*.npz")):
        yield "zip", path.read_bytes()
        yield "zip", deflated(path)
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                image = archive.read(name)
                yield "npy", image
                if name == "__trace__.npy":
                    yield "trace_json", npy_body(image)
    for path in sorted((SOURCE / "traces/samples").glob("*/trace.json")):
        yield "trace_json", path.read_bytes()
    for path in sorted((SOURCE / "configs").rglob("*.yaml")):
        yield "config", path.read_bytes()
    for folder, target in (("accelerators", "accelerator"), ("networks", "network"),
                           ("sweeps", "sweep")):
        for path in sorted((SOURCE / "configs" / folder).glob("*.yaml")):
            yield target, path.read_bytes()
    for name in ("ert.yaml", "art.yaml"):
        yield "accelergy", (SOURCE / "tests/fuzz/seeds" / name).read_bytes()
    for path in sorted((SOURCE / "tests/models/import/models").iterdir()):
        if path.suffix in (".onnx", ".tflite", ".safetensors", ".pkl"):
            yield {".pkl": "pickle"}.get(path.suffix, path.suffix[1:]), path.read_bytes()
    for name in ("topology.csv", "timeloop.yaml", "accelforge.yaml", "zigzag.yaml"):
        letter = "s" if name == "topology.csv" else name[0]
        yield "workload", letter.encode() + (SOURCE / "tests/models/import/models" / name).read_bytes()
    for letter, name in STORED_RUN.items():
        yield "stored_run", letter.encode() + (SOURCE / "tests/fuzz/seeds/stored_run" / name).read_bytes()


def words(texts):
    """Keys and short values of text seeds, for the dictionary."""
    found = set()
    for text in texts:
        found.update(re.findall(rb"[A-Za-z_][A-Za-z0-9_.-]{1,30}", text))
        if len(found) > 400:
            break
    return sorted(found)[:400]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    out = parser.parse_args().out
    texts = {}
    for target, data in samples():
        (out / target).mkdir(parents=True, exist_ok=True)
        (out / target / f"seed{len(texts.setdefault(target, []))}").write_bytes(data)
        texts[target].append(data)
    for target, seeds in texts.items():
        lines = [f'"{word.decode()}"' for word in words(seeds)]
        (out / f"{target}.dict").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
