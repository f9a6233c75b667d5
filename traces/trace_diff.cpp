#include "traces/trace_diff.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

using nlohmann::json;

/// The program with its layers by name, so that one more of them is one difference, not many.
json by_name(const Program& source) {
  json program = json::parse(trace_json(source));
  json layers = json::object(), order = json::array();
  for (json& layer : program["layers"]) {
    const std::string name = layer["name"];
    order.push_back(name);
    layers[name] = std::move(layer);
  }
  program["layers"] = std::move(layers);
  program["order of layers"] = std::move(order);
  return program;
}

/// "a/b" of the JSON pointer "/a/b".
std::string plain(const std::string& pointer) {
  std::string path = pointer.substr(std::min<std::size_t>(1, pointer.size()));
  for (const auto& [escape, character] : {std::pair{"~1", "/"}, {"~0", "~"}}) {
    for (std::size_t at = 0; (at = path.find(escape, at)) != std::string::npos; ++at) {
      path.replace(at, 2, character);
    }
  }
  return path;
}

std::vector<std::string> program_lines(const Program& trace_a, const Program& trace_b) {
  json a = by_name(trace_a), b = by_name(trace_b);
  const auto names = [](const json& program) {
    const auto& order = program["order of layers"];
    return std::set<std::string>(order.begin(), order.end());
  };
  if (names(a) != names(b)) {
    a.erase("order of layers");  // it follows from the layers that one trace lacks
    b.erase("order of layers");
  }
  std::vector<std::string> lines;
  const json patch = json::diff(a, b);
  for (const json& step : patch) {
    const std::string pointer = step["path"], op = step["op"];
    const std::string path = plain(pointer);
    if (op == "add") {
      lines.push_back(fmt::format("{}: only in B", path));
    } else if (op == "remove") {
      lines.push_back(fmt::format("{}: only in A", path));
    } else {
      const json::json_pointer place{pointer};
      lines.push_back(fmt::format("{}: {} in A, {} in B", path, a[place].dump(), b[place].dump()));
    }
  }
  return lines;
}

/// Tensors of `trace` with the layer that answers for each: first by the layers' order, inputs,
/// then weights, then what is written.
std::vector<std::pair<std::string, std::string>> in_order(const Program& trace) {
  std::vector<std::pair<std::string, std::string>> order;
  std::set<std::string> seen;
  const auto put = [&](const std::string& tensor, const std::string& layer) {
    if (trace.has_tensor(tensor) && seen.insert(tensor).second) {
      order.emplace_back(tensor, layer);
    }
  };
  for (const LayerEntry& layer : trace.layers) {
    for (const auto& names : {layer.inputs, layer.weights}) {
      std::for_each(names.begin(), names.end(), [&](const auto& name) { put(name, layer.name); });
    }
    for (const PostStep& step : layer.post) {
      put(step.tensor, layer.name);
    }
    if (layer.recurrent) {
      const Recurrent& cell = *layer.recurrent;
      for (const std::string& name :
           {cell.bias, cell.preact, cell.gates, cell.candidate, cell.cell, cell.cell_tanh}) {
        put(name, layer.name);
      }
    }
    put(layer.output, layer.name);
  }
  for (const ProgramTensor& tensor : trace.tensors()) {
    put(tensor.name, "");
  }
  return order;
}

std::vector<std::int64_t> index_of(std::int64_t element, const TensorShape& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    index[i] = element % shape[i];
    element /= shape[i];
  }
  return index;
}

/// Values as they are stored, never through a type that cannot hold them all.
template <class A, class B>
bool equal(A a, B b) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    return std::cmp_equal(a, b);
  } else {
    return static_cast<double>(a) == static_cast<double>(b);
  }
}

/// Holds all elements of A's tensor, and a piece of B's.
void compare_elements(const Tensor& a, const OpenTrace& b, TensorDifference& found) {
  const ProgramTensor& declared = b.program().tensor(found.tensor);
  a.visit([&](const auto& left) {
    b.pieces(found.tensor, [&](const Tensor& piece, std::int64_t first) {
      validate_piece(declared, piece, first, b.spot());
      piece.visit([&](const auto& right) {
        for (std::size_t i = 0; i < right.size(); ++i) {
          const std::size_t at = static_cast<std::size_t>(first) + i;
          if (equal(left[at], right[i])) {
            continue;
          }
          const auto x = static_cast<double>(left[at]), y = static_cast<double>(right[i]);
          if (found.differing++ == 0) {
            found.first = index_of(static_cast<std::int64_t>(at), a.shape());
            found.a = x;
            found.b = y;
          }
          found.largest = std::max(found.largest, std::abs(x - y));
        }
      });
    });
  });
}

}  // namespace

TraceDifference difference(const Trace& a, const Trace& b) {
  return difference(OpenTrace{a}, OpenTrace{b});
}

TraceDifference difference(const OpenTrace& a, const OpenTrace& b) {
  TraceDifference out{.program = program_lines(a.program(), b.program()), .tensors = {}};
  for (const auto& [name, layer] : in_order(a.program())) {
    if (!b.program().has_tensor(name)) {
      continue;
    }
    ++out.tensors_compared;
    TensorDifference found{.tensor = name,
                           .layer = layer,
                           .shape_a = a.program().tensor(name).shape,
                           .shape_b = b.program().tensor(name).shape,
                           .first = {}};
    found.elements = element_count(found.shape_a);
    const bool alike = found.shape_a == found.shape_b;
    if (alike) {
      const Tensor left = a.load(name);
      validate_piece(a.program().tensor(name), left, 0, a.spot());
      compare_elements(left, b, found);
    }
    if (!alike || found.differing > 0) {
      out.tensors.push_back(std::move(found));
    }
  }
  return out;
}

}  // namespace turnpike::traces
