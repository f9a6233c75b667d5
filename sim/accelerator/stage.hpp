#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dataflow/mapping_problem.hpp"
#include "sim/accelerator/planning_aids.hpp"
#include "sim/config/accelerator_config.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// Width float operands are moved and priced at on the array.
inline constexpr int kFloatOperandBits = 16;

/// One run of the array: a convolution, an fc layer, or one matrix-vector product of a time step.
struct ArrayJob {
  LayerShape shape;
  std::string input;      ///< tensor of the activations
  std::string weight;     ///< tensor of the weights
  std::int64_t step = 0;  ///< recurrent layers: the time step
  int weight_bits = 16;   ///< what the operands are priced and moved at
  int activation_bits = 16;
  int psum_bits = 16;
  bool midrise = false;
  bool floating = false;    ///< a float operand: 16-bit shapes, computed in double
  std::int64_t slices = 1;  ///< MAC slots a MAC takes when composed of narrow ones
  int stored_bits = 0;  ///< > 0: the ifmap lies in memory only as a highway tensor of so many bits
  dataflow::MappingProblem problem;  ///< what `mapped` answers
  dataflow::MappedJob mapped;
  std::vector<dataflow::MappedJob> runners_up;  ///< of the search, up to three
  std::string forced;  ///< what the mapping chosen beside the stage's own tensors lacks room for;
                       ///< empty if `mapped` is that one

  /// The layer as the array sees it: the slices of a composed one are channels.
  [[nodiscard]] LayerShape array_shape() const;
};

/// Layers that run as one: an array layer with the element-wise layers that work on its psums as
/// they are read out, or such layers alone. Tensors read only inside the stage are never stored.
struct Stage {
  std::vector<std::size_t> layers;  ///< indices into the trace, in order
  bool has_array = false;           ///< then layers[0] runs on the array
  std::vector<ArrayJob> jobs;       ///< identical jobs of later time steps included
};

/// A tensor that is written to memory and read again.
struct StoredTensor {
  std::string name;
  int bits = 16;  ///< as stored
  std::int64_t values = 0;
  bool highway = false;
  int low_bits = 0;     ///< highway: width the low-precision machine would have stored
  bool single = false;  ///< the one copy: what reads it in low precision quantizes as it reads
  bool second = false;  ///< highway: stored besides the low-precision copy it is quantized to
  std::int64_t first_stage = -1;  ///< that writes it; -1: an input of the network
  std::int64_t last_stage = -1;   ///< that reads it; number of stages: an output of the network
  bool in_glb = false;
  std::int64_t lines = 0;  ///< of the global buffer that hold it
  std::string over;    ///< tensor this one is written over in place, value by value; empty for none
  std::string reason;  ///< why it lies where it lies
};

/// What a run will do, before any cycle is simulated.
struct Plan {
  std::vector<Stage> stages;
  std::map<std::string, StoredTensor> tensors;
  /// highway.storage: single: low-precision tensors that are not stored, with the highway tensor
  /// they are quantized from whenever they are read.
  std::map<std::string, std::string> quantized_on_read;
  std::set<std::string> first_last;  ///< the layers of the whole network layers.first_last is about
  std::vector<std::size_t> excluded;  ///< layers left out by first_last: excluded
  /// Without highway: stored skips of more bits than the codes their other readers take.
  std::vector<std::string> wider_skips;

  [[nodiscard]] const StoredTensor* stored(const std::string& tensor) const;
  /// What is read in place of `tensor`: itself, or the highway tensor it is quantized from.
  [[nodiscard]] const StoredTensor* source(const std::string& tensor) const;
};

/// Groups the layers, finds a mapping for every job and decides which tensors stay in the buffer.
/// InputError (exit 2) if a layer cannot be mapped or is wider than the machine.
[[nodiscard]] Plan make_plan(const traces::Trace& trace, const config::AcceleratorConfig& config,
                             const PlanningAids& aids = {});
/// The same for some layers of a network whose first and last are `first_last`.
[[nodiscard]] Plan make_plan(const traces::Trace& trace, const config::AcceleratorConfig& config,
                             std::set<std::string> first_last, const PlanningAids& aids = {});

/// Names of the stored skips of a trace without highway that are wider than the codes their other
/// readers take (Plan::wider_skips), without finding mappings.
[[nodiscard]] std::vector<std::string> wider_skips(const traces::Trace& trace,
                                                   const config::AcceleratorConfig& config);

/// What the mapper is asked for a job in `free_bits` of buffer, without the weights.
[[nodiscard]] dataflow::MappingProblem mapper_problem(const ArrayJob& job,
                                                      const config::AcceleratorConfig& config,
                                                      std::int64_t free_bits, bool ifmap_resident);

/// True for conv, fc, lstm, gru.
[[nodiscard]] bool runs_on_array(traces::Op op);

// Steps of make_plan, in files of their own.
[[nodiscard]] std::vector<Stage> group_layers(const traces::Trace& trace);
void make_jobs(const traces::Trace& trace, const config::AcceleratorConfig& config, Plan& plan);
void find_stored_tensors(const traces::Trace& trace, const config::AcceleratorConfig& config,
                         Plan& plan);
void allocate_and_map(const traces::Trace& trace, const config::AcceleratorConfig& config,
                      const PlanningAids& aids, Plan& plan);

}  // namespace turnpike::accelerator
