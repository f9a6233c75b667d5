"""What a check found: every comparison is counted, every difference is kept with its place."""

import math


class Findings:
    def __init__(self):
        self.problems = []
        self.compared = 0

    def true(self, where, holds, text):
        self.compared += 1
        if not holds:
            self.problems.append(f"{where}: {text}")

    def same(self, where, got, want):
        self.true(where, got == want, f"says {got!r}, must be {want!r}")

    def close(self, where, got, want, relative=1e-12, absolute=0.0):
        holds = (isinstance(got, (int, float)) and not isinstance(got, bool)
                 and math.isclose(got, want, rel_tol=relative, abs_tol=absolute))
        self.true(where, holds, f"says {got!r}, must be {want!r}")

    def shown(self, where, text, value, pattern):
        """A figure printed for a reader: `pattern` is how it is rounded."""
        self.same(where, text, pattern.format(value))

    def keys(self, where, got, known):
        """A key that this check does not know is a key that nothing checks."""
        got, known = list(got), list(known)
        self.same(f"{where}, repeated keys", len(got), len(set(got)))
        self.true(where, set(got) <= set(known),
                  f"has {sorted(set(got) - set(known))}, which this check does not verify")
        self.true(where, set(known) <= set(got), f"lacks {sorted(set(known) - set(got))}")
