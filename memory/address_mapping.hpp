#pragma once

#include <array>
#include <cstdint>

#include "memory/dram_device.hpp"
#include "memory/dram_request.hpp"

namespace turnpike::memory {

/// Takes a byte address apart into channel, rank, bank group, bank, row and column, as the device's
/// address_mapping orders them. Every size is a power of two, so this is shifts and masks.
class AddressMapping {
 public:
  AddressMapping(const DramDevice& device, int channels);

  [[nodiscard]] DramLocation locate(std::int64_t address) const;
  /// Byte address of a burst: the inverse of locate().
  [[nodiscard]] std::int64_t address_of(const DramLocation& where) const;
  /// Bytes of all channels.
  [[nodiscard]] std::int64_t capacity_bytes() const { return capacity_bytes_; }

 private:
  struct Field {
    int shift = 0;
    std::int64_t mask = 0;

    [[nodiscard]] std::int64_t of(std::int64_t address) const { return (address >> shift) & mask; }
    [[nodiscard]] std::int64_t at(std::int64_t value) const { return value << shift; }
  };

  Field row_, channel_, rank_, bank_, group_, column_;
  std::int64_t capacity_bytes_ = 0;
};

}  // namespace turnpike::memory
