#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/pricing/priced_run.hpp"
#include "sim/report/text_table.hpp"
#include "sim/run/run.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

struct MapOptions {
  config::ConfigSources sources;
  std::string network;
  std::string layers = "*";
  bool json = false;
};

/// Jobs that pose the same problem and got the same answer.
struct MappedGroup {
  std::vector<std::string> layers;
  const accelerator::ArrayJob* job = nullptr;
  bool given = false;  ///< the network asks for this mapping

  /// The plan's, then the next best ones.
  [[nodiscard]] std::vector<dataflow::MappedJob> ranked() const {
    std::vector<dataflow::MappedJob> all{job->mapped};
    all.insert(all.end(), job->runners_up.begin(), job->runners_up.end());
    return all;
  }
};

std::vector<MappedGroup> distinct_layers(const PlannedRun& run) {
  std::vector<MappedGroup> groups;
  for (const accelerator::Stage& stage : run.plan.stages) {
    const traces::LayerEntry& layer = run.trace->layers[stage.layers[0]];
    for (const accelerator::ArrayJob& job : stage.jobs) {
      if (job.step > 0) {
        continue;
      }
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const MappedGroup& group) {
        return group.job->problem == job.problem && group.job->mapped.mapping == job.mapped.mapping;
      });
      if (same == groups.end()) {
        groups.push_back(
            {{layer.name}, &job, layer.mapping && layer.mapping->kind == job.mapped.mapping.kind});
      } else if (same->layers.back() != layer.name) {
        same->layers.push_back(layer.name);
      }
    }
  }
  return groups;
}

std::string names_of(const MappedGroup& group) {
  return group.layers.size() == 1
             ? group.layers.front()
             : fmt::format("{} (+ {} alike)", group.layers.front(), group.layers.size() - 1);
}

std::string shape_text(const LayerShape& s) {
  return fmt::format("N{} G{} M{} C{} H{} W{} R{} S{} U{}", s.N, s.G, s.M, s.C, s.H, s.W, s.R, s.S,
                     s.U);
}

/// A candidate that cannot be within the slack is dropped before all its passes are stepped.
bool weighed(const dataflow::MappedJob& mapped) {
  return mapped.stepped_cycles > 0;
}

std::string map_table(const PlannedRun& run, const std::vector<MappedGroup>& groups,
                      report::TableWidth width) {
  report::TextTable table{{"layer", "rank", "mapping", "at least", "cycles", "uJ", "passes", "PEs",
                           "bound", "shape", "bits w x a, psum", "ifmap"}};
  table.left({1, 2, 8, 9, 10, 11});
  std::string forced;
  for (const MappedGroup& group : groups) {
    if (!group.job->forced.empty()) {
      forced += fmt::format("mapping of '{}': {}\n", group.layers.front(), group.job->forced);
    }
    const std::vector<dataflow::MappedJob> ranked = group.ranked();
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      const dataflow::MappedJob& m = ranked[i];
      std::vector<std::string> row = {
          i == 0 ? names_of(group) : "",
          i > 0         ? fmt::format("{}", i + 1)
          : group.given ? "given"
                        : "chosen",
          m.text,
          fmt::format("{}", m.estimated_cycles),
          weighed(m) ? fmt::format("{}", m.stepped_cycles) : "-",
          weighed(m) ? fmt::format("{:.1f}", m.stepped_energy_pj * 1e-6) : "-",
          fmt::format("{}", m.passes),
          fmt::format("{}", m.active_pes),
          m.bound};
      if (i == 0) {
        row.push_back(shape_text(group.job->shape));
        row.push_back(fmt::format("{} x {}, {}", group.job->weight_bits, group.job->activation_bits,
                                  group.job->psum_bits));
        row.emplace_back(group.job->problem.budget.ifmap_resident ? "glb" : "dram");
      }
      table.add(std::move(row));
    }
  }
  return table.to_string(width) + forced +
         pricing::policy_line_of(run.config, run.plan.wider_skips) + '\n';
}

Json mapping_json(const dataflow::MappedJob& layer) {
  Json letters = Json::object();
  for (const Mapping::Letter& letter : layer.mapping.letters) {
    letters[letter.name] = letter.value;
  }
  return {{"mapping", layer.text},
          {"letters", std::move(letters)},
          {"estimated_cycles", layer.estimated_cycles},
          {"stepped_cycles", layer.stepped_cycles},
          {"stepped_energy_pj", layer.stepped_energy_pj},
          {"passes", layer.passes},
          {"active_pes", layer.active_pes},
          {"bound", layer.bound}};
}

std::string map_json(const PlannedRun& run, const std::vector<MappedGroup>& groups) {
  Json layers = Json::array();
  for (const MappedGroup& group : groups) {
    const LayerShape& s = group.job->shape;
    Json runners_up = Json::array();
    for (const dataflow::MappedJob& mapped : group.job->runners_up) {
      runners_up.push_back(mapping_json(mapped));
    }
    layers.push_back({{"layers", group.layers},
                      {"shape",
                       {{"N", s.N},
                        {"G", s.G},
                        {"M", s.M},
                        {"C", s.C},
                        {"H", s.H},
                        {"W", s.W},
                        {"R", s.R},
                        {"S", s.S},
                        {"U", s.U},
                        {"V", s.V}}},
                      {"weight_bits", group.job->weight_bits},
                      {"activation_bits", group.job->activation_bits},
                      {"psum_bits", group.job->psum_bits},
                      {"ifmap_place", group.job->problem.budget.ifmap_resident ? "glb" : "dram"},
                      {"buffer_bits", group.job->problem.budget.bits},
                      {"given", group.given},
                      {"forced", group.job->forced},
                      {"chosen", mapping_json(group.job->mapped)},
                      {"runners_up", std::move(runners_up)}});
  }
  const Json json = {{"schema", "turnpike-map/1"},
                     {"accelerator", run.config.name},
                     {"network", run.trace->network},
                     {"objective", to_string(run.config.mapper.objective)},
                     {"policy", pricing::policy_line_of(run.config, run.plan.wider_skips)},
                     {"layers", std::move(layers)}};
  return json.dump(2) + '\n';
}

int map_network(const MapOptions& options, const CommonOptions& common) {
  const auto config = load_accelerator(options.sources, common);
  const auto workload = open_workload(options.network, common);
  RunOptions experiment;
  experiment.config_root = common.config_root;
  experiment.layers = options.layers;
  experiment.simulation.memo_file = default_memo_file();
  experiment.note = [&common](const std::string& note) { print_note(common, "note: " + note); };
  const PlannedRun run = plan_run(config, workload, experiment);
  const std::vector<MappedGroup> groups = distinct_layers(run);
  if (options.json) {
    print_json(map_json(run, groups));
  } else {
    print_text(common, map_table(run, groups, table_width(common)));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_map(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("map",
                                     "the mapping of each layer, what limits it, and the "
                                     "next best ones");
  auto options = std::make_shared<MapOptions>();
  add_configuration_options(*command, options->sources);
  command
      ->add_option("--network", options->network,
                   "zoo:NAME, a network .yaml, or a trace (.npz or directory)")
      ->required();
  command->add_option("--layers", options->layers, "only layers whose name matches this pattern")
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON instead of a table");
  add_examples(*command, {"turnpike map precision-highway --network zoo:alexnet --layers 'conv?'",
                          "turnpike map eyeriss-chip --network alexnet --wide"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return map_network(*options, common); };
  });
}

}  // namespace turnpike::tools
