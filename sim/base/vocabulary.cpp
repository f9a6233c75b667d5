#include "sim/base/vocabulary.hpp"

namespace turnpike {
namespace {

template <class Enum, std::size_t N>
bool look_up(const std::array<std::string_view, N>& names, std::string_view name, Enum& value) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return false;
  }
  value = static_cast<Enum>(found - names.begin());
  return true;
}

}  // namespace

bool from_string(std::string_view name, Component& component) {
  const std::optional<Component> found = Component::named(name);
  component = found.value_or(component);
  return found.has_value();
}
bool from_string(std::string_view name, Action& action) {
  return look_up(kActionNames, name, action);
}
bool from_string(std::string_view name, Stream& stream) {
  return look_up(kStreamNames, name, stream);
}

}  // namespace turnpike
