#include "tests/fuzz/fuzz_targets.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "models/import/onnx_import.hpp"
#include "models/import/shape_files.hpp"
#include "models/import/tflite_import.hpp"
#include "models/network_file.hpp"
#include "models/stated_lowering.hpp"
#include "models/weights/pickle.hpp"
#include "models/weights/weights_archive.hpp"
#include "sim/base/config_node.hpp"
#include "sim/base/error.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/config/sources.hpp"
#include "sim/cost/accelergy_table.hpp"
#include "sim/results/stored_run.hpp"
#include "sim/sweep/sweep_file.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "traces/npy.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::fuzz {
namespace {

namespace fs = std::filesystem;

const std::string kSource = TURNPIKE_SOURCE_DIR;

/// Runs `read`; false if it refuses its input.
template <typename Read>
bool accepted(Read read) {
  try {
    read();
    return true;
  } catch (const InputError&) {
    return false;
  }
}

/// The run directory of tests/fuzz/seeds, copied once for this process.
class RunDirectory {
 public:
  RunDirectory() : path_{fs::temp_directory_path() / fmt::format("turnpike-fuzz-{}", ::getpid())} {
    fs::create_directories(path_);
    fs::copy(kSource + "/tests/fuzz/seeds/stored_run", path_, fs::copy_options::recursive);
  }
  ~RunDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;
  RunDirectory(RunDirectory&&) = delete;
  RunDirectory& operator=(RunDirectory&&) = delete;

  [[nodiscard]] std::string path() const { return path_; }
  void put(const std::string& file, std::string_view bytes) const {
    std::ofstream{path_ / file, std::ios::binary | std::ios::trunc} << bytes;
  }
  void restore(const std::string& file) const {
    fs::copy_file(kSource + "/tests/fuzz/seeds/stored_run/" + file, path_ / file,
                  fs::copy_options::overwrite_existing);
  }

 private:
  fs::path path_;
};

}  // namespace

bool npy(std::string_view bytes) {
  const traces::NpyPlace place{{"fuzz.npy"}, ""};
  return accepted([&] {
    const std::string image = traces::encode_npy(traces::decode_npy(bytes, place));
    ensure(traces::encode_npy(traces::decode_npy(image, place)) == image, "npy round trip");
  });
}

bool trace_json(std::string_view text) {
  const SourceSpot spot{"fuzz.json"};
  return accepted([&] {
    const traces::Program program = traces::parse_trace_json(text, spot);
    ensure(traces::parse_trace_json(traces::trace_json(program), spot) == program,
           "JSON round trip");
    traces::Activations values;
    for (const traces::ProgramTensor& tensor : program.tensors()) {
      values.put(tensor.name, tensor.is_float()
                                  ? Tensor{{1, 1, 1, 1}, std::vector<float>{0.5F}}
                                  : Tensor{{1, 1, 1, 1}, std::vector<std::uint8_t>{0}});
    }
    const traces::Trace trace{program, {}, std::move(values)};
    static_cast<void>(accepted([&] { traces::validate_trace(trace, spot); }));
  });
}

bool zip(std::string_view bytes) {
  const MemoryFile file{bytes};
  return accepted([&] {
    const traces::Trace trace = traces::read_trace(file.path());
    const traces::Program again =
        traces::parse_trace_json(traces::trace_json(trace.program()), {"again"});
    ensure(again.layers.size() == trace.layers.size(), "JSON of what was read");
  });
}

bool config(std::string_view text) {
  return accepted([&] {
    const ConfigNode node = ConfigNode::from_string(std::string{text}, "fuzz.yaml");
    ensure(same_value(ConfigNode::from_string(node.to_yaml(true), "again"), node),
           "a configuration reads back as it was written");
  });
}

bool accelerator(std::string_view text) {
  const MemoryFile file{text};
  return accepted([&] {
    config::ConfigSources sources;
    sources.accelerator_file = file.path();
    sources.config_root = kSource + "/configs";
    const std::string resolved = config::load_accelerator(sources).resolved.to_yaml();
    const MemoryFile again{resolved};
    sources.accelerator_file = again.path();
    ensure(config::load_accelerator(sources).resolved.to_yaml() == resolved,
           "a resolved accelerator is one");
  });
}

