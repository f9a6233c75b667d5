#include "sim/accelerator/buffer_ports.hpp"

#include <algorithm>
#include <numeric>

#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::accelerator {
namespace {

using memory::GlbType;

std::size_t place_of(PortUser user) {
  return static_cast<std::size_t>(user);
}

}  // namespace

memory::GlbShape glb_shape_of(const config::AcceleratorConfig& config) {
  return memory::glb_shape(config.glb, config.machine_bits(), {"glb.bytes_at_16_bit", 0, 0});
}

/// Accesses to a bank that may have been made by clock `at`.
std::uint64_t BufferPorts::Job::due(std::size_t bank, std::uint64_t at) const {
  const std::uint64_t passed = at - begin;
  return passed >= clocks ? asked[bank] : asked[bank] * passed / clocks;
}

BufferPorts::BufferPorts(const config::AcceleratorConfig& config)
    : config_{config},
      buffer_{glb_shape_of(config)},
      all_banks_(static_cast<std::size_t>(config.glb.banks)) {
  std::iota(all_banks_.begin(), all_banks_.end(), 0);
  for (Job& job : jobs_) {
    job.asked.assign(all_banks_.size(), 0);
    job.moved.assign(all_banks_.size(), 0);
  }
}

void BufferPorts::take(GlbType type, std::int64_t lines) {
  const auto given = buffer_.allocate(type, lines);
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
      take(tensor.highway ? GlbType::highway : GlbType::feature_map, tensor.lines);
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
  const dataflow::BufferNeed need =
      dataflow::buffer_need(job.mapped.ifmap_tile, job.mapped.psum_tile,
                            mapper_problem(job, config_, 0, resident).budget);
  const std::int64_t line = config_.line_bits();
  take(GlbType::psum, need.psum_bits / line);
  if (resident) {
    banks_[static_cast<std::size_t>(GlbType::ifmap)] =
        banks_[static_cast<std::size_t>(input->highway ? GlbType::highway : GlbType::feature_map)];
  } else {
    take(GlbType::ifmap, need.ifmap_bits / line);
  }
}

std::vector<std::uint64_t> BufferPorts::accesses(const BufferLines& lines) const {
  const auto banks_of = [this](GlbType type) {
    const auto& banks = banks_[static_cast<std::size_t>(type)];
    return banks.empty() ? all_banks_ : banks;
  };
  std::vector<int> maps = banks_[static_cast<std::size_t>(GlbType::feature_map)];
  const auto& highway = banks_[static_cast<std::size_t>(GlbType::highway)];
  maps.insert(maps.end(), highway.begin(), highway.end());
  std::sort(maps.begin(), maps.end());
  maps.erase(std::unique(maps.begin(), maps.end()), maps.end());
  const auto by_bank =
      memory::accesses_by_bank({{signed_of(lines.ifmap), banks_of(GlbType::ifmap)},
                                {signed_of(lines.psum), banks_of(GlbType::psum)},
                                {signed_of(lines.maps), maps.empty() ? all_banks_ : maps}});
  std::vector<std::uint64_t> out(by_bank.begin(), by_bank.end());
  out.resize(all_banks_.size(), 0);
  return out;
}

std::uint64_t BufferPorts::clocks_for(const BufferLines& lines) const {
  const std::vector<std::uint64_t> asked = accesses(lines);
  return *std::max_element(asked.begin(), asked.end());
}

void BufferPorts::begins(PortUser user, std::uint64_t at, const BufferLines& lines,
                         std::uint64_t clocks) {
  ensure(needs(user, at) == 0, "a user of the buffer does one thing after the other");
  ensure(user != PortUser::array || clocks >= clocks_for(lines),
         "a pass is as long as its busiest bank");
  Job& job = jobs_[place_of(user)];
  job = {at, clocks, accesses(lines), std::vector<std::uint64_t>(all_banks_.size(), 0)};
}

void BufferPorts::settle(std::uint64_t at) {
  ensure(at >= settled_, "the buffer's clocks are given away in order");
  for (std::size_t bank = 0; bank < all_banks_.size(); ++bank) {
    std::uint64_t free = at - settled_;
    for (Job& job : jobs_) {
      const std::uint64_t moved = std::min(job.due(bank, at) - job.moved[bank], free);
      job.moved[bank] += moved;
      free -= moved;
    }
  }
  settled_ = at;
}

std::uint64_t BufferPorts::needs(PortUser user, std::uint64_t at) {
  settle(at);
  std::uint64_t clocks = 0;
  for (std::size_t bank = 0; bank < all_banks_.size(); ++bank) {
    clocks = std::max(clocks, bank_needs(user, bank, at));
  }
  return clocks;
}

/// The array's pass is all that is known of the future; beyond its end the bank may be free.
std::uint64_t BufferPorts::bank_needs(PortUser user, std::size_t bank, std::uint64_t at) const {
  const Job& job = jobs_[place_of(user)];
  const std::uint64_t missing = job.asked[bank] - job.moved[bank];
  const Job& pass = jobs_[place_of(PortUser::array)];
  const std::uint64_t pass_end = pass.begin + pass.clocks;
  if (missing == 0 || user == PortUser::array || pass_end <= at) {
    return missing;
  }
  const std::uint64_t left = pass_end - at;
  const std::uint64_t taken = std::min(pass.asked[bank] - pass.moved[bank], left);
  if (missing > left - taken) {
    return missing + taken;
  }
  return std::max((missing - 1) * left / (left - taken) + 1, missing);
}

}  // namespace turnpike::accelerator
