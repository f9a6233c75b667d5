#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "models/derived_trace.hpp"
#include "models/import/import_model.hpp"
#include "models/import/npy_folder.hpp"
#include "sim/base/printable.hpp"
#include "sim/report/text_table.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"
#include "tools/quantized_trace.hpp"
#include "tools/replaceable.hpp"
#include "tools/trace_views.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_summary.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

struct TraceOptions {
  std::string input;
  std::string other;  ///< diff
  TraceOutput output;
  QuantizeSettings quantize;
  std::string highway;           ///< derive: on or off
  models::HighwayWanted wanted;  ///< derive
  bool json = false;
};

Json layer_json(const traces::LayerSummary& layer) {
  return {{"name", layer.name},
          {"op", traces::to_string(layer.op)},
          {"output_shape", layer.output_shape},
          {"macs", layer.macs},
          {"weight_bits", layer.weight_bits ? Json(*layer.weight_bits) : Json(nullptr)},
          {"input_bits", layer.input_bits},
          {"output_bits", layer.output_bits},
          {"input_zeros", layer.input_zeros ? Json(*layer.input_zeros) : Json(nullptr)}};
}

Json summary_json(const std::string& digest, const traces::TraceSummary& summary, bool layers) {
  Json bits = Json::object();
  for (const auto& [width, count] : summary.tensors_of_bits) {
    bits[fmt::format("{}", width)] = count;
  }
  Json json = {{"schema", "turnpike-trace-info/1"},
               {"network", summary.network},
               {"layout", summary.layout},
               {"batch", summary.batch},
               {"highway", {{"enabled", summary.highway.enabled}, {"bits", summary.highway.bits}}},
               {"digest", digest},
               {"macs", summary.macs},
               {"bytes", summary.bytes},
               {"tensors", summary.tensors},
               {"float_tensors", summary.float_tensors},
               {"tensors_of_bits", std::move(bits)},
               {"highway_tensors", summary.highway_tensors},
               {"notes", summary.notes}};
  for_each_field<traces::Provenance>([&](const auto& field) {
    if (const auto value = fetch(field.place, summary.source)) {
      json["source"][std::string{field.label.name}] = *value;
    }
  });
  if (layers) {
    json["layers"] = Json::array();
    for (const traces::LayerSummary& layer : summary.layers) {
      json["layers"].push_back(layer_json(layer));
    }
  }
  return json;
}

std::string first_line(const std::string& digest, const traces::TraceSummary& summary) {
  const std::string said = to_string(summary.source);
  return fmt::format(
      "{}: {} layers, {} tensors ({} float), {} MACs, batch {}, highway {}, digest "
      "{}\n{}",
      printable(summary.network), summary.layers.size(), summary.tensors, summary.float_tensors,
      summary.macs, summary.batch,
      summary.highway.enabled ? fmt::format("{} bit", summary.highway.bits) : "off", digest,
      said.empty() ? "" : fmt::format("source: {}\n", printable(said)));
}

void print_notes(const CommonOptions& common, const traces::TraceSummary& summary) {
  for (const std::string& note : summary.notes) {
    print_note(common, "note: " + note);
  }
}

/// Opens a trace, reads its elements once and checks all that FORMAT.md demands.
struct ReadTrace {
  ReadTrace(const std::string& path, const CommonOptions& common) {
    const traces::OpenTrace trace = traces::open_trace(path);
    ReadingProgress progress{trace, common};
    const traces::TraceScan scan = traces::scan_trace(
        trace, [&progress](const std::string& tensor) { progress.note(tensor); });
    digest = scan.digest;
    summary = traces::summarize(trace, scan);
  }

  std::string digest;
  traces::TraceSummary summary;
};

int check_trace(const TraceOptions& options, const CommonOptions& common) {
  const auto [digest, summary] = ReadTrace{options.input, common};
  if (options.json) {
    print_json(summary_json(digest, summary, false).dump(2));
  } else {
    print_text(common, "valid trace. " + first_line(digest, summary));
  }
  print_notes(common, summary);
  return static_cast<int>(ExitCode::ok);
}

