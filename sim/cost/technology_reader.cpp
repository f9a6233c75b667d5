#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/config_map.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/cost/technology_keys.hpp"
#include "sim/cost/technology_tables.hpp"

namespace turnpike::cost {
namespace {

using namespace technology_keys;

Constant read_constant(ConfigMap map) {
  Constant constant;
  constant.value = map.get_double("value", 1e-9, 1e9);
  const ConfigNode& range = map.get_node("range");
  if (range.kind != ConfigNode::Kind::sequence || range.items.size() != 2) {
    map.fail("range", "'range' must be [low, high]");
  }
  constant.range = {parse_double(range.items[0], "range", 0.0, 1e9),
                    parse_double(range.items[1], "range", 0.0, 1e9)};
  if (!constant.range.contains(constant.value)) {
    map.fail("value", "'value' lies outside its 'range'");
  }
  constant.unit = map.get_string("unit");
  constant.source = map.get_string("source");
  map.finish();
  return constant;
}

}  // namespace

/// Reads technology.yaml and the tables it stands beside.
class TechnologyReader {
 public:
  explicit TechnologyReader(std::string directory)
      : directory_{std::move(directory)},
        map_{ConfigMap::from_file(
            (std::filesystem::path{directory_} / "technology.yaml").string())} {}

  Technology read() {
    static_cast<void>(map_.get_choice("schema", {kSchema}));
    Technology technology;
    if (map_.has("base")) {
      read_base(technology);
    } else {
      technology.tables_ = std::make_shared<const Technology::Tables>(directory_);
    }
    technology.name_ = map_.get_string("name");
    technology.node_nm_ = map_.get_double("node_nm", kNodeNm.low, kNodeNm.high);
    technology.voltage_ = map_.get_double("voltage", kVoltage.low, kVoltage.high);
    read_constants(technology);
    map_.finish();
    return technology;
  }

 private:
  void read_base(Technology& technology) {
    const std::filesystem::path base = std::filesystem::path{directory_} / map_.get_string("base");
    technology = TechnologyReader{base.lexically_normal().string()}.read();
    if (technology.scaling_) {
      map_.fail("base", "'base' names a technology that has a base itself");
    }
    const std::string from = technology.name_;
    ConfigMap scaling = map_.get_map("scaling");
    Technology::Scaling factors;
    factors.energy = scaling.get_double("energy", kScaling.low, kScaling.high);
    factors.area = scaling.get_double("area", kScaling.low, kScaling.high);
    factors.leakage = scaling.get_double("leakage", kScaling.low, kScaling.high);
    factors.text =
        fmt::format("logic scaled from {}: energy x {}, area x {}, leakage x {} ({})", from,
                    factors.energy, factors.area, factors.leakage, scaling.get_string("source"));
    scaling.finish();
    technology.scaling_ = factors;
    const SramTable node{(std::filesystem::path{directory_} / "sram.csv").string()};
    const SramTable& here = technology.tables_->sram;
    technology.sram_ = std::make_shared<const SramTable>(here.scaled_to(node));
    // One factor for filter spads of any size: that of 224 words of 16 bits, which both tables
    // have.
    constexpr int kSpadWidth = 16;
    constexpr std::int64_t kSpadBytes = 448;
    technology.spad_scaling_ = {here.ratio_at(node, kSpadWidth, kSpadBytes),
                                {true,
                                 {fmt::format("times the {} B, {}-bit macro of {} over that of {}",
                                              kSpadBytes, kSpadWidth, directory_, from)}}};
  }

  void read_constants(Technology& technology) {
    if (auto constants = map_.opt_map("constants")) {
      for (const char* name : kConstants) {
        if (auto constant = constants->opt_map(name)) {
          technology.constants_[name] = read_constant(*constant);
        }
      }
      for (const OptionalConstant& row : kOptional) {
        if (auto constant = constants->opt_map(row.name)) {
          technology.constants_[row.name] = read_constant(*constant);
        }
      }
      constants->finish();
    }
    for (const char* name : kConstants) {
      if (!technology.constants_.contains(name)) {
        throw InputError{map_.spot(), fmt::format("'constants' lacks the required key '{}'", name)};
      }
    }
  }

  std::string directory_;
  ConfigMap map_;
};

namespace {

/// A technology that was read, and the files it was read from.
struct Read {
  Technology technology;
  std::map<std::string, std::string> files;
};

/// Whether its files hold what they held. Looking at them notes them as inputs again.
bool holds(const Read& read) {
  const InputRecorder recorder;
  for (const auto& [file, digest] : read.files) {
    note_input(file);
  }
  return recorder.files() == read.files;
}

}  // namespace

/// A process that prices many machines reads and scales the tables once: they never change but by
/// their files, so what is kept here is no state that anyone could see.
Technology Technology::load(const std::string& directory) {
  static std::mutex mutex;
  static std::map<std::string, Read> known;
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored)) {
    throw FileError{{directory, 0, 0}, "is no technology directory"};
  }
  const std::lock_guard lock{mutex};
  const auto found = known.find(directory);
  if (found != known.end() && holds(found->second)) {
    return found->second.technology;
  }
  const InputRecorder recorder;
  Technology technology = TechnologyReader{directory}.read();
  known.insert_or_assign(directory, Read{technology, recorder.files()});
  return technology;
}

std::vector<std::string> Technology::names_in(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{root, error}) {
    std::error_code ignored;
    if (std::filesystem::exists(entry.path() / "technology.yaml", ignored)) {
      names.push_back(entry.path().filename().string());
    }
  }
  if (error) {
    throw FileError{{root, 0, 0}, "is no directory of technologies"};
  }
  std::sort(names.begin(), names.end());
  return names;
}

Technology Technology::of_node(const std::string& root, double node_nm) {
  const std::string name = fmt::format("{}nm", node_nm);
  const std::vector<std::string> known = names_in(root);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw InputError{{root, 0, 0},
                     fmt::format("has no technology {}; known: {}", name, fmt::join(known, ", "))};
  }
  return load((std::filesystem::path{root} / name).string());
}

}  // namespace turnpike::cost
