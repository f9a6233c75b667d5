#include "sim/accelerator/schedule.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memory/run_length_codec.hpp"
#include "pe/array_kinds.hpp"
#include "sim/accelerator/accounting.hpp"
#include "sim/accelerator/buffer_access.hpp"
#include "sim/accelerator/coded_map.hpp"
#include "sim/accelerator/operands.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Trace;

constexpr std::int64_t kAlignment = 4096;

/// `values` of `bits`, of which the low-precision machine would move `low_bits`, from a byte
/// address on.
Transfer make_transfer(std::uint64_t values, int bits, int low_bits, std::int64_t address,
                       Operand operand, bool write) {
  Transfer t;
  t.address = address;
  t.write = write;
  t.operand = operand;
  t.values = values;
  t.bits = bits;
  t.low_bits = low_bits;
  t.words = words_for(values, bits);
  t.low_words = low_bits > 0 ? words_for(values, low_bits) : 0;
  t.payload_bits = values * unsigned_of(bits);
  return t;
}

/// Channels of a group.
struct Channels {
  std::int64_t first = 0, count = 0;
};

/// The channels that are fetched of those a pass needs; of a composed layer, whose slices are
/// channels to the array, those whose last slice is in the pass.
Channels whole_channels(const ArrayJob& job, std::int64_t channel0, std::int64_t channels) {
  const std::int64_t first = channel0 / job.slices;
  return {first, (channel0 + channels) / job.slices - first};
}

/// The same of a pass's ifmap, counted through all groups.
pe::IfmapPart whole_part(const ArrayJob& job, const pe::PassFootprint& pass) {
  pe::IfmapPart part = pass.ifmap;
  const Channels whole = whole_channels(job, part.channel0, part.channels);
  part.channel0 = pass.group * job.shape.C + whole.first;
  part.channels = whole.count;
  return part;
}

class Scheduler {
 public:
  Scheduler(const Trace& trace, const config::AcceleratorConfig& config, const Plan& plan)
      : trace_{trace}, config_{config}, plan_{plan}, array_{pe::make_array_model(config)} {}

