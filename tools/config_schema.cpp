// The table of keys. A row per key, so it is longer than other files.

#include "tools/config_schema.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/network_file.hpp"

namespace turnpike::tools {
namespace {

constexpr std::string_view kRequired = "required";

ConfigSchema accelerator_schema() {
  return {
      "accelerator",
      "turnpike-accelerator/1",
      "Accelerator",
      {{"schema", "choice", "turnpike-accelerator/1", kRequired, "kind and version of the file"},
       {"name", "text", "", kRequired, "printed with every result"},
       {"profile", "text", "a name of `list profiles`, or a path", "silicon",
        "policies for what this file leaves open"},
       {"clock_mhz", "number", "1..10000", kRequired, "core clock, MHz"},
       {"technology.node_nm", "integer", "7..250; a node of `list technologies`", "65",
        "process node, nm"},
       {"technology.voltage", "number", "0.8..1.2", "1.0",
        "supply, V; dynamic energy goes with its square there"},
       {"precision", "integer or mapping", "1..16, or {weight: 1..16, activation: 1..16}",
        kRequired, "bits the machine is built for and networks are quantized to"},
       {"layers.first_last", "choice", "same, native16, composed, composed8, excluded", "same",
        "width of the first and last conv or fc layer"},
       {"layers.overrides", "mapping", "{pattern: bits or {weight, activation}}", "none",
        "bits of the layers whose name matches a pattern of * and ?"},
       {"highway.enabled", "true|false", "", "false", "skip tensors are kept at high precision"},
       {"highway.bits", "integer", "4..32", "8",
        "width of a highway value, bits; 32 is floating point"},
       {"highway.storage", "choice", "dual, single", "dual",
        "a narrow and a wide copy of each skip tensor, or the wide one alone, quantized when read"},
       {"psum.cost_bits", "integer or choice", "1..64, overflow_free, scaled", "16",
        "bits a psum is priced and stored at; changes no value"},
       {"psum.arithmetic", "choice", "exact", "exact", "how psums are added"},
       {"array.kind", "choice", "row_stationary", "row_stationary",
        "how a layer is laid over the PEs, and what moves between them"},
       {"array.rows", "integer", "1..1024", kRequired, "PE rows"},
       {"array.columns", "integer", "1..1024", kRequired, "PE columns"},
       {"spads.ifmap", "integer", "1..224", kRequired,
        "ifmap spad of a PE, values; a register file, priced to 224 words"},
       {"spads.filter", "integer", "1..4096", kRequired,
        "filter spad of a PE, values; an SRAM, priced to 4096 words"},
       {"spads.psum", "integer", "1..224", kRequired,
        "psum spad of a PE, values; a register file, priced to 224 words"},
       {"noc.filter", "integer", "1..64; 1..32 with timing.filter_load: bank", kRequired,
        "filter network, values per clock"},
       {"noc.ifmap", "integer", "1..fifo_depth", kRequired, "ifmap network, values per clock"},
       {"noc.psum_in", "integer", "1..fifo_depth", kRequired, "psum input, values per clock"},
       {"noc.psum_out", "integer", "1..fifo_depth", kRequired, "psum output, values per clock"},
       {"noc.fifo_depth", "integer", "1..64", "4", "depth of the PEs' network FIFOs, values"},
       {"glb.bytes_at_16_bit", "integer", "whole lines in every bank, at most 2^26", kRequired,
        "global buffer, bytes at 16 bit; scales with the precision, and is priced to 4 MB after "
        "that"},
       {"glb.banks", "integer", "1..4096", kRequired, "banks of the global buffer"},
       {"glb.line_values", "integer", "1..64", kRequired, "values a line holds"},
       {"glb.latency_cycles", "integer", "0..64", "2", "access latency, cycles"},
       {"glb.filter_bytes_at_16_bit", "integer", "1..2^26", "8192",
        "filter buffer, bytes at 16 bit; priced as the global buffer is"},
       {"glb.allocation", "choice", "line, bank", "line",
        "whether a bank may hold more than one kind of data"},
       {"post.values_per_clock", "integer", "1..1024", "4",
        "throughput of the post-processing unit, values per clock"},
       {"dram.device", "text", "a name of `list devices`, or a path", "lpddr3-1600",
        "the memory behind the buffer"},
       {"dram.channels", "integer", "1..16, a power of two; 1 for a link", "1", "DRAM channels"},
       {"dram.page", "choice", "open, closed", "open", "page policy of the DRAM controller"},
       {"dram.power_down_after", "integer or choice", "0..2^30, off", "off",
        "idle DRAM clocks after which a rank closes its rows and powers down"},
       {"feature_maps", "choice", "keep, spill", "keep",
        "feature maps stay in the global buffer when they fit, or always go to DRAM"},
       {"transfers", "choice", "overlap, serial", "overlap",
        "fetch for the next pass while one runs, or between passes"},
       {"rlc", "choice", "off, on, where_it_helps", "off", "run-length coded DRAM traffic"},
       {"mapper.objective", "choice", "cycles, energy, energy_delay", "cycles",
        "what mappings are chosen for"},
       {"timing.filter_load", "choice", "bank, exact", "bank",
        "a filter load streams whole banks, as on the chip, or only what is used"},
       {"cost", "mapping", "keys `cost.*` of a profile", "the profile's",
        "what is charged; --set cost.leakage=false"}}};
}

ConfigSchema profile_schema() {
  return {
      "profile",
      "turnpike-profile/1",
      "Profile",
      {{"schema", "choice", "turnpike-profile/1", kRequired, "kind and version of the file"},
       {"name", "text", "", kRequired, "printed in the policy line"},
       {"description", "text", "", kRequired, "one sentence"},
       {"source", "mapping", "dotted keys of this file", "none",
        "where a number comes from: the command that prints it, or a publication"},
       {"psum.cost_bits", "integer or choice", "1..64, overflow_free, scaled", "the accelerator's",
        "as in an accelerator file"},
       {"layers.first_last", "choice", "same, native16, composed, composed8, excluded",
        "the accelerator's", "as in an accelerator file"},
       {"dram.device", "text", "a name of `list devices`, or a path", "the accelerator's",
        "as in an accelerator file"},
       {"feature_maps", "choice", "keep, spill", "the accelerator's", "as in an accelerator file"},
       {"cost.clock", "choice", "none, flip_flops, constant, proportional", kRequired,
        "how the registers' clock energy of a PE-cycle is charged"},
       {"cost.clock_factor", "number", "0..10", kRequired,
        "share of the flip-flops' clock energy that is spent"},
       {"cost.idle_pe_clock", "number", "0..1", kRequired,
        "clock energy of an unmapped PE over that of a mapped one"},
       {"cost.access_clock", "true|false", "not with a clock rule", kRequired,
        "access energies contain their clock pins"},
       {"cost.control", "true|false", "", kRequired, "PE control and controller are charged"},
       {"cost.leakage", "true|false", "", kRequired, "leakage x time is charged"},
       {"cost.dram_background", "true|false", "", kRequired,
        "DRAM standby and refresh are charged"},
       {"cost.first_last_area", "true|false", "", kRequired,
        "the area of 16-bit PEs for native16 layers is charged"},
       {"cost.energy_table", "text", "path of an Accelergy ERT", "none",
        "prices that replace the tables'"},
       {"cost.area_table", "text", "path of an Accelergy ART", "none",
        "areas that replace the tables'"},
       {"cost.uncertainty.logic", "list", "[0.001..1, 1..1000]", kRequired,
        "range of a factor on MAC, control, post and codec energies"},
       {"cost.uncertainty.spads", "list", "[0.001..1, 1..1000]", kRequired, "same, spads"},
       {"cost.uncertainty.noc", "list", "[0.001..1, 1..1000]", kRequired,
        "same, networks, FIFOs and links"},
       {"cost.uncertainty.glb", "list", "[0.001..1, 1..1000]", kRequired, "same, buffers"},
       {"cost.uncertainty.clock", "list", "[0.001..1, 1..1000]", kRequired, "same, clock"},
       {"cost.uncertainty.leakage", "list", "[0.001..1, 1..1000]", kRequired, "same, leakage"},
       {"cost.uncertainty.dram", "list", "[0.001..1, 1..1000]", kRequired, "same, DRAM"}}};
}

/// As the reader of network files and the operations describe them.
ConfigSchema network_schema() {
  ConfigSchema schema{"network", "turnpike-network/1", "Network", {}};
  for (const models::NetworkKey& key : models::network_keys()) {
    schema.keys.push_back({key.key, key.type, key.allowed, key.absent, key.meaning});
  }
  return schema;
}

ConfigSchema sweep_schema() {
  return {"sweep",
          "turnpike-sweep/1",
          "Sweep",
          {{"schema", "choice", "turnpike-sweep/1", kRequired, "kind and version of the file"},
           {"accelerator", "text", "path of an accelerator file", kRequired, "the machine"},
           {"network", "text", "zoo:NAME, a network .yaml, a trace", kRequired, "the workload"},
           {"weights", "text", "path of an .npz", "synthetic", "trained weights for a zoo network"},
           {"name", "text", "", "none", "for the reader"},
           {"matrix", "mapping", "{key: [values]}", "none",
            "every combination of these accelerator keys is a point"},
           {"exclude", "list", "mappings of keys to values", "none",
            "points of the matrix left out: those that agree with all keys"},
           {"include", "list", "mappings of keys to values", "none", "further points"}}};
}

ConfigSchema dram_schema() {
  std::vector<SchemaKey> keys = {
      {"schema", "choice", "turnpike-dram/1", kRequired, "kind and version of the file"},
      {"name", "text", "", kRequired, "name of the device"},
      {"source", "text", "", kRequired, "where the figures come from"},
      {"kind", "choice", "dram, link, ideal", kRequired,
       "banks and rows; a serial link; answers at once. The keys below are those of a dram "
       "unless they say link"},
      {"word_bits", "integer", "8..4096, whole bytes", "required for link", "link: bits of a word"},
      {"clock_mhz", "number", "0.001..20000", "required for link", "link: words per us"},
      {"tck_ns", "number", "0.05..1000", "required for dram", "clock period, ns"},
      {"address_mapping", "text", "each of ro ra ba bg co ch once", kRequired,
       "address bits from the most significant down"}};
  for (const std::string_view key :
       {"organisation.channel_bits", "organisation.device_bits", "organisation.burst_length",
        "organisation.bank_groups", "organisation.banks_per_group", "organisation.rows",
        "organisation.columns", "organisation.page_bytes", "organisation.devices_per_rank",
        "organisation.ranks"}) {
    keys.push_back({key, "integer", "powers of two", kRequired, "size of the channel"});
  }
  for (const std::string_view key :
       {"timing.CL",    "timing.CWL",   "timing.RCD",   "timing.RP",    "timing.RAS",
        "timing.RC",    "timing.RRD_S", "timing.RRD_L", "timing.FAW",   "timing.CCD_S",
        "timing.CCD_L", "timing.WR",    "timing.WTR_S", "timing.WTR_L", "timing.RTP",
        "timing.RTRS",  "timing.RFC",   "timing.REFI",  "timing.XP",    "timing.CKE"}) {
    keys.push_back({key, "integer", "clocks", kRequired, "JEDEC parameter of that name"});
  }
  keys.push_back({"energy.quality", "choice", "datasheet, placeholder", kRequired,
                  "whether absolute energies can be trusted"});
  for (const std::string_view key :
       {"energy.act_pre_pj", "energy.read_pj_per_bit", "energy.write_pj_per_bit",
        "energy.refresh_pj", "energy.background_precharged_mw", "energy.background_active_mw",
        "energy.background_powerdown_mw"}) {
    keys.push_back(
        {key, "number", "0 and up", kRequired, "of one device, in the unit of its name"});
  }
  return {"dram", "turnpike-dram/1", "DRAM device", std::move(keys)};
}

ConfigSchema technology_schema() {
  std::vector<SchemaKey> keys = {
      {"schema", "choice", "turnpike-technology/1", kRequired, "kind and version of the file"},
      {"name", "text", "", kRequired, "name of the technology"},
      {"node_nm", "number", "1..1000", kRequired, "process node, nm"},
      {"voltage", "number", "0.1..10", kRequired, "supply the tables' energies hold for, V"},
      {"base", "text", "path of a technology directory", "none",
       "scale that technology instead of reading tables"},
      {"scaling.energy", "number", "0.001..1000", "required with base", "factor on logic energies"},
      {"scaling.area", "number", "0.001..1000", "required with base", "factor on logic areas"},
      {"scaling.leakage", "number", "0.001..1000", "required with base", "factor on leakage"},
      {"scaling.source", "text", "", "required with base", "where the factors come from"}};
  for (const std::string_view key :
       {"constants.um2_per_nand2", "constants.logic_utilization", "constants.wire_pj_per_bit_mm",
        "constants.pe_pitch_mm", "constants.controller_nand2", "constants.controller_pj_per_cycle",
        "constants.logic_leakage_scale"}) {
    keys.push_back({key, "mapping", "{value, range: [low, high], unit, source}",
                    "the base's; required without one", "see docs/cost.md"});
  }
  keys.push_back({"constants.highest_clock_mhz", "mapping",
                  "{value, range: [low, high], unit, source}", "the base's, or unknown",
                  "clock the tables' logic was synthesised for; above it a run is flagged"});
  return {"technology", "turnpike-technology/1", "Technology", std::move(keys)};
}

}  // namespace

const std::vector<ConfigSchema>& config_schemas() {
  static const std::vector<ConfigSchema> schemas = {accelerator_schema(), profile_schema(),
                                                    network_schema(),     sweep_schema(),
                                                    dram_schema(),        technology_schema()};
  return schemas;
}

const ConfigSchema* find_schema(std::string_view name) {
  const auto& all = config_schemas();
  const auto found = std::find_if(all.begin(), all.end(), [name](const ConfigSchema& schema) {
    return schema.name == name || schema.schema == name;
  });
  return found == all.end() ? nullptr : &*found;
}

std::string schema_markdown(const ConfigSchema& schema) {
  const auto cell = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      out += c == '|' ? std::string{"\\|"} : std::string(1, c);
    }
    return out;
  };
  std::string out = "| key | type | allowed | when absent | meaning |\n|---|---|---|---|---|\n";
  for (const SchemaKey& key : schema.keys) {
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.key, cell(key.type), cell(key.allowed),
                       cell(key.absent), cell(key.meaning));
  }
  return out;
}

}  // namespace turnpike::tools
