#include "traces/json_map.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"

namespace turnpike::traces {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;

[[noreturn]] void fail_at(const SourceSpot& spot, std::string_view what, std::string_view message) {
  throw FileError{spot, what.empty() ? std::string{message} : fmt::format("{}: {}", what, message)};
}

/// A value as it would stand in a message: JSON text, cut short.
std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 60) {
    text.resize(57);
    text += "...";
  }
  return text;
}

/// Collects the keys of each open object and refuses repeats and deep nesting.
class Guard {
 public:
  Guard(const SourceSpot& spot, std::string_view what) : spot_{&spot}, what_{what} {}

  [[nodiscard]] bool see(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMaxDepth) {
      fail_at(*spot_, what_, fmt::format("JSON nested deeper than {}", kMaxDepth));
    }
    if (event == Json::parse_event_t::object_start) {
      keys_.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys_.pop_back();
    } else if (event == Json::parse_event_t::key &&
               !keys_.back().insert(parsed.get<std::string>()).second) {
      fail_at(*spot_, what_, fmt::format("key {} is given twice", shown(parsed)));
    }
    return true;
  }

 private:
  const SourceSpot* spot_;
  std::string_view what_;
  std::vector<std::set<std::string>> keys_;
};

/// nlohmann's "[json.exception.parse_error.101] parse error at line 1, ..." without the brackets.
std::string reason(const std::exception& error) {
  const std::string text = error.what();
  const std::size_t end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

}  // namespace

Json parse_json(std::string_view text, const SourceSpot& spot, std::string_view what) {
  Guard guard{spot, what};
  try {
    return Json::parse(text.begin(), text.end(),
                       [&guard](int depth, Json::parse_event_t event, const Json& parsed) {
                         return guard.see(depth, event, parsed);
                       });
  } catch (const Json::exception& error) {
    fail_at(spot, what, fmt::format("not valid JSON: {}", reason(error)));
  }
}

JsonMap::JsonMap(const Json& object, SourceSpot spot, std::string what)
    : object_{&object}, spot_{std::move(spot)}, what_{std::move(what)} {
  if (!object.is_object()) {
    fail(fmt::format("expected an object {{...}}, not {}", shown(object)));
  }
}

void JsonMap::fail(std::string_view message) const {
  fail_at(spot_, what_, message);
}

bool JsonMap::has(const std::string& key) const {
  return object_->contains(key);
}

std::vector<std::string> JsonMap::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_->items()) {
    keys.push_back(key);
  }
  return keys;
}

void JsonMap::ignore(const std::string& key) {
  asked_.insert(key);
}

const Json* JsonMap::opt_value(const std::string& key) {
  asked_.insert(key);
  const auto found = object_->find(key);
  return found == object_->end() ? nullptr : &*found;
}

std::optional<JsonMap> JsonMap::opt_map(const std::string& key) {
  const Json* value = opt_value(key);
  return value == nullptr ? std::nullopt
                          : std::optional<JsonMap>{std::in_place, *value, spot_,
                                                   fmt::format("{}: {}", what_, key)};
}

const Json& JsonMap::get_value(const std::string& key) {
  const Json* value = opt_value(key);
  if (value == nullptr) {
    fail(fmt::format("lacks the required key '{}'", key));
  }
  return *value;
}

namespace {

std::int64_t to_int(const JsonMap& map, const std::string& key, const Json& value, std::int64_t min,
                    std::int64_t max) {
  if (!value.is_number_integer()) {
    map.fail(fmt::format("'{}' must be an integer, not {}", key, shown(value)));
  }
  const bool fits = !value.is_number_unsigned() ||
                    value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  if (!fits || value.get<std::int64_t>() < min || value.get<std::int64_t>() > max) {
    map.fail(fmt::format("'{}' is {}, outside {}..{}", key, shown(value), min, max));
  }
  return value.get<std::int64_t>();
}

double to_double(const JsonMap& map, const std::string& key, const Json& value) {
  if (!value.is_number() || !std::isfinite(value.get<double>())) {
    map.fail(fmt::format("'{}' must be a finite number, not {}", key, shown(value)));
  }
  return value.get<double>();
}

std::string to_text(const JsonMap& map, const std::string& key, const Json& value) {
  if (!value.is_string()) {
    map.fail(fmt::format("'{}' must be a string, not {}", key, shown(value)));
  }
  return value.get<std::string>();
}

}  // namespace

std::string JsonMap::get_string(const std::string& key) {
  return to_text(*this, key, get_value(key));
}

std::optional<std::string> JsonMap::opt_string(const std::string& key) {
  const Json* value = opt_value(key);
  return value == nullptr ? std::nullopt : std::optional{to_text(*this, key, *value)};
}

std::int64_t JsonMap::get_int(const std::string& key, std::int64_t min, std::int64_t max) {
  return to_int(*this, key, get_value(key), min, max);
}

std::optional<std::int64_t> JsonMap::opt_int(const std::string& key, std::int64_t min,
                                             std::int64_t max) {
  const Json* value = opt_value(key);
  return value == nullptr ? std::nullopt : std::optional{to_int(*this, key, *value, min, max)};
}

double JsonMap::get_double(const std::string& key) {
  return to_double(*this, key, get_value(key));
}

std::optional<bool> JsonMap::opt_bool(const std::string& key) {
  const Json* value = opt_value(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_boolean()) {
    fail(fmt::format("'{}' must be true or false, not {}", key, shown(*value)));
  }
  return value->get<bool>();
}

std::vector<std::string> JsonMap::get_strings(const std::string& key, bool or_one) {
  const Json& value = get_value(key);
  if (or_one && value.is_string()) {
    return {value.get<std::string>()};
  }
  if (!value.is_array()) {
    fail(fmt::format("'{}' must be {}a list of strings, not {}", key, or_one ? "a string or " : "",
                     shown(value)));
  }
  std::vector<std::string> strings;
  for (const Json& item : value) {
    strings.push_back(to_text(*this, key, item));
  }
  return strings;
}

std::optional<std::vector<std::int64_t>> JsonMap::opt_ints(const std::string& key,
                                                           const std::set<std::size_t>& lengths,
                                                           std::int64_t min, std::int64_t max) {
  const Json* value = opt_value(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_array()) {
    return std::vector{to_int(*this, key, *value, min, max)};
  }
  if (!lengths.contains(value->size())) {
    fail(fmt::format("'{}' must be a number or a list of {} numbers, not {}", key,
                     fmt::join(lengths, " or "), shown(*value)));
  }
  std::vector<std::int64_t> numbers;
  for (const Json& item : *value) {
    numbers.push_back(to_int(*this, key, item, min, max));
  }
  return numbers;
}

std::vector<double> JsonMap::get_doubles(const std::string& key) {
  const Json& value = get_value(key);
  if (!value.is_array()) {
    return {to_double(*this, key, value)};
  }
  std::vector<double> numbers;
  for (const Json& item : value) {
    numbers.push_back(to_double(*this, key, item));
  }
  if (numbers.empty()) {
    fail(fmt::format("'{}' is an empty list", key));
  }
  return numbers;
}

void JsonMap::finish() const {
  for (const auto& [key, value] : object_->items()) {
    if (!asked_.contains(key)) {
      fail(fmt::format("unknown key {}{}", shown(key),
                       suggestion(key, {asked_.begin(), asked_.end()})));
    }
  }
}

}  // namespace turnpike::traces
