#include "models/import/onnx_fold.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>

#include <fmt/format.h>

namespace turnpike::models::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

/// The nearest number of IEEE 754 binary16, half to even.
double to_half(double value) {
  constexpr double kBeyond = 65520.0;  // rounds to 2^16, which there is none of
  if (!std::isfinite(value) || std::abs(value) >= kBeyond) {
    return std::copysign(std::isnan(value) ? value : std::numeric_limits<double>::infinity(),
                         value);
  }
  const int exponent = value == 0.0 ? -14 : std::max(std::ilogb(value), -14);
  const double quantum = std::ldexp(1.0, exponent - 10);
  return std::nearbyint(value / quantum) * quantum;
}

/// Doubles as a tensor of the type of `like`, rounded to it.
Constant as_type_of(const Constant& like, TensorShape shape, const std::vector<double>& values) {
  return like.data.visit([&](const auto& old) {
    using T = typename std::decay_t<decltype(old)>::value_type;
    std::vector<T> out(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if constexpr (std::is_integral_v<T>) {
        const double most = static_cast<double>(std::numeric_limits<T>::max());
        const double least = static_cast<double>(std::numeric_limits<T>::min());
        out[i] = values[i] >= most    ? std::numeric_limits<T>::max()
                 : values[i] <= least ? std::numeric_limits<T>::min()
                                      : static_cast<T>(values[i]);
      } else {
        out[i] = static_cast<T>(values[i]);
      }
    }
    return Constant{Tensor{std::move(shape), std::move(out)}, like.bits};
  });
}

class Folding {
 public:
  Folding(const Node& node, std::int64_t opset, const std::vector<const Constant*>& inputs,
          const std::string& path)
      : node_{node}, opset_{opset}, inputs_{inputs}, attributes_{node, path} {}

  std::optional<Constant> run() {
    if (!node_.domain.empty()) {
      return std::nullopt;
    }
    if (node_.op == "Constant") {
      return constant();
    }
    static const std::map<std::string, std::function<double(double, double)>> kTwo = {
        {"Add", std::plus<>{}},
        {"Sub", std::minus<>{}},
        {"Mul", std::multiplies<>{}},
        {"Div", std::divides<>{}},
        {"Pow", [](double a, double b) { return std::pow(a, b); }},
        {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
        {"Max", [](double a, double b) { return std::max(a, b); }},
        {"Min", [](double a, double b) { return std::min(a, b); }}};
    static const std::map<std::string, std::function<double(double)>> kOne = {
        {"Identity", [](double a) { return a; }},
        {"Neg", std::negate<>{}},
        {"Abs", [](double a) { return std::fabs(a); }},
        {"Sqrt", [](double a) { return std::sqrt(a); }},
        {"Exp", [](double a) { return std::exp(a); }},
        {"Log", [](double a) { return std::log(a); }},
        {"Floor", [](double a) { return std::floor(a); }},
        {"Ceil", [](double a) { return std::ceil(a); }},
        {"Round", [](double a) { return std::nearbyint(a); }},
        {"Reciprocal", [](double a) { return 1.0 / a; }},
        {"Relu", [](double a) { return std::max(a, 0.0); }}};
    if (const auto two = kTwo.find(node_.op); two != kTwo.end() && inputs_.size() == 2) {
      return binary(two->second);
    }
    if (const auto one = kOne.find(node_.op); one != kOne.end()) {
      return unary(one->second);
    }
    static const std::map<std::string, Constant (Folding::*)()> kOthers = {
        {"Cast", &Folding::cast},           {"ConstantOfShape", &Folding::filled},
        {"Concat", &Folding::concat},       {"Expand", &Folding::expand},
        {"Flatten", &Folding::flatten},     {"Gather", &Folding::gather},
        {"Reshape", &Folding::reshape},     {"Shape", &Folding::shape},
        {"Slice", &Folding::slice},         {"Squeeze", &Folding::squeeze},
        {"Transpose", &Folding::transpose}, {"Unsqueeze", &Folding::unsqueeze},
        {"Where", &Folding::where},         {"Range", &Folding::range},
        {"Clip", &Folding::clip},           {"ReduceProd", &Folding::product}};
    const auto other = kOthers.find(node_.op);
    return other == kOthers.end() ? std::nullopt : std::optional{(this->*other->second)()};
  }

 private:
  [[nodiscard]] const Constant& in(std::size_t i = 0) const {
    if (i >= inputs_.size() || inputs_[i] == nullptr) {
      attributes_.fail(fmt::format("has no input {}", i));
    }
    return *inputs_[i];
  }
  [[nodiscard]] bool has(std::size_t i) const {
    return i < inputs_.size() && inputs_[i] != nullptr;
  }
  [[nodiscard]] double scalar(std::size_t i) const {
    if (in(i).data.empty()) {
      attributes_.fail(fmt::format("its input {} is empty", i));
    }
    return in(i).data.at(0);
  }
  [[nodiscard]] Integers integers(std::size_t i) const {
    return in(i).data.converted<std::int64_t>();
  }
  /// Axes: an attribute in older operators, an input in newer ones.
  [[nodiscard]] Integers axes(std::size_t input) const {
    return has(input) ? integers(input) : attributes_.integers("axes");
  }
  [[nodiscard]] TensorShape checked(const std::optional<TensorShape>& shape) const {
    if (!shape) {
      attributes_.fail(
          fmt::format("does not fit an input of shape {}", to_string(in().data.shape())));
    }
    return *shape;
  }
  void check_size(const TensorShape& shape) const {
    double count = 1.0;
    for (const std::int64_t extent : shape) {
      count *= static_cast<double>(extent);
      if (extent < 0 || count > static_cast<double>(kMostFolded)) {
        attributes_.fail(
            fmt::format("would have the shape {}, too large a constant", to_string(shape)));
      }
    }
  }
  [[nodiscard]] Constant with_shape(TensorShape shape) const {
    return in().data.visit([&](const auto& values) {
      return Constant{Tensor{std::move(shape), values}, in().bits};
    });
  }

  Constant constant() {
    if (const Constant* value = attributes_.tensor("value")) {
      return *value;
    }
    if (attributes_.has("value_float")) {
      return {Tensor{{}, std::vector{static_cast<float>(attributes_.number("value_float", 0.0))}}};
    }
    if (attributes_.has("value_int")) {
      return {Tensor{{}, std::vector{attributes_.integer("value_int", 0)}}};
    }
    if (attributes_.has("value_ints")) {
      Integers values = attributes_.integers("value_ints");
      return {Tensor{{static_cast<std::int64_t>(values.size())}, std::move(values)}};
    }
    attributes_.fail("holds no number or tensor");
  }

  /// numpy's broadcasting: the shape of both, and for each element of it where the operand's is.
  [[nodiscard]] TensorShape common(const TensorShape& a, const TensorShape& b) const {
    TensorShape out(std::max(a.size(), b.size()), 1);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
      const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
      if (x != y && x != 1 && y != 1) {
        attributes_.fail(
            fmt::format("its inputs of shapes {} and {} do not fit", to_string(a), to_string(b)));
      }
      out[out.size() - 1 - i] = x == 1 ? y : x;
    }
    check_size(out);
    return out;
  }

