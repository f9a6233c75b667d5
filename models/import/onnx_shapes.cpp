// Shapes of the operators that only rearrange, and the attributes of a node.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "models/import/onnx_fold.hpp"

namespace turnpike::models::onnx {

void Attributes::fail(std::string_view what) const {
  throw FileError{{.file = path_}, fmt::format("node '{}' ({}): {}", node_.name, node_.op, what)};
}

namespace {

template <class T>
const T* attribute(const Node& node, const std::string& name, const Attributes& attributes,
                   std::string_view wanted) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) {
    return nullptr;
  }
  if (const T* value = std::get_if<T>(&found->second)) {
    return value;
  }
  attributes.fail(fmt::format("its attribute '{}' is no {}", name, wanted));
}

}  // namespace

std::int64_t Attributes::integer(const std::string& name, std::int64_t absent) const {
  const auto* found = attribute<std::int64_t>(node_, name, *this, "integer");
  return found == nullptr ? absent : *found;
}

double Attributes::number(const std::string& name, double absent) const {
  const auto* found = attribute<double>(node_, name, *this, "number");
  return found == nullptr ? absent : *found;
}

std::string Attributes::text(const std::string& name, const std::string& absent) const {
  const auto* found = attribute<std::string>(node_, name, *this, "text");
  return found == nullptr ? absent : *found;
}

std::vector<std::int64_t> Attributes::integers(const std::string& name) const {
  const auto* found = attribute<std::vector<std::int64_t>>(node_, name, *this, "list of integers");
  return found == nullptr ? std::vector<std::int64_t>{} : *found;
}

const Constant* Attributes::tensor(const std::string& name) const {
  return attribute<Constant>(node_, name, *this, "tensor");
}

std::optional<std::size_t> axis_of(std::int64_t axis, std::size_t rank) {
  const auto last = static_cast<std::int64_t>(rank);
  const std::int64_t from_front = axis < 0 ? axis + last : axis;
  return from_front < 0 || from_front >= last ? std::nullopt
                                              : std::optional{static_cast<std::size_t>(from_front)};
}

std::optional<TensorShape> reshaped(const TensorShape& from, const std::vector<std::int64_t>& to,
                                    bool allow_zero) {
  TensorShape out;
  std::optional<std::size_t> open;
  std::int64_t known = 1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    std::int64_t extent = to[i];
    if (extent == 0 && !allow_zero) {
      if (i >= from.size()) {
        return std::nullopt;
      }
      extent = from[i];
    }
    if (extent == -1 && !open) {
      open = i;
      extent = 1;
    }
    if (extent < 0 || (extent > 0 && known > kMostFolded * 8 / extent)) {
      return std::nullopt;
    }
    known *= extent;
    out.push_back(extent);
  }
  const std::int64_t count = element_count(from);
  if (open) {
    if (known == 0 || count % known != 0) {
      return std::nullopt;
    }
    out[*open] = count / known;
    known = count;
  }
  return known == count ? std::optional{out} : std::nullopt;
}

std::optional<TensorShape> squeezed(const TensorShape& from,
                                    const std::vector<std::int64_t>& axes) {
  std::set<std::size_t> gone;
  for (const std::int64_t axis : axes) {
    const auto at = axis_of(axis, from.size());
    if (!at || from[*at] != 1) {
      return std::nullopt;
    }
    gone.insert(*at);
  }
  TensorShape out;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (axes.empty() ? from[i] != 1 : !gone.contains(i)) {
      out.push_back(from[i]);
    }
  }
  return out;
}

std::optional<TensorShape> unsqueezed(const TensorShape& from,
                                      const std::vector<std::int64_t>& axes) {
  const std::size_t rank = from.size() + axes.size();
  std::set<std::size_t> added;
  for (const std::int64_t axis : axes) {
    const auto at = axis_of(axis, rank);
    if (!at || !added.insert(*at).second) {
      return std::nullopt;
    }
  }
  TensorShape out;
  auto next = from.begin();
  for (std::size_t i = 0; i < rank; ++i) {
    out.push_back(added.contains(i) ? 1 : *next++);
  }
  return out;
}

std::optional<TensorShape> flattened(const TensorShape& from, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(from.size());
  const std::int64_t at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at > rank) {
    return std::nullopt;
  }
  const auto middle = from.begin() + static_cast<std::ptrdiff_t>(at);
  return TensorShape{element_count({from.begin(), middle}), element_count({middle, from.end()})};
}

Constant transposed(const Constant& in, const std::vector<std::int64_t>& order) {
  const TensorShape& from = in.data.shape();
  TensorShape to;
  std::vector<std::int64_t> strides(from.size(), 1);
  for (std::size_t i = from.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * from[i];
  }
  std::vector<std::int64_t> steps;
  for (const std::int64_t axis : order) {
    to.push_back(from[static_cast<std::size_t>(axis)]);
    steps.push_back(strides[static_cast<std::size_t>(axis)]);
  }
  return in.data.visit([&](const auto& values) {
    auto out = values;
    std::vector<std::int64_t> at(to.size(), 0);
    std::int64_t source = 0;
    for (auto& value : out) {
      value = values[static_cast<std::size_t>(source)];
      for (std::size_t d = to.size(); d-- > 0;) {
        source += steps[d];
        if (++at[d] < to[d]) {
          break;
        }
        source -= steps[d] * to[d];
        at[d] = 0;
      }
    }
    return Constant{Tensor{to, std::move(out)}, in.bits};
  });
}

}  // namespace turnpike::models::onnx
