#include "sim/accelerator/buffer_ports.hpp"

#include <algorithm>
#include <numeric>

#include "dataflow/mapping.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

using memory::GlbType;

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

/// `amount` x `part` / `whole`.
std::uint64_t share(std::uint64_t amount, std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? amount : amount * part / whole;
}

std::uint64_t beyond(std::uint64_t needed, std::uint64_t had) {
  return needed > had ? needed - had : 0;
}

}  // namespace

memory::GlbShape glb_shape_of(const AcceleratorConfig& config) {
  return memory::glb_shape({config.glb_bytes_at_16_bit, static_cast<int>(config.glb_banks),
                            static_cast<int>(config.glb_line_values),
                            static_cast<int>(std::max<std::int64_t>(config.glb_latency_cycles, 1))},
                           config.machine_bits(),
                           config.glb_bank_per_type ? memory::GlbShape::Allocation::banks
                                                    : memory::GlbShape::Allocation::lines,
                           {"glb.bytes_at_16_bit", 0, 0});
}

void BufferUser::begins(std::uint64_t at, const BufferLines& lines, std::uint64_t clocks) {
  const BufferLines before =
      jobs_.empty() ? BufferLines{} : jobs_.back().before + jobs_.back().lines;
  jobs_.push_back({at, at + clocks, before, lines});
  busy_ = true;
}

void BufferUser::begins_alike(std::uint64_t at) {
  const Job last = jobs_.empty() ? Job{} : jobs_.back();
  begins(at, last.lines, last.end - last.begin);
}

void BufferUser::ends(std::uint64_t at, const BufferLines& lines) {
  ensure(busy_, "a job that ends has begun");
  jobs_.back().end = at;
  jobs_.back().lines = lines;
  busy_ = false;
}

BufferLines BufferUser::until(std::uint64_t at) const {
  const auto next = std::partition_point(jobs_.begin(), jobs_.end(),
                                         [at](const Job& job) { return job.begin < at; });
  if (next == jobs_.begin()) {
    return {};
  }
  const Job& job = *std::prev(next);
  const std::uint64_t whole = job.end - job.begin;
  const std::uint64_t part = std::min(at - job.begin, whole);
  return job.before + BufferLines{share(job.lines.ifmap, part, whole),
                                  share(job.lines.psum, part, whole),
                                  share(job.lines.maps, part, whole)};
}

BufferLines BufferUser::between(std::uint64_t from, std::uint64_t to) const {
  return until(to) - until(from);
}

BufferPorts::BufferPorts(const AcceleratorConfig& config)
    : config_{config},
      buffer_{glb_shape_of(config)},
      all_banks_(static_cast<std::size_t>(config.glb_banks)) {
  std::iota(all_banks_.begin(), all_banks_.end(), 0);
}

void BufferPorts::take(GlbType type, std::int64_t values, int bits) {
  const auto given = buffer_.allocate(type, buffer_.shape().lines_for(values, bits));
  ensure(given.has_value(), "the buffer holds what the plan puts there");
  auto& banks = banks_[static_cast<std::size_t>(type)];
  banks.insert(banks.end(), given->banks.begin(), given->banks.end());
  std::sort(banks.begin(), banks.end());
  banks.erase(std::unique(banks.begin(), banks.end()), banks.end());
}

void BufferPorts::place_tensors(const Plan& plan, std::size_t stage) {
  buffer_.reset();
  for (auto& banks : banks_) {
    banks.clear();
  }
  const auto at = signed_of(stage);
  for (const auto& [name, tensor] : plan.tensors) {
    const bool alive = tensor.first_stage <= at && at <= tensor.last_stage;
    const bool over_another = !tensor.over.empty() && tensor.first_stage == at;
    if (tensor.in_glb && alive && !over_another) {
      take(tensor.highway ? GlbType::highway : GlbType::feature_map, tensor.values, tensor.bits);
    }
  }
}

void BufferPorts::place(const Plan& plan, std::size_t stage) {
  place_tensors(plan, stage);
}

void BufferPorts::place(const Plan& plan, std::size_t stage, const ArrayJob& job) {
  place_tensors(plan, stage);
  const StoredTensor* input = plan.source(job.input);
  const bool resident = input != nullptr && input->in_glb;
  const auto problem = mapper_problem(job, config_, 0, resident);
  const auto need =
      dataflow::buffer_need(problem.layer, job.mapped.mapping, problem.array, problem.budget);
  take(GlbType::psum, need.psum_bits, 1);
  if (resident) {
    banks_[static_cast<std::size_t>(GlbType::ifmap)] =
        banks_[static_cast<std::size_t>(input->highway ? GlbType::highway : GlbType::feature_map)];
  } else {
    take(GlbType::ifmap, need.ifmap_bits, 1);
  }
}

std::uint64_t BufferPorts::clocks_for(const BufferLines& lines) const {
  const auto banks_of = [this](GlbType type) {
    const auto& banks = banks_[static_cast<std::size_t>(type)];
    return banks.empty() ? all_banks_ : banks;
  };
  std::vector<int> maps = banks_[static_cast<std::size_t>(GlbType::feature_map)];
  const auto& highway = banks_[static_cast<std::size_t>(GlbType::highway)];
  maps.insert(maps.end(), highway.begin(), highway.end());
  std::sort(maps.begin(), maps.end());
  maps.erase(std::unique(maps.begin(), maps.end()), maps.end());
  return static_cast<std::uint64_t>(
      memory::busiest_bank_accesses({{signed_of(lines.ifmap), banks_of(GlbType::ifmap)},
                                     {signed_of(lines.psum), banks_of(GlbType::psum)},
                                     {signed_of(lines.maps), maps.empty() ? all_banks_ : maps}}));
}

std::uint64_t BufferPorts::post_needs(const BufferLines& lines, std::uint64_t begin,
                                      std::uint64_t now) const {
  return lines.total() == 0 ? 0
                            : beyond(clocks_for(lines + array.between(begin, now)), now - begin);
}

std::uint64_t BufferPorts::fill_needs(const BufferLines& lines, std::uint64_t begin,
                                      std::uint64_t now) const {
  return lines.total() == 0
             ? 0
             : beyond(clocks_for(lines + array.between(begin, now) + post.between(begin, now)),
                      now - begin);
}

}  // namespace turnpike::accelerator
