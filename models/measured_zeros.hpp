#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/network.hpp"
#include "models/quantize.hpp"

/// What `model eval --json` measured of the zeros that array layers read.
namespace turnpike::models {

/// Share of the operands a layer reads that are 0, by layer.
using ZeroShares = std::map<std::string, double>;

class MeasuredZeros {
 public:
  /// FileError for what is no result of `model eval --data` with layers measured.
  static MeasuredZeros read(const std::string& path);

  /// InputError unless every setting has exactly the array layers of the network.
  void check(const Network& network) const;
  /// Of the setting with these widths and this highway. InputError that lists those there are.
  [[nodiscard]] const ZeroShares& of(const QuantizeOptions& options) const;

 private:
  struct Setting {
    int weight_bits = 0;
    int activation_bits = 0;
    bool highway = false;
    int highway_bits = 0;
    ZeroShares shares;

    [[nodiscard]] std::string text() const;  ///< "2 bits, highway of 8"
  };
  std::string path_;
  std::vector<Setting> settings_;
};

}  // namespace turnpike::models
