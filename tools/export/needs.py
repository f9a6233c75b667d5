"""Says which packages an exporter lacks, before it imports them."""
import importlib.util
import sys

DEBIAN = {"numpy": "python3-numpy", "onnx": "python3-onnx", "torch": "python3-torch"}


def modules(*names):
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        program = sys.argv[0].rsplit("/", 1)[-1].removesuffix(".py")
        sys.exit(f"{program}: {sys.executable} ({sys.version.split()[0]}) has no {' and no '.join(missing)}: install "
                 f"{' '.join(DEBIAN[name] for name in missing)} (Debian) and run /usr/bin/python3 {sys.argv[0]} ..., or pip "
                 f"install {' '.join(missing)} for this one")