  Schedule run() {
    Schedule schedule;
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      schedule.stages.push_back(schedule_stage(s));
    }
    return schedule;
  }

 private:
  /// Byte address of a tensor or weight, given out when first asked for.
  std::int64_t address_of(const std::string& name, std::uint64_t words) {
    const auto [found, added] = addresses_.emplace(name, next_address_);
    if (added) {
      next_address_ += (signed_of(words) * 8 + kAlignment - 1) / kAlignment * kAlignment;
    }
    return found->second;
  }

  StageSchedule schedule_stage(std::size_t s) {
    const Stage& stage = plan_.stages[s];
    StageSchedule out;
    for (const ArrayJob& job : stage.jobs) {
      out.jobs.push_back(schedule_job(trace_.layers[stage.layers[0]], job));
      for (PassTask& task : out.jobs.back().passes) {
        task.filter.stage = task.ifmap.stage = s;
      }
    }
    add_post_transfers(s, out);
    return out;
  }

  JobSchedule schedule_job(const LayerEntry& layer, const ArrayJob& job) {
    JobSchedule out;
    const StoredTensor* input = plan_.source(job.input);
    const bool from_dram = input != nullptr && !input->in_glb;
    out.ifmap_ready_stage = input == nullptr ? -1 : input->first_stage;
    const traces::TensorEntry& weight = trace_.tensor(job.weight);
    // DRAM holds operands at their own width, whatever the machine's.
    const int weight_bits = weight.is_float() ? job.weight_bits : weight.bits;
    const int ifmap_bits = input == nullptr ? job.activation_bits : input->bits;
    const auto weight_count = unsigned_of(weight.data.size());
    const std::int64_t weight_address =
        address_of(job.weight, words_for(weight_count, weight_bits));
    const std::int64_t ifmap_address =
        from_dram ? address_of(job.input, words_for(unsigned_of(input->values), ifmap_bits)) : 0;
    const std::optional<CodedMap> map = from_dram ? coded_map(layer, job, *input) : std::nullopt;
    array_->for_each_pass(job.array_shape(), job.mapped.mapping,
                          [&](const pe::ArrayPass& pass, const pe::PassFootprint& footprint) {
                            PassTask task;
                            task.pass = pass;
                            task.first_psums = footprint.first_psums;
                            task.final_psums = unsigned_of(footprint.final_psums);
                            if (footprint.new_filter) {
                              task.filter = filters(job, footprint, weight_bits, weight_address);
                              task.filter_words_ahead = words_ahead(task.filter);
                            }
                            if (from_dram && footprint.new_ifmap) {
                              const pe::IfmapPart part = whole_part(job, footprint);
                              task.ifmap = ifmap_tile(job, part, *input, ifmap_address);
                              if (map) {
                                set_coded_words(task.ifmap, unsigned_of(map->words(part)));
                              }
                            }
                            out.passes.push_back(task);
                          });
    return out;
  }

  [[nodiscard]] static Transfer filters(const ArrayJob& job, const pe::PassFootprint& pass,
                                        int bits, std::int64_t address) {
    const pe::FilterPart& part = pass.filter;
    const Channels whole = whole_channels(job, part.channel0, part.channels);
    const std::int64_t first =
        ((pass.group * job.shape.M + part.filter0) * job.shape.C + whole.first * part.filters) *
        job.shape.R * job.shape.S;
    return make_transfer(unsigned_of(part.filters * whole.count * part.taps), bits, bits,
                         address + signed_of(words_for(unsigned_of(first), bits)) * 8,
                         Operand::filter, false);
  }

  /// Passes in the order they run: the one before, of whatever layer, holds its filters meanwhile.
  std::uint64_t words_ahead(const Transfer& filters) {
    if (filters.words == 0) {
      return 0;
    }
    const std::uint64_t ahead = filter_words_ahead(config_, filters, held_filter_bits_);
    held_filter_bits_ = filter_buffer_bits(config_, filters);
    return ahead;
  }

  /// The part of the ifmap a pass needs, halo and padding included.
  [[nodiscard]] static Transfer ifmap_tile(const ArrayJob& job, const pe::IfmapPart& part,
                                           const StoredTensor& input, std::int64_t address) {
    const LayerShape& s = job.shape;
    const std::int64_t first = ((part.image0 * s.G * s.C + part.channel0) * s.H + part.row0) * s.W;
    return make_transfer(unsigned_of(part.values()), input.bits, input.low_bits,
                         address + signed_of(words_for(unsigned_of(first), input.bits)) * 8,
                         Operand::ifmap, false);
  }

  /// A whole tensor as the run-length coder leaves it.
  Transfer coded(Transfer t, const StoredTensor& tensor) {
    const memory::RunLengthChoice& choice = choice_of(tensor);
    if (choice.encoded) {
      set_coded_words(t, unsigned_of(choice.words));
    }
    return t;
  }

  /// Of a tensor no wider than the low-precision machine's every word is low, however many more
  /// than plain ones the code takes.
  static void set_coded_words(Transfer& t, std::uint64_t words) {
    t.words = words;
    t.low_words = t.low_bits >= t.bits ? words : std::min(t.low_words, words);
    t.payload_bits = t.words * 64;  // a coded word has no slack to speak of
    t.coded = true;
  }

  [[nodiscard]] std::optional<CodedMap> coded_map(const LayerEntry& layer, const ArrayJob& job,
                                                  const StoredTensor& input) {
    if (!choice_of(input).encoded) {
      return std::nullopt;
    }
    const LayerShape& s = job.shape;
    memory::RunLengthCode code;
    code.level_bits = input.bits;
    return CodedMap{
        code, {s.N, s.G * s.C, s.H, s.W}, stored_zeros(trace_.tensor(input.name), layer, job)};
  }

  const memory::RunLengthChoice& choice_of(const StoredTensor& tensor) {
    const auto found = choices_.find(tensor.name);
    if (found != choices_.end()) {
      return found->second;
    }
    memory::RunLengthChoice choice;
    if (config_.rlc != config::RunLengthMode::off) {
      const traces::TensorEntry& entry = trace_.tensor(tensor.name);
      memory::RunLengthCode code;
      code.level_bits = tensor.bits;
      Tensor codes = entry.data;
      if (entry.is_float()) {  // only which values are zero counts for the size
        std::vector<std::uint8_t> marks;
        marks.reserve(static_cast<std::size_t>(entry.data.size()));
        entry.data.visit([&marks](const auto& values) {
          for (const auto value : values) {
            marks.push_back(static_cast<std::uint8_t>(value == 0 ? 0 : 1));
          }
        });
        codes = Tensor{entry.data.shape(), std::move(marks)};
      } else if (entry.has_zero()) {
        code.zero_code = static_cast<std::int64_t>(entry.zero_point);
      } else {
        code.zero_code.reset();
      }
      choice =
          memory::choose_run_length(config_.rlc, memory::plain_words(tensor.values, tensor.bits),
                                    memory::run_length_words(code, codes));
    }
    return choices_.emplace(tensor.name, choice).first->second;
  }

  /// Stored outputs of the stage that go to DRAM, and operands of its element-wise layers that
  /// come from there.
  void add_post_transfers(std::size_t s, StageSchedule& out) {
    const auto at = static_cast<std::int64_t>(s);
    for (const std::size_t index : plan_.stages[s].layers) {
      const LayerEntry& layer = trace_.layers[index];
      if (!runs_on_array(layer.op)) {
        for (const std::string& input : layer.inputs) {
          const StoredTensor* stored = plan_.source(input);
          if (stored != nullptr && !stored->in_glb && stored->first_stage != at) {
            out.whole.reads.push_back(whole_tensor(*stored, false, s));
            out.whole.reads.back().skip = true;
          }
        }
      }
      const StoredTensor* stored = plan_.stored(layer.output);
      if (stored != nullptr && !stored->in_glb) {
        out.whole.writes.push_back(whole_tensor(*stored, true, s));
      }
    }
    out.post = post_work(trace_, config_, plan_, s);
    out.whole.values = out.post.values;
    out.whole.lines = out.post.lines;
  }

  Transfer whole_tensor(const StoredTensor& tensor, bool write, std::size_t stage) {
    const auto values = unsigned_of(tensor.values);
    const std::int64_t address = address_of(tensor.name, words_for(values, tensor.bits));
    Transfer t = coded(make_transfer(values, tensor.bits, low_share(tensor, write), address,
                                     write ? Operand::ofmap : Operand::ifmap, write),
                       tensor);
    t.stage = stage;
    return t;
  }

  /// Bits of a value the low-precision machine would move through DRAM too. Of two copies it writes
  /// the other one; what it reads as the skip operand comes from DRAM only if it spills.
  [[nodiscard]] int low_share(const StoredTensor& tensor, bool write) const {
    if (!tensor.highway || tensor.single) {
      return tensor.low_bits;
    }
    const bool kept = config_.feature_maps == config::FeatureMaps::keep;
    return kept || (write && tensor.second) ? 0 : tensor.low_bits;
  }

  const Trace& trace_;
  const config::AcceleratorConfig& config_;
  const Plan& plan_;
  std::unique_ptr<pe::ArrayModel> array_;
  std::map<std::string, std::int64_t> addresses_;
  std::map<std::string, memory::RunLengthChoice> choices_;
  std::int64_t next_address_ = 0;
  std::uint64_t held_filter_bits_ = 0;  ///< in the filter buffer, of the pass before
};