bool network(std::string_view text) {
  return accepted(
      [&] { static_cast<void>(models::parse_network(std::string{text}, "fuzz.yaml")); });
}

namespace {

bool program_of(const models::ImportedNetwork& imported) {
  for (const models::Layer& layer : imported.network.layers()) {
    ensure(!layer.output_shape.empty(), "an imported layer has its extents");
  }
  if (imported.network.is_stated()) {
    static_cast<void>(models::lower_stated(imported.network, traces::Requantize::Rounding::twice));
  }
  return true;
}

}  // namespace

bool onnx(std::string_view bytes) {
  return accepted([&] {
    program_of(models::onnx::OnnxImport{models::onnx::parse_model(bytes, "fuzz.onnx"), {}}.run());
  });
}

bool tflite(std::string_view bytes) {
  return accepted([&] {
    const std::string aligned{bytes};
    program_of(models::tflite::import(models::tflite::parse_model(aligned, "fuzz.tflite"), {}));
  });
}

bool workload(std::string_view bytes) {
  using models::shapes::Format;
  static const std::map<char, Format> formats = {{'s', Format::scale_sim},
                                                 {'t', Format::timeloop},
                                                 {'a', Format::accelforge},
                                                 {'z', Format::zigzag}};
  const auto format = formats.find(bytes.empty() ? ' ' : bytes.front());
  if (format == formats.end()) {
    return false;
  }
  return accepted([&] {
    const MemoryFile file{bytes.substr(1)};
    const auto imported = models::shapes::import(file.path(), format->second, {});
    ensure(!imported.network.layers().empty(), "what is read has layers");
    imported.network.check_complete();
  });
}

bool pickle(std::string_view bytes) {
  return accepted([&] {
    for (const auto& [name, tensor] : models::pickled_tensors(bytes, "fuzz.pkl")) {
      ensure(models::bytes_of_type(tensor.type) > 0, "a pickled tensor has a known type");
    }
  });
}

bool safetensors(std::string_view bytes) {
  const MemoryFile file{bytes};
  return accepted([&] {
    const auto archive = models::open_safetensors(file.path());
    for (const std::string& name : archive->names()) {
      ensure(archive->tensor(name).shape() == archive->shape(name), "a tensor has its shape");
    }
  });
}

bool sweep(std::string_view text) {
  return accepted([&] {
    const sweep::SweepFile file = sweep::parse_sweep(std::string{text}, "fuzz.yaml");
    std::set<std::string> ids;
    for (const sweep::PointSettings& point : file.points) {
      ensure(ids.insert(point.id()).second, "each point has a folder of its own");
    }
  });
}

bool accelergy(std::string_view text) {
  const MemoryFile file{text};
  const bool energies = accepted([&] {
    for (const auto& [action, price] : cost::read_energy_table(file.path())) {
      ensure(price.price.energy.count() >= 0.0, "a table's energy is not negative");
    }
  });
  const bool areas = accepted([&] {
    for (const auto& [component, area] : cost::read_area_table(file.path())) {
      ensure(area.count() >= 0.0, "a table's area is not negative");
    }
  });
  return energies || areas;
}

bool stored_run(std::string_view bytes) {
  static const RunDirectory directory;
  if (bytes.empty()) {
    return false;
  }
  const char which = bytes.front();
  const std::string file = which == 'c'   ? "config.resolved.yaml"
                           : which == 'r' ? "results.json"
                           : which == 'u' ? "counts.csv"
                                          : "run.json";
  directory.put(file, bytes.substr(1));
  const bool read = accepted([&] {
    const results::StoredRun run = results::read_stored_run(directory.path());
    const pricing::PricedRun priced =
        results::price_stored_run(run, run.config, kSource + "/configs");
    ensure(std::isfinite(priced.energy_uj()), "the energy of a stored run is finite");
  });
  directory.restore(file);
  return read;
}

}  // namespace turnpike::fuzz
