#include "memory/address_mapping.hpp"

#include <bit>
#include <map>
#include <string>

#include "sim/base/error.hpp"

namespace turnpike::memory {
namespace {

int log2_of(std::int64_t value) {
  return std::countr_zero(static_cast<std::uint64_t>(value));
}

}  // namespace

AddressMapping::AddressMapping(const DramDevice& device, int channels) {
  const DramOrganisation& o = device.organisation;
  struct Size {
    Field* field;
    std::int64_t count;
  };
  const std::map<std::string, Size> sizes{
      {"ro", {&row_, o.rows}},          {"ch", {&channel_, channels}},
      {"ra", {&rank_, o.ranks}},        {"ba", {&bank_, o.banks_per_group}},
      {"bg", {&group_, o.bank_groups}}, {"co", {&column_, o.bursts_per_row()}},
  };
  int shift = log2_of(o.burst_bytes());
  ensure(device.address_mapping.size() == 12, "an address mapping has six fields");
  for (int at = 10; at >= 0; at -= 2) {
    const Size& size = sizes.at(device.address_mapping.substr(static_cast<std::size_t>(at), 2));
    *size.field = {shift, size.count - 1};
    shift += log2_of(size.count);
  }
  capacity_bytes_ = o.capacity_bytes() * channels;
}

DramLocation AddressMapping::locate(std::int64_t address) const {
  return {.channel = static_cast<int>(channel_.of(address)),
          .rank = static_cast<int>(rank_.of(address)),
          .group = static_cast<int>(group_.of(address)),
          .bank = static_cast<int>(bank_.of(address)),
          .row = row_.of(address),
          .column = column_.of(address)};
}

std::int64_t AddressMapping::address_of(const DramLocation& where) const {
  return channel_.at(where.channel) | rank_.at(where.rank) | group_.at(where.group) |
         bank_.at(where.bank) | row_.at(where.row) | column_.at(where.column);
}

}  // namespace turnpike::memory
