"""What the exporters ask for on the command line, and how they say what is wrong with it."""
import argparse
import json
import pathlib
import sys

import numpy as np

from graph import Unsupported

BITS = 'a number, 2x4 (weights x activations), or JSON from patterns of layer names: {"*": 4, "conv1": 8}'


def bits(text):
    """4, "2x4" or a dictionary of these (or null: real values), each width from 1 to 16."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    for each in value.values() if isinstance(value, dict) else [value]:
        if each is None and isinstance(value, dict):
            continue  # real values
        parts = str(each).split("x")
        if len(parts) > 2 or not all(part.isdecimal() and 1 <= int(part) <= 16 for part in parts):
            raise argparse.ArgumentTypeError(f"'{each}' is neither a width of 1 to 16 bits nor two, as in 2x4; give {BITS}")
    return value


def highway(text):
    if not text.isdecimal() or not 4 <= int(text) <= 32:
        raise argparse.ArgumentTypeError(f"'{text}' is no width of 4 to 32 bits")
    return int(text)


def output(text):
    if not text.endswith(".npz"):
        raise argparse.ArgumentTypeError(f"'{text}': the name of a trace ends in .npz")
    if not pathlib.Path(text).resolve().parent.is_dir():
        raise argparse.ArgumentTypeError(f"'{text}': there is no folder '{pathlib.Path(text).parent}'")
    return text


def parser(description, model):
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("model", help=model)
    made.add_argument("--bits", type=bits, default=8, help=BITS + " (default 8)")
    made.add_argument("--highway", type=highway, help="bits of skips and recurrent states, 4 to 32 (default: none)")
    made.add_argument("-o", "--output", type=output, required=True, help="the .npz")
    return made


def load(path):
    """The array of an .npy file."""
    try:
        array = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise Unsupported(f"--input {path} is no array that np.save wrote") from error
    if not isinstance(array, np.ndarray):
        raise Unsupported(f"--input {path} is an archive of {', '.join(array.files) or 'nothing'}; give one array, as np.save writes it")
    if array.dtype.kind not in "fiu":
        raise Unsupported(f"--input {path} holds {array.dtype}, not numbers")
    return array


def check_shape(x, shape):
    """`shape`: what the model reads, an extent that is not known or the batch as None."""
    fits = x.ndim == len(shape) and all(want in (None, got) for got, want in zip(x.shape, shape))
    if not fits:
        wanted = ", ".join("any" if each is None else str(each) for each in shape)
        batch = x.ndim == len(shape) - 1 and all(want in (None, got) for got, want in zip(x.shape, shape[1:]))
        raise Unsupported(f"the input has shape {list(x.shape)}, the model reads [{wanted}]"
                          + ("; the batch is missing: save image[None]" if batch else ""))


def run(main):
    """Runs `main`; what it cannot do is said in a line."""
    program = pathlib.Path(sys.argv[0]).stem
    try:
        sys.exit(main())
    except Unsupported as error:
        sys.exit(f"{program}: {error}")
    except OSError as error:
        sys.exit(f"{program}: {error.filename or ''}: {error.strerror or error}")
