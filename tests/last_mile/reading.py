"""Readers of the program's files that share nothing with it: CSV, the YAML it writes, text tables."""

import csv
import json
import pathlib
import re


def crc_table():
    """CRC-64/XZ, byte by byte, its polynomial with the bits reversed."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0xC96C5795D7870F42 if value & 1 else 0)
        table.append(value)
    return table


CRC = crc_table()
KNOWN_DIGESTS = {}


def digest_of(path):
    """The digest of a file's bytes as they are, in 16 hexadecimal digits."""
    status = pathlib.Path(path).stat()
    key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
    if key not in KNOWN_DIGESTS:
        crc = 2**64 - 1
        for byte in pathlib.Path(path).read_bytes():
            crc = CRC[(crc ^ byte) & 255] ^ (crc >> 8)
        KNOWN_DIGESTS[key] = f"{crc ^ (2**64 - 1):016x}"
    return KNOWN_DIGESTS[key]


def read_json(path):
    def once(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise ValueError(f"{path}: a key is there twice")
        return dict(pairs)
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"), object_pairs_hook=once)


def read_csv(path):
    """Header and rows, a row as a dictionary."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ValueError(f"{path}:{number}: {len(row)} fields under {len(header)} columns")
    return header, [dict(zip(header, row)) for row in rows]


def neutral(text):
    """A text as it stands in a CSV: behind an apostrophe if a spreadsheet would run it."""
    if not re.match(r"'*[=+\-@\t\r\n]", text) or re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", text):
        return text
    return f"'{text}"


def scalar(text):
    text = text.strip()
    if text[:1] in ('"', "'"):
        return json.loads(text) if text[0] == '"' else text[1:-1].replace("''", "'")
    if text[:1] == "[":
        return [scalar(part) for part in text[1:-1].split(",") if part.strip()]
    if text[:1] == "{":
        pairs = (part.split(":", 1) for part in text[1:-1].split(",") if part.strip())
        return {key.strip(): scalar(value) for key, value in pairs}
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def read_yaml(path):
    """Nested mappings of scalars and flow lists, as the configuration files have them; of folded texts
    nothing is kept. Returns the values and, for each dotted key, the comment behind it."""
    top, comments = {}, {}
    stack = [(-1, "", top)]
    folded = None
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        indent = len(line) - len(line.lstrip())
        if folded is not None and (not line.strip() or indent > folded):
            continue
        folded = None
        match = re.match(r"\s*([\w.*\"-]+):(?:\s+(?!#)((?:\"(?:[^\"\\]|\\.)*\"|[^#]|(?<!\s)#)*))?\s*(?:#\s*(.*))?$", line)
        if not match:
            continue
        while stack[-1][0] >= indent:
            stack.pop()
        _, prefix, parent = stack[-1]
        key, value, comment = match[1].strip('"'), (match[2] or "").strip(), match[3] or ""
        comments[prefix + key] = comment
        if value.startswith(">"):
            folded, parent[key] = indent, ""
        elif value:
            parent[key] = scalar(value)
        else:
            parent[key] = {}
            stack.append((indent, prefix + key + ".", parent[key]))
    return top, comments


def at(mapping, dotted):
    for part in dotted.split("."):
        mapping = mapping[part]
    return mapping


class TextTable:
    """Columns are told apart by two or more blanks that all lines of the table share."""

    def __init__(self, header, rows):
        lines = [header, *rows]
        width = max(map(len, lines))
        padded = [line.ljust(width) for line in lines]
        blank = "".join(" " if all(line[x] == " " for line in padded) else "#" for x in range(width))
        spans = [match.span() for match in re.finditer(r"#+(?: #+)*", blank)]
        cells = [[line[a:b].strip() for a, b in spans] for line in padded]
        self.header = cells[0]
        self.rows = cells[1:]

    def records(self):
        return [dict(zip(self.header, row)) for row in self.rows]


def unfolded(text):
    """A line that goes on, indented, is one line again."""
    return re.sub(r"(?<=[^\n-])\n  (?! )", " ", text)


def blocks_joined(tables):
    """A table too wide for 80 columns goes on below: same first column, other columns."""
    joined = []
    for table in tables:
        same = joined and (joined[-1].header[0] == table.header[0] and len(joined[-1].rows) == len(table.rows)
                           and all(a[0] == b[0] for a, b in zip(joined[-1].rows, table.rows)))
        if same:
            joined[-1].header += table.header[1:]
            joined[-1].rows = [a + b[1:] for a, b in zip(joined[-1].rows, table.rows)]
        else:
            joined.append(table)
    return joined


def text_tables(text):
    """The tables of a text, and its other lines in their order. A sentence "word: ..." ends a table."""
    lines, tables, rest = text.split("\n"), [], []
    k = 0
    while k < len(lines):
        if k + 1 < len(lines) and re.fullmatch(r"-{5,}", lines[k + 1]):
            end = k + 2
            while end < len(lines) and lines[end] and not re.match(r"[a-z][a-z ]*: ", lines[end]):
                end += 1
            tables.append(TextTable(lines[k], lines[k + 2:end]))
            k = end
        else:
            rest.append(lines[k])
            k += 1
    return blocks_joined(tables), rest
