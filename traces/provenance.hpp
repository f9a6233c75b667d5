#pragma once

#include <string>
#include <tuple>

#include "sim/base/record.hpp"

/// Where a trace comes from: what its exporter says of it (`source` in traces/FORMAT.md).
namespace turnpike::traces {

/// Free texts but for the date; empty if not said. Nothing is computed from them.
struct Provenance {
  std::string framework;
  std::string model;
  std::string data;
  std::string date;
  std::string digest;

  friend bool operator==(const Provenance&, const Provenance&) = default;
};

/// "framework PyTorch 2.1, model resnet18, ...": what is said, in one line; "" if nothing is.
[[nodiscard]] std::string to_string(const Provenance& source);

/// True for YYYY-MM-DD, alone or followed by T and a time (ISO 8601).
[[nodiscard]] bool is_date(const std::string& text);

}  // namespace turnpike::traces

namespace turnpike {

template <>
inline constexpr auto fields_of<traces::Provenance> = [] {
  using traces::Provenance;
  constexpr FieldOptions kMayLack{.later = true};
  return std::tuple{
      Field{Label{"framework", "", "what the network was quantized with, with its version"},
            OrNull{&Provenance::framework}, kMayLack},
      Field{Label{"model", "", "which model, checkpoint or file"}, OrNull{&Provenance::model},
            kMayLack},
      Field{Label{"data", "", "where the input comes from"}, OrNull{&Provenance::data}, kMayLack},
      Field{Label{"date", "", "when it was exported: YYYY-MM-DD, perhaps with a time (ISO 8601)"},
            OrNull{&Provenance::date}, kMayLack},
      Field{Label{"digest", "", "of the model, such as `sha256:` and its hexadecimal digits"},
            OrNull{&Provenance::digest}, kMayLack}};
}();

}  // namespace turnpike
