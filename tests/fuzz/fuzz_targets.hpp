#pragma once

#include <string_view>

/// What the fuzzers run on each input. Refusing an input with InputError is right; any other
/// exception, crash or sanitizer report is a bug, as is a round trip that changes anything.
namespace turnpike::fuzz {

/// traces/npy.hpp: decode; what decodes must encode and decode to the same bytes.
void npy(std::string_view bytes);
/// traces/trace_json.hpp: parse; what parses must survive writing and parsing, and validation with
/// one-element tensors must end with or without a FileError.
void trace_json(std::string_view text);
/// sim/base/config_node.hpp: parse YAML and write it back.
void config(std::string_view text);

}  // namespace turnpike::fuzz