  [[nodiscard]] static std::vector<double> broadcast(const Constant& from, const TensorShape& to) {
    const std::vector<double> values = from.data.converted<double>();
    const TensorShape& shape = from.data.shape();
    std::vector<double> out(static_cast<std::size_t>(element_count(to)));
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto rest = static_cast<std::int64_t>(i);
      std::int64_t at = 0;
      std::int64_t stride = 1;
      for (std::size_t d = 0; d < to.size(); ++d) {
        const std::int64_t index = rest % to[to.size() - 1 - d];
        rest /= to[to.size() - 1 - d];
        if (d < shape.size()) {
          const std::int64_t extent = shape[shape.size() - 1 - d];
          at += (extent == 1 ? 0 : index) * stride;
          stride *= extent;
        }
      }
      out[i] = values[static_cast<std::size_t>(at)];
    }
    return out;
  }

  Constant binary(const std::function<double(double, double)>& apply) {
    const TensorShape shape = common(in(0).data.shape(), in(1).data.shape());
    std::vector<double> a = broadcast(in(0), shape);
    const std::vector<double> b = broadcast(in(1), shape);
    const bool integral = !in(0).data.is_floating();
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (integral && node_.op == "Div" && b[i] == 0.0) {
        attributes_.fail("divides by zero");
      }
      a[i] = apply(a[i], b[i]);
      a[i] = integral ? std::trunc(a[i]) : a[i];
    }
    return node_.op == "Equal"
               ? Constant{Tensor{shape, std::vector<std::uint8_t>(a.begin(), a.end())}}
               : as_type_of(in(0), shape, a);
  }

  Constant unary(const std::function<double(double)>& apply) {
    std::vector<double> values = in().data.converted<double>();
    std::transform(values.begin(), values.end(), values.begin(), apply);
    return as_type_of(in(), in().data.shape(), values);
  }

  Constant cast() {
    const std::vector<double> values = in().data.converted<double>();
    const TensorShape shape = in().data.shape();
    const auto like = [&](auto zero) {
      return as_type_of({Tensor{{}, std::vector{zero}}}, shape, values);
    };
    switch (attributes_.integer("to", 0)) {  // TensorProto.DataType
      case 1:
        return like(0.0F);
      case 10: {
        std::vector<double> halves;
        std::transform(values.begin(), values.end(), std::back_inserter(halves), to_half);
        return as_type_of({Tensor{{}, std::vector{0.0F}}}, shape, halves);
      }
      case 16:
        attributes_.fail("casts to bfloat16, which is not computed");
      case 11:
        return like(0.0);
      case 2:
        return like(std::uint8_t{0});
      case 3:
        return like(std::int8_t{0});
      case 6:
        return like(std::int32_t{0});
      case 7:
        return like(std::int64_t{0});
      case 9: {
        std::vector<std::uint8_t> flags;
        for (const double value : values) {
          flags.push_back(value != 0.0 ? 1 : 0);
        }
        return {Tensor{shape, std::move(flags)}};
      }
      default:
        attributes_.fail(fmt::format("casts to the type {}", attributes_.integer("to", 0)));
    }
  }

  Constant filled() {
    const Integers shape = integers(0);
    check_size(shape);
    const Constant* value = attributes_.tensor("value");
    const Constant zero{Tensor{{1}, std::vector<float>{0.0F}}};
    const Constant& like = value == nullptr ? zero : *value;
    if (like.data.size() != 1) {
      attributes_.fail("fills with more than one value");
    }
    return as_type_of(
        like, shape,
        std::vector<double>(static_cast<std::size_t>(element_count(shape)), like.data.at(0)));
  }

  Constant concat() {
    const auto axis = axis_of(attributes_.integer("axis", 1), in().data.shape().size());
    TensorShape shape = in().data.shape();
    if (!axis) {
      attributes_.fail("joins along an axis that is not there");
    }
    shape[*axis] = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      TensorShape same = in(i).data.shape();
      if (same.size() != shape.size()) {
        attributes_.fail("joins tensors of unequal ranks");
      }
      shape[*axis] += same[*axis];
      same[*axis] = shape[*axis];
      if (same != shape) {
        attributes_.fail("joins tensors of unequal shapes");
      }
    }
    check_size(shape);
    const std::int64_t outer =
        element_count({shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(*axis)});
    std::vector<double> out;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const std::int64_t row = in(i).data.size() / std::max<std::int64_t>(outer, 1);
        for (std::int64_t k = o * row; k < (o + 1) * row; ++k) {
          out.push_back(in(i).data.at(k));
        }
      }
    }
    return as_type_of(in(), shape, out);
  }

  Constant expand() {
    Integers wanted = integers(1);
    check_size(wanted);
    const TensorShape shape = common(in().data.shape(), wanted);
    return as_type_of(in(), shape, broadcast(in(), shape));
  }

  Constant flatten() {
    return with_shape(checked(flattened(in().data.shape(), attributes_.integer("axis", 1))));
  }
  Constant reshape() {
    const Integers to = has(1) ? integers(1) : attributes_.integers("shape");
    return with_shape(
        checked(reshaped(in().data.shape(), to, attributes_.integer("allowzero", 0) != 0)));
  }
  Constant squeeze() { return with_shape(checked(squeezed(in().data.shape(), axes(1)))); }
  Constant unsqueeze() { return with_shape(checked(unsqueezed(in().data.shape(), axes(1)))); }

  Constant shape() {
    const TensorShape& of = in().data.shape();
    const auto rank = static_cast<std::int64_t>(of.size());
    const auto place = [rank](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
    };
    const std::int64_t start = place(attributes_.integer("start", 0));
    const std::int64_t end = std::max(start, place(attributes_.integer("end", rank)));
    if (start == end) {
      attributes_.fail("asks for no extent at all");
    }
    return {Tensor{{end - start}, Integers{of.begin() + start, of.begin() + end}}};
  }

  Constant transpose() {
    Integers order = attributes_.integers("perm");
    const std::size_t rank = in().data.shape().size();
    if (order.empty()) {
      order.resize(rank);
      std::iota(order.rbegin(), order.rend(), 0);
    }
    Integers sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted.size() != rank || sorted[i] != static_cast<std::int64_t>(i)) {
        attributes_.fail("its perm is no order of the axes");
      }
    }
    return transposed(in(), order);
  }

  /// Elements `picked` along `axis`.
  [[nodiscard]] Constant taken(std::size_t axis, const Integers& picked,
                               const TensorShape& shape) const {
    const TensorShape& from = in().data.shape();
    const std::int64_t outer =
        element_count({from.begin(), from.begin() + static_cast<std::ptrdiff_t>(axis)});
    const std::int64_t inner =
        element_count({from.begin() + static_cast<std::ptrdiff_t>(axis) + 1, from.end()});
    std::vector<double> out;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t index : picked) {
        for (std::int64_t i = 0; i < inner; ++i) {
          out.push_back(in().data.at((o * from[axis] + index) * inner + i));
        }
      }
    }
    return as_type_of(in(), shape, out);
  }

  Constant gather() {
    const TensorShape& from = in().data.shape();
    const auto axis = axis_of(attributes_.integer("axis", 0), from.size());
    if (!axis) {
      attributes_.fail("gathers along an axis that is not there");
    }
    Integers picked = integers(1);
    for (std::int64_t& index : picked) {
      index += index < 0 ? from[*axis] : 0;
      if (index < 0 || index >= from[*axis]) {
        attributes_.fail("gathers an element that is not there");
      }
    }
    TensorShape shape{from.begin(), from.begin() + static_cast<std::ptrdiff_t>(*axis)};
    shape.insert(shape.end(), in(1).data.shape().begin(), in(1).data.shape().end());
    shape.insert(shape.end(), from.begin() + static_cast<std::ptrdiff_t>(*axis) + 1, from.end());
    check_size(shape);
    return taken(*axis, picked, shape);
  }

  Constant slice() {
    const bool attribute = opset_ < 10;
    const Integers starts = attribute ? attributes_.integers("starts") : integers(1);
    const Integers ends = attribute ? attributes_.integers("ends") : integers(2);
    Integers along = attribute ? attributes_.integers("axes") : has(3) ? integers(3) : Integers{};
    const Integers steps = !attribute && has(4) ? integers(4) : Integers(starts.size(), 1);
    if (along.empty()) {
      along.resize(starts.size());
      std::iota(along.begin(), along.end(), 0);
    }
    if (ends.size() != starts.size() || along.size() != starts.size() ||
        steps.size() != starts.size()) {
      attributes_.fail("has starts, ends, axes and steps of unequal number");
    }
    Constant result = in();
    for (std::size_t k = 0; k < starts.size(); ++k) {
      const TensorShape from = result.data.shape();
      const auto axis = axis_of(along[k], from.size());
      if (!axis || steps[k] != 1) {
        attributes_.fail("slices with a step other than 1, or along an axis that is not there");
      }
      const auto bound = [&](std::int64_t at) {
        return std::clamp<std::int64_t>(at < 0 ? at + from[*axis] : at, 0, from[*axis]);
      };
      Integers picked;
      for (std::int64_t i = bound(starts[k]); i < bound(ends[k]); ++i) {
        picked.push_back(i);
      }
      TensorShape shape = from;
      shape[*axis] = static_cast<std::int64_t>(picked.size());
      const Constant before = std::move(result);
      const std::vector<const Constant*> one{&before};
      result = Folding{node_, opset_, one, path()}.taken(*axis, picked, shape);
    }
    return result;
  }

  Constant where() {
    const TensorShape shape =
        common(common(in(0).data.shape(), in(1).data.shape()), in(2).data.shape());
    const std::vector<double> condition = broadcast(in(0), shape);
    std::vector<double> values = broadcast(in(1), shape);
    const std::vector<double> otherwise = broadcast(in(2), shape);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = condition[i] != 0.0 ? values[i] : otherwise[i];
    }
    return as_type_of(in(1), shape, values);
  }

  Constant range() {
    const double start = scalar(0);
    const double count = std::ceil((scalar(1) - start) / scalar(2));
    if (!(count >= 0.0) || count > static_cast<double>(kMostFolded)) {
      attributes_.fail("counts nowhere, or too far");
    }
    std::vector<double> values;
    for (double i = 0.0; i < count; i += 1.0) {
      values.push_back(start + i * scalar(2));
    }
    return as_type_of(in(0), {static_cast<std::int64_t>(values.size())}, values);
  }

  Constant clip() {
    double low = attributes_.number("min", -HUGE_VAL);
    double high = attributes_.number("max", HUGE_VAL);
    low = has(1) ? scalar(1) : low;
    high = has(2) ? scalar(2) : high;
    return unary([&](double value) { return std::min(std::max(value, low), high); });
  }

  Constant product() {
    double all = 1.0;
    for (std::int64_t i = 0; i < in().data.size(); ++i) {
      all *= in().data.at(i);
    }
    const bool keep = attributes_.integer("keepdims", 1) != 0;
    if (in().data.shape().size() > 1) {
      attributes_.fail("multiplies more than one axis");
    }
    return as_type_of(in(), keep ? TensorShape(in().data.shape().size(), 1) : TensorShape{}, {all});
  }

  [[nodiscard]] const std::string& path() const { return attributes_.path(); }

  const Node& node_;
  std::int64_t opset_;
  const std::vector<const Constant*>& inputs_;
  Attributes attributes_;
};

}  // namespace

std::optional<Constant> folded(const Node& node, std::int64_t opset,
                               const std::vector<const Constant*>& inputs,
                               const std::string& path) {
  return Folding{node, opset, inputs, path}.run();
}

}  // namespace turnpike::models::onnx