int show_trace(const TraceOptions& options, const CommonOptions& common) {
  const auto [digest, summary] = ReadTrace{options.input, common};
  if (options.json) {
    print_json(summary_json(digest, summary, true).dump(2));
    return static_cast<int>(ExitCode::ok);
  }
  report::TextTable table{
      {"layer", "op", "output", "MACs", "weight bits", "input bits", "output bits", "zeros %"}};
  table.left({1, 2});
  for (const traces::LayerSummary& layer : summary.layers) {
    table.add({layer.name, std::string{traces::to_string(layer.op)},
               turnpike::to_string(layer.output_shape), fmt::format("{}", layer.macs),
               layer.weight_bits ? fmt::format("{}", *layer.weight_bits) : "",
               fmt::format("{}", layer.input_bits), fmt::format("{}", layer.output_bits),
               layer.input_zeros ? fmt::format("{:.1f}", 100.0 * *layer.input_zeros) : ""});
  }
  const std::string highway = summary.highway_tensors.empty()
                                  ? "none"
                                  : fmt::format("{}", fmt::join(summary.highway_tensors, ", "));
  print_text(common, fmt::format("{}\n{}highway tensors: {}\n", first_line(digest, summary),
                                 table.to_string(table_width(common)), highway));
  print_notes(common, summary);
  return static_cast<int>(ExitCode::ok);
}

int save(const traces::Trace& trace, const std::string& path, const CommonOptions& common) {
  traces::write_trace(trace, path);
  print_text(common,
             fmt::format("{}: {} layers, {} tensors, digest {}\n", path, trace.layers.size(),
                         trace.tensors().size(), traces::trace_digest(trace)));
  return static_cast<int>(ExitCode::ok);
}

int convert_trace(const TraceOptions& options, const CommonOptions& common) {
  if (!options.output.force) {
    check_trace_output(options.output.path);
  }
  return save(traces::read_trace(options.input), options.output.path, common);
}

void add_readers(CLI::App& trace, const std::shared_ptr<TraceOptions>& options,
                 const CommonOptions& common, Action& chosen) {
  const auto add = [&](const char* name, const char* description,
                       int (*action)(const TraceOptions&, const CommonOptions&)) {
    auto* command = trace.add_subcommand(name, description);
    command->add_option("trace", options->input, "an .npz file, or a directory")->required();
    command->add_flag("--json", options->json, "print JSON instead of text");
    add_examples(*command, {fmt::format("turnpike trace {} lstm.npz", name)});
    command->callback([options, action, &common, &chosen] {
      chosen = [options, action, &common] { return action(*options, common); };
    });
  };
  add("check", "read a trace and check all that traces/FORMAT.md demands", check_trace);
  add("info", "layers, shapes, bits and zeros of a trace", show_trace);
  add("stats", "zeros, ranges, entropy and the bits that codes really use",
      [](const TraceOptions& chosen_options, const CommonOptions& all) {
        return show_trace_stats(chosen_options.input, chosen_options.json, all);
      });
}

void add_diff(CLI::App& trace, const std::shared_ptr<TraceOptions>& options,
              const CommonOptions& common, Action& chosen) {
  auto* command = trace.add_subcommand(
      "diff", "where two traces part: programs, then values by layer (exit 1 if they do)");
  command->add_option("a", options->input, "an .npz file, or a directory")->required();
  command->add_option("b", options->other, "the same, to be compared with it")->required();
  command->add_flag("--json", options->json, "print JSON instead of text");
  add_examples(*command, {"turnpike trace diff lstm.npz lstm"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] {
      return diff_traces(options->input, options->other, options->json, common);
    };
  });
}

}  // namespace

/// Arrays have bits of their own: there is nothing to quantize.
int write_folder(const TraceOptions& options, const CommonOptions& common) {
  if (!(quantize_options(options.quantize) == models::QuantizeOptions{}) ||
      options.quantize.ifmap_zeros || options.quantize.weights) {
    throw InputError{{options.input, 0, 0},
                     "brings its own numbers and bits; leave out precision, layers, highway, "
                     "weights and --ifmap-zeros"};
  }
  if (!options.output.force) {
    check_trace_output(options.output.path);
  }
  return save(models::read_npy_folder(options.input), options.output.path, common);
}

