"""Prices of one count, read off the tables as docs/cost.md says, where a table has the very row; and the
rule that a key has one price in all layers and runs of a machine."""

import pathlib

from reading import at, read_csv, read_yaml

TABLE_END = 32  # psums above are priced as this wide


class Tables:
    """configs/technology of one node, and one DRAM device."""

    def __init__(self, configs, node, device):
        folder = pathlib.Path(configs) / "technology" / f"{node}nm"
        self.constants = {key: value["value"]
                          for key, value in read_yaml(folder / "technology.yaml")[0]["constants"].items()}
        self.device = read_yaml(folder.parent / "dram" / f"{device}.yaml")[0]
        self.rows = {}
        for name, columns in (("datapath", ("component", "op", "bits")),
                              ("register_file", ("op", "depth", "bits")),
                              ("requant", ("bits_acc", "bits")),
                              ("sram", ("banks", "word_bits", "capacity_bytes"))):
            for row in read_csv(folder / f"{name}.csv")[1]:
                self.rows[(name, *(row[column] for column in columns))] = row
        self.filter_spad = {row["quantity"]: row for row in read_csv(folder / "filter_spad.csv")[1]}

    def row(self, table, *key):
        return self.rows.get((table, *map(str, key)))


class Prices:
    """Of one machine; `config` is its resolved configuration."""

    def __init__(self, configs, config, results):
        self.config = config
        self.results = results
        self.tables = Tables(configs, at(config, "technology.node_nm"), at(config, "dram.device"))
        self.dynamic = at(config, "technology.voltage") ** 2
        self.access_clock = at(config, "cost.access_clock")
        self.machine = PriceBook.machine(config)

    def logic(self, row, column, pins="always"):
        if row is None or not row.get(column):
            return None
        price = float(row[column])
        if pins == "per cycle" and not self.access_clock:
            price -= float(row["clk_pj"])
        return price * self.dynamic

    def wire(self, bits, pitches):
        constants = self.tables.constants
        return (constants["wire_pj_per_bit_mm"] * constants["pe_pitch_mm"] * bits * pitches) * self.dynamic

    def fifo(self, bits):
        """Push and pop; the table's FIFO has four words."""
        if at(self.config, "noc.fifo_depth") != 4:
            return None
        return self.logic(self.tables.row("datapath", "fifo", "push_pop", bits), "energy_pj_random", "per cycle")

    def pe_link(self, action, bits):
        if action == "compute":
            return self.logic(self.tables.row("datapath", "adder", "add", bits), "energy_pj_random")
        fifo = self.fifo(bits)
        return None if fifo is None else fifo + self.wire(bits, 1)

    def weights(self, action, bits):
        """The filter spad of 224 words: a straight line in its width, at 1.2 V."""
        if at(self.config, "spads.filter") != 224:
            return None
        line = self.tables.filter_spad[f"{action}_pj"]
        return (float(line["intercept"]) + float(line["slope_per_bit"]) * bits) / 1.44 * self.dynamic

    def noc(self, item, bits):
        """Wire over all rows (columns); each multicast controller on it compares; a hit costs the rest."""
        network, _, part = item.rpartition("_")
        miss = self.logic(self.tables.row("datapath", "multicast_ctrl", "miss", bits), "energy_pj_random")
        hit = self.logic(self.tables.row("datapath", "multicast_ctrl", "hit", bits), "energy_pj_random")
        if part == "hit":
            if hit is None or miss is None:
                return None
            if hit > miss:
                return hit - miss
            wider = self.noc(item, bits + 1)  # narrow hits cost their share of the next wider one
            return None if wider is None else wider * bits / (bits + 1)
        taps = at(self.config, "array.rows" if part == "y" else "array.columns")
        if network == "psum_out":
            return self.wire(bits, taps)
        return None if miss is None else self.wire(bits, taps) + taps * miss

    def dram(self, action, item):
        device, energy = self.tables.device, self.tables.device["energy"]
        devices = at(device, "organisation.devices_per_rank")
        burst_bits = at(device, "organisation.channel_bits") * at(device, "organisation.burst_length")
        standby = at(self.config, "cost.dram_background")
        if action == "background":
            return energy[f"background_{item}_mw"] * devices * device["tck_ns"] if standby else 0.0
        return {"activate": energy["act_pre_pj"] * devices, "read": energy["read_pj_per_bit"] * burst_bits,
                "write": energy["write_pj_per_bit"] * burst_bits,
                "refresh": energy["refresh_pj"] * devices if standby else 0.0}[action]

    def memory(self, component, action, bits):
        """A line of a buffer, whose banks, line and capacity must be a row of the table."""
        widest, banks, size = self.machine_bits(), at(self.config, "glb.banks"), "glb.bytes_at_16_bit"
        line = widest
        if component == "glb_filter":
            line, banks, size = self.results["precision"]["weight"], 1, "glb.filter_bytes_at_16_bit"
        dense = at(self.config, "glb.line") == "bits"
        if bits != at(self.config, "glb.line_values") * (16 if dense else line):
            return None
        row = self.tables.row("sram", banks, bits, at(self.config, size) * widest // 16)
        if row is None:
            return None
        read, write = float(row["read_pj_at_1v0"]), float(row["write_pj_at_1v0"])
        return (read if action == "read" else max(read, write)) * self.dynamic

    def machine_bits(self):
        return max(self.results["precision"]["weight"], self.results["precision"]["activation"])

    def post(self, item, bits):
        table = self.tables.row
        name = {"add": ("add_sat", "add", max(8, bits)), "relu": ("relu", "relu", max(2, bits)),
                "max": ("max", "max", bits), "mul": ("mult", "mul", bits),
                "sigmoid": ("pwl_sigmoid_tanh", "sigmoid", max(16, bits)),
                "tanh": ("pwl_sigmoid_tanh", "tanh", max(16, bits))}.get(item)
        if name:
            return self.logic(table("datapath", *name), "energy_pj_random")
        psum = min(TABLE_END, self.results["precision"]["psum"])
        if item == "requant":
            return self.logic(table("requant", psum, bits), "energy_pj_random")
        if item == "pool":
            return self.logic(table("datapath", "adder", "add", max(psum, bits)), "energy_pj_random")
        return None

    def of(self, key):
        """Price of one count in pJ; None where the tables have no such row."""
        component, action, item, bits = key
        if component == "dram":
            return self.dram(action, item)
        if component in ("controller", "pe_control") and not at(self.config, "cost.control"):
            return 0.0
        if component == "leakage" and not at(self.config, "cost.leakage"):
            return 0.0
        if component == "clock" and (at(self.config, "cost.clock") == "none" or at(self.config, "cost.clock") != "share"
                                     and item in ("networks", "buffers")):
            return 0.0
        if not bits.isdigit():
            return None
        bits = int(bits)
        if component == "ifmap_spad":
            row = self.tables.row("register_file", action, at(self.config, "spads.ifmap"), bits)
            return self.logic(row, "energy_pj_relu_laplace", "per cycle")
        if component == "psum_spad":
            op = "read" if action == "read" else "read_write"
            row = self.tables.row("register_file", op, at(self.config, "spads.psum"), bits)
            return self.logic(row, "energy_pj_random", "per cycle")
        if component == "rlc":
            op = ("rlc_enc", "encode") if action == "write" else ("rlc_dec", "decode")
            return self.logic(self.tables.row("datapath", *op, bits), "energy_pj_relu_laplace")
        return {"filter_spad": lambda: self.weights(action, bits), "pe_fifo": lambda: self.fifo(bits),
                "pe_link": lambda: self.pe_link(action, bits), "noc": lambda: self.noc(item, bits),
                "glb": lambda: self.memory(component, action, bits),
                "glb_filter": lambda: self.memory(component, action, bits),
                "post": lambda: self.post(item, bits)}.get(component, lambda: None)()


class PriceBook:
    """One key, one price, in all layers of all runs of a machine; and that of the tables."""

    def __init__(self, findings):
        self.findings = findings
        self.known = {}
        self.from_tables = 0

    @staticmethod
    def machine(config):
        """What a price may depend on; the rest of a configuration decides counts only."""
        def flat(node, prefix):
            for key, value in node.items():
                yield from flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
        free = ("feature_maps", "transfers", "mapper.", "name", "description", "timing.")
        return tuple(sorted(item for item in flat(config, "") if not item[0].startswith(free)))

    def check(self, where, prices, row):
        """`row` of counts.csv."""
        key = (row["component"], row["action"], row["item"], row["bits"])
        count, energy = int(row["count"]), float(row["energy_pj"])
        # A row's energy is rounded to a power of two that is lost in the total's last digits.
        rounding = max(2.0 ** -20, float(prices.results["totals"]["energy_uj"]) * 1e6 * 2.0 ** -48)
        price = prices.of(key)
        if price is not None:
            self.from_tables += 1
            self.findings.close(f"{where} {key}: energy by the tables", energy, price * count, 1e-9, rounding)
            measured = int(key[3] or 0) >= {"add": 8, "relu": 2, "sigmoid": 16, "tanh": 16}.get(key[2], 0)
            measured &= key[0] != "filter_spad" or key[3] in ("4", "8", "16")
            measured &= not key[2].endswith("_hit") or int(key[3]) > 4
            self.findings.same(f"{where} {key}: interpolated", row["interpolated"], str(not measured).lower())
        machine = prices.machine
        if key[0] == "leakage":  # goes with all there is on the chip
            machine += tuple(prices.results["area_um2"].items())
        each = self.known.setdefault((machine, key, row["interpolated"]), (energy / count, rounding / count))
        self.findings.close(f"{where} {key}: energy by the price of other layers and runs", energy, each[0] * count,
                            1e-9, rounding + each[1] * count)
