#include "sim/report/plan_json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "sim/pricing/priced_run.hpp"

namespace turnpike::report {
namespace {

using accelerator::ArrayJob;
using accelerator::Plan;
using accelerator::Stage;
using accelerator::StoredTensor;
using traces::Trace;
using Json = nlohmann::ordered_json;

Json shape_json(const LayerShape& s) {
  return {{"N", s.N}, {"G", s.G}, {"M", s.M}, {"C", s.C}, {"H", s.H},
          {"W", s.W}, {"R", s.R}, {"S", s.S}, {"U", s.U}, {"V", s.V}};
}

Json letters_json(const Mapping& mapping) {
  Json letters = Json::object();
  for (const Mapping::Letter& letter : mapping.letters) {
    letters[letter.name] = letter.value;
  }
  return letters;
}

/// A job and how often the layer does it (once; recurrent layers: once a time step).
Json job_json(const ArrayJob& job, std::size_t times, const Plan& plan) {
  const StoredTensor* input = plan.source(job.input);
  return {{"ifmap", job.input},
          {"weights", job.weight},
          {"times", times},
          {"shape", shape_json(job.shape)},
          {"weight_bits", job.weight_bits},
          {"activation_bits", job.activation_bits},
          {"psum_bits", job.psum_bits},
          {"floating", job.floating},
          {"composed_slices", job.slices},
          {"ifmap_place", input != nullptr && input->in_glb ? "glb" : "dram"},
          {"mapping", job.mapped.text},
          {"letters", letters_json(job.mapped.mapping)},
          {"passes", job.mapped.passes},
          {"active_pes", job.mapped.active_pes},
          {"estimated_cycles", job.mapped.estimated_cycles},
          {"stepped_cycles", job.mapped.stepped_cycles},
          {"stepped_energy_pj", job.mapped.stepped_energy_pj},
          {"forced", job.forced},
          {"bound", job.mapped.bound}};
}

Json jobs_json(const Stage& stage, const Plan& plan) {
  Json jobs = Json::array();
  for (const ArrayJob& job : stage.jobs) {
    if (job.step > 0) {
      continue;
    }
    const auto times = std::count_if(stage.jobs.begin(), stage.jobs.end(),
                                     [&](const ArrayJob& j) { return j.weight == job.weight; });
    jobs.push_back(job_json(job, static_cast<std::size_t>(times), plan));
  }
  return jobs;
}

Json layer_json(const Stage& stage, const Trace& trace, const Plan& plan) {
  const traces::LayerEntry& layer = trace.layers[stage.layers[0]];
  Json fused = Json::array();
  for (std::size_t i = 1; i < stage.layers.size(); ++i) {
    fused.push_back(trace.layers[stage.layers[i]].name);
  }
  std::int64_t passes = 0;
  for (const ArrayJob& job : stage.jobs) {
    passes += job.mapped.passes;
  }
  return {{"name", layer.name},
          {"op", traces::to_string(layer.op)},
          {"with", std::move(fused)},
          {"passes", passes},
          {"jobs", jobs_json(stage, plan)}};
}

/// The layer that writes or reads last, or null for the network's own inputs and outputs.
Json layer_at(std::int64_t stage, const Trace& trace, const Plan& plan) {
  if (stage < 0 || stage >= static_cast<std::int64_t>(plan.stages.size())) {
    return nullptr;
  }
  return trace.layers[plan.stages[static_cast<std::size_t>(stage)].layers[0]].name;
}

Json tensor_json(const StoredTensor& tensor, const Trace& trace, const Plan& plan) {
  return {{"name", tensor.name},
          {"bits", tensor.bits},
          {"values", tensor.values},
          {"stream", tensor.highway ? "highway" : "low"},
          {"second_copy", tensor.second},
          {"written_by", layer_at(tensor.first_stage, trace, plan)},
          {"last_read_by", layer_at(tensor.last_stage, trace, plan)},
          {"place", tensor.in_glb ? "glb" : "dram"},
          {"over", tensor.over.empty() ? Json{nullptr} : Json{tensor.over}},
          {"reason", tensor.reason}};
}

}  // namespace

std::string plan_json(const Trace& trace, const config::AcceleratorConfig& config,
                      const Plan& plan) {
  Json layers = Json::array();
  for (const Stage& stage : plan.stages) {
    layers.push_back(layer_json(stage, trace, plan));
  }
  Json tensors = Json::array();
  for (const auto& [name, tensor] : plan.tensors) {
    tensors.push_back(tensor_json(tensor, trace, plan));
  }
  Json excluded = Json::array();
  for (const std::size_t layer : plan.excluded) {
    excluded.push_back(trace.layers[layer].name);
  }
  const bool dual = config.highway.storage == config::HighwayStorage::dual;
  const Json json = {
      {"schema", "turnpike-plan/1"},
      {"accelerator", config.name},
      {"profile", config.profile},
      {"network", trace.network},
      {"policy", pricing::policy_line_of(config, plan.wider_skips)},
      {"objective", to_string(config.mapper.objective)},
      {"precision",
       {{"weight", config.precision.weight}, {"activation", config.precision.activation}}},
      {"highway",
       {{"enabled", config.highway.enabled},
        {"bits", config.highway.bits},
        {"storage", dual ? "dual" : "single"}}},
      {"glb_bits", config.glb_bits()},
      {"layers", std::move(layers)},
      {"excluded", std::move(excluded)},
      {"tensors", std::move(tensors)}};
  return json.dump(2) + '\n';
}

}  // namespace turnpike::report
