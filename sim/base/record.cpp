#include "sim/base/record.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace turnpike {

bool is_measured(const Label& label) {
  constexpr std::array<std::string_view, 5> kCounted = {"", "1", "cycles", "MACs", "passes"};
  return std::find(kCounted.begin(), kCounted.end(), label.unit) == kCounted.end();
}

std::string short_name(const Label& label, const FieldOptions& options) {
  if (!options.short_name.empty()) {
    return std::string{options.short_name};
  }
  std::string ending = "_";
  for (const char c : label.unit) {
    ending += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  std::string_view name = label.name;
  if (is_measured(label) && name.ends_with(ending)) {
    name.remove_suffix(ending.size());
  }
  return std::string{name};
}

}  // namespace turnpike
