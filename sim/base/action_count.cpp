#include "sim/base/action_count.hpp"

#include <fmt/format.h>

namespace turnpike {

std::string refusal(const ActionKey& key) {
  const auto is_none = [&key] {
    return fmt::format("{} {} {}", to_string(key.component), to_string(key.action),
                       key.item.text());
  };
  const ActionRow* row = find_action(key.component, key.action, key.item);
  if (row == nullptr) {
    return fmt::format("'{}' is no action of docs/action_vocabulary.md", is_none());
  }
  if (key.stream == Stream::highway && row->streams == Streams::low) {
    return fmt::format("'{}' is never counted on the highway", is_none());
  }
  const bool three_widths = key.bits > 0 && key.weight_bits > 0 && key.psum_bits > 0;
  const bool one_width =
      key.bits >= 0 && key.weight_bits == 0 && key.psum_bits == 0 && !key.midrise;
  if (row->datum == Datum::mac ? !three_widths : !one_width) {
    return fmt::format("'{}' has other widths than '{}'", is_none(), widths_text(key));
  }
  return {};
}

std::string widths_text(const ActionKey& key) {
  if (key.weight_bits == 0) {
    return key.bits == 0 ? std::string{} : fmt::format("{}", key.bits);
  }
  return fmt::format("{}x{}{}+{}", key.bits, key.weight_bits, key.midrise ? "m" : "",
                     key.psum_bits);
}

void accumulate(ActionCounts& into, const ActionCounts& from) {
  for (const auto& [key, count] : from) {
    into[key] += count;
  }
}

}  // namespace turnpike
