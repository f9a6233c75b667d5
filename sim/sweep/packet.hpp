#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/base/database.hpp"

/// What a child tells its parent, as bytes.
namespace turnpike::sweep {

[[nodiscard]] std::string packed_texts(const std::vector<std::string>& texts);
/// InternalError if they are none of packed_texts().
[[nodiscard]] std::vector<std::string> unpacked_texts(std::string_view bytes);

/// A value as a text that gives the same value, to the bit.
[[nodiscard]] std::string text_of(const DatabaseValue& value);
[[nodiscard]] DatabaseValue value_of(const std::string& text);

}  // namespace turnpike::sweep
