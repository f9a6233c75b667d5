"""The configuration of a run, merged anew from the files it was made of."""

from reading import read_yaml, scalar


def overlay(into, other):
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            overlay(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, dict) else value


def profile_of(configs, name):
    values, _ = read_yaml(configs / "profiles" / f"{name}.yaml")
    return {key: value for key, value in values.items() if key not in ("schema", "name", "description", "source")}


def merged(configs, accelerator, profile, settings):
    """As docs/configuration.md orders the sources."""
    own, _ = read_yaml(accelerator)
    out = {}
    overlay(out, profile_of(configs, own["profile"]))
    overlay(out, own)
    if profile:
        overlay(out, {"profile": profile, **profile_of(configs, profile)})
    for setting in settings:
        key, value = setting.split("=", 1)
        node = out
        *path, last = key.split(".")
        for part in path:
            if not isinstance(node.get(part), dict):
                node[part] = {}
            node = node[part]
        node[last] = scalar(value)
    return out


def flat(node, prefix=""):
    for key, value in node.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def check_configuration(f, run, configs, accelerator, profile, brings, settings):
    """Every key of config.resolved.yaml and where it comes from."""
    where = f"{run.where} config.resolved.yaml"
    wanted = dict(flat(merged(configs, accelerator, profile, [*brings, *settings])))
    resolved = dict(flat(run.config))
    f.keys(where, resolved, wanted)
    for key, value in wanted.items():
        f.same(f"{where} {key}", resolved.get(key), value)
    for setting in settings:
        key = setting.split("=", 1)[0]
        origins = [text for name, text in run.origin.items() if name == key or name.startswith(f"{key}.")]
        f.true(f"{where} {key}: origin", any(text.startswith("--set ") for text in origins), f"is {origins}")
