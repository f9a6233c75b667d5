#!/usr/bin/python3
"""An int8 TFLite network of TURNPIKE_MODELS on its images by the engine and by tflite_reference.py: every code equal, in either
rounding. Exit code 77: no models, or no NumPy."""
import os
import pathlib
import subprocess
import sys
import tempfile

MODEL, IMAGES = "third_party/mlperf_tiny_resnet8_int8.tflite", "data/cifar10_jpeg_test_1000.npz"


def main():
    models = os.environ.get("TURNPIKE_MODELS")
    if not models or not (pathlib.Path(models) / MODEL).exists():
        print("skipped: TURNPIKE_MODELS names no folder with an int8 TFLite network")
        return 77
    try:
        import numpy  # noqa: F401
    except ImportError:
        print("skipped: python3-numpy is not installed")
        return 77
    model, images = pathlib.Path(models) / MODEL, pathlib.Path(models) / IMAGES
    with tempfile.TemporaryDirectory() as folder:
        for rounding in ("twice", "once"):
            outputs = f"{folder}/{rounding}.npz"
            subprocess.run([sys.argv[1], model, images, "1", rounding, outputs, "all"], check=True)
            done = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("tflite_reference.py"), model, images, outputs,
                                   rounding], check=False, capture_output=True, text=True)
            print(done.stdout, done.stderr)
            if done.returncode != 0 or ", 0 codes differ" not in done.stdout:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