void add_import(CLI::App& trace, const std::shared_ptr<TraceOptions>& options,
                const CommonOptions& common, Action& chosen) {
  auto* command = trace.add_subcommand(
      "import", "a workload of another simulator, or a model, as a trace (docs/importing.md)");
  command
      ->add_option("from", options->input,
                   "SCALE-Sim .csv, Timeloop, AccelForge or ZigZag .yaml, .onnx, .tflite, or a "
                   "folder of .npy arrays")
      ->required();
  command
      ->add_option("--ifmap-zeros", options->quantize.ifmap_zeros,
                   "share of zeros of what a layer reads, where no layer writes it")
      ->check(CLI::Range(0.0, 1.0));
  add_quantize_options(*command, options->quantize);
  add_trace_output(*command, options->output);
  add_examples(*command,
               {"turnpike trace import tests/models/import/models/topology.csv -o net.npz"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] {
      if (models::is_npy_folder(options->input)) {
        return write_folder(*options, common);
      }
      if (!models::is_importable(options->input)) {
        throw FileError{{options->input, 0, 0},
                        "is no file that is imported: SCALE-Sim .csv, Timeloop, AccelForge or "
                        "ZigZag .yaml, .onnx, .tflite, or a folder with model.csv"};
      }
      return write_quantized(options->input, options->quantize, options->output, common);
    };
  });
}

void add_derive(CLI::App& trace, const std::shared_ptr<TraceOptions>& options,
                const CommonOptions& common, Action& chosen) {
  auto* command = trace.add_subcommand(
      "derive", "the same trace with its highway on or off, computed anew (run does it by --set)");
  command->add_option("from", options->input, "an .npz file, or a directory")->required();
  command->add_option("--highway", options->highway, "on or off")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  command->add_option("--highway-bits", options->wanted.bits, "its width, 4..32")
      ->check(CLI::Range(4, 32))
      ->capture_default_str();
  command->add_option("--edges", options->wanted.edges, "which skips, as highway.edges")
      ->capture_default_str();
  add_trace_output(*command, options->output);
  add_examples(*command,
               {"turnpike trace derive traces/samples/tiny_residual.npz --highway off -o a.npz"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] {
      if (!options->output.force) {
        check_trace_output(options->output.path);
      }
      options->wanted.enabled = options->highway == "on";
      const traces::Trace from = traces::read_trace(options->input);
      if (from.highway.enabled == options->wanted.enabled) {
        throw InputError{
            {"--highway", 0, 0},
            fmt::format("the highway of '{}' is {} already", options->input, options->highway)};
      }
      return save(models::with_highway_as(from, options->wanted), options->output.path, common);
    };
  });
}

void add_trace(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* trace =
      app.add_subcommand("trace", "traces: check, show, compare, import, derive, export, convert");
  trace->require_subcommand(1);
  auto options = std::make_shared<TraceOptions>();
  add_readers(*trace, options, common, chosen);
  auto* exported = trace->add_subcommand("export", "quantize a network and write its trace");
  exported->add_option("model", options->input, "zoo:NAME or a network .yaml")->required();
  add_quantize_options(*exported, options->quantize);
  add_trace_output(*exported, options->output);
  add_examples(*exported, {"turnpike trace export zoo:lstm300 --precision 4 -o lstm4.npz"});
  exported->callback([options, &common, &chosen] {
    chosen = [options, &common] {
      return write_quantized(options->input, options->quantize, options->output, common);
    };
  });
  add_import(*trace, options, common, chosen);
  add_derive(*trace, options, common, chosen);
  auto* convert = trace->add_subcommand("convert", "rewrite a trace as .npz or as a directory");
  convert->add_option("from", options->input, "an .npz file, or a directory")->required();
  convert->add_option("to", options->output.path, "trace: .npz, or a new directory")->required();
  add_force(*convert, options->output);
  add_examples(*convert, {"turnpike trace convert lstm.npz lstm"});
  convert->callback([options, &common, &chosen] {
    chosen = [options, &common] { return convert_trace(*options, common); };
  });
  add_diff(*trace, options, common, chosen);
}

}  // namespace turnpike::tools
