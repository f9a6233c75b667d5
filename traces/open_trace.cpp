#include "traces/open_trace.hpp"

#include <algorithm>
#include <utility>

namespace turnpike::traces {
namespace {

/// "uint16": 2.
std::int64_t item_bytes(const std::string& type_name) {
  const std::size_t digits = type_name.find_first_of("123456789");
  ensure(digits != std::string::npos, "the name of an element type ends in its bits");
  return std::stoi(type_name.substr(digits)) / 8;
}

std::map<std::string, std::string> types_of(const Trace& trace) {
  std::map<std::string, std::string> types;
  for (const TensorEntry& tensor : trace.tensors()) {
    types[tensor.name] = tensor.data.type_name();
  }
  return types;
}

}  // namespace

OpenTrace::OpenTrace(Program program, std::map<std::string, std::string> types, Elements elements,
                     SourceSpot spot)
    : program_{std::move(program)},
      types_{std::move(types)},
      elements_{std::move(elements)},
      spot_{std::move(spot)} {}

OpenTrace::OpenTrace(const Trace& trace)
    : OpenTrace{trace.program(),
                types_of(trace),
                {[&trace](const std::string& name) { return trace.tensor(name).data; },
                 [&trace](const std::string& name, const UsePiece& use) {
                   use(trace.tensor(name).data, 0);
                 }},
                {trace.network}} {}

const std::string& OpenTrace::type_name(const std::string& tensor) const {
  return types_.at(tensor);
}

std::int64_t OpenTrace::bytes(const std::string& tensor) const {
  return element_count(program_.tensor(tensor).shape) * item_bytes(types_.at(tensor));
}

std::int64_t OpenTrace::bytes() const {
  std::int64_t sum = 0;
  for (const ProgramTensor& tensor : program_.tensors()) {
    sum += bytes(tensor.name);
  }
  return sum;
}

}  // namespace turnpike::traces