/// Words [from, to) of `whole`.
Transfer cut(const Transfer& whole, std::uint64_t before, std::uint64_t after,
             std::uint64_t total) {
  const auto at = [total](std::uint64_t amount, std::uint64_t position) {
    return amount * position / total;
  };
  Transfer part = whole;
  const std::uint64_t first = at(whole.words, before);
  part.words = at(whole.words, after) - first;
  // By words, not by values: so no part has more low words than words.
  const auto low_at = [&whole](std::uint64_t word) {
    return whole.words == 0 ? 0 : whole.low_words * word / whole.words;
  };
  part.low_words = low_at(first + part.words) - low_at(first);
  part.values = at(whole.values, after) - at(whole.values, before);
  part.payload_bits = at(whole.payload_bits, after) - at(whole.payload_bits, before);
  part.address += signed_of(first) * 8;
  return part;
}

}  // namespace

Transfer words_of(const Transfer& whole, std::uint64_t from, std::uint64_t to) {
  return from == 0 && to == whole.words ? whole : cut(whole, from, to, whole.words);
}

TileTask tile_share(const StageSchedule& stage, std::uint64_t before, std::uint64_t values) {
  TileTask tile;
  tile.values = values;
  const auto share = [&](std::uint64_t amount) {
    return amount * (before + values) / stage.whole.values - amount * before / stage.whole.values;
  };
  tile.lines = {.ifmap = share(stage.whole.lines.ifmap),
                .psum = share(stage.whole.lines.psum),
                .maps = share(stage.whole.lines.maps)};
  for (const Transfer& read : stage.whole.reads) {
    tile.reads.push_back(cut(read, before, before + values, stage.whole.values));
  }
  for (const Transfer& write : stage.whole.writes) {
    tile.writes.push_back(cut(write, before, before + values, stage.whole.values));
  }
  return tile;
}

Schedule make_schedule(const Trace& trace, const config::AcceleratorConfig& config,
                       const Plan& plan) {
  return Scheduler{trace, config, plan}.run();
}

}  // namespace turnpike::accelerator
