// The key `requantize`: requantization in integers.

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/json_map.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kLargestMultiplier = 0x7fffffff;
constexpr std::int64_t kLeastShift = -31;
constexpr std::int64_t kMostShift = 30;
constexpr std::int64_t kMostInputShift = 24;

std::vector<std::int64_t> integers(JsonMap& map, const std::string& key, std::int64_t min,
                                   std::int64_t max) {
  std::vector<std::int64_t> out;
  if (!map.has(key)) {
    return out;
  }
  for (const double number : map.get_doubles(key)) {
    if (std::nearbyint(number) != number || number < static_cast<double>(min) ||
        number > static_cast<double>(max)) {
      map.fail(fmt::format("'{}' holds {}, but must hold integers from {} to {}", key, number, min,
                           max));
    }
    out.push_back(static_cast<std::int64_t>(number));
  }
  return out;
}

bool integral(double value) {
  return std::nearbyint(value) == value;
}

class RequantizeCheck {
 public:
  RequantizeCheck(const Program& program, const LayerEntry& layer, const SourceSpot& spot)
      : program_{program}, layer_{layer}, spot_{spot}, how_{*layer.requantize} {}

  void run() const {
    const bool products = layer_.op == Op::conv || layer_.op == Op::fc;
    const bool known = products || layer_.op == Op::add || layer_.op == Op::mul ||
                       layer_.op == Op::avgpool || layer_.op == Op::quantize;
    if (!known) {
      fail(fmt::format("op {} is not requantized in integers", to_string(layer_.op)));
    }
    for (const std::string& input : layer_.inputs) {
      check_codes(input);
    }
    for (const std::string& weights : layer_.weights) {
      check_codes(weights);
    }
    check_codes(layer_.output);
    check_post();
    check_counts(products);
    check_bias(products);
    if (layer_.skip && (layer_.skip->stride != 1 || layer_.skip->channel_pad != 0)) {
      fail("a skip that is subsampled or padded is not requantized in integers");
    }
  }

 private:
  [[noreturn]] void fail(std::string_view what) const { fail_layer(layer_, spot_, what); }

  void check_codes(const std::string& name) const {
    const ProgramTensor& tensor = program_.tensor(name);
    if (tensor.kind != TensorKind::uniform || !integral(tensor.zero_point)) {
      fail(fmt::format("requantize needs '{}' of kind uniform with an integral zero_point", name));
    }
  }

  void check_post() const {
    std::vector<PostStep> wanted;
    if (layer_.op != Op::quantize) {
      wanted = {{PostStep::Kind::quantize, ""}};
      if (layer_.post.size() == 2) {
        wanted.insert(wanted.begin(), {PostStep::Kind::relu, ""});
      }
    }
    if (layer_.post != wanted) {
      fail("with requantize, post is quantize, or relu and quantize");
    }
  }

  void check_counts(bool products) const {
    const std::size_t count = how_.multiplier.size();
    const auto channels = static_cast<std::size_t>(program_.tensor(layer_.output).shape.at(1));
    const bool fits =
        count == 1 || (products && count == channels) || (layer_.op == Op::avgpool && count == 0);
    if (!fits || how_.shift.size() != count) {
      fail(fmt::format("requantize has {} multipliers and {} shifts for {} channels", count,
                       how_.shift.size(), channels));
    }
    const std::size_t inputs = layer_.op == Op::add ? 2 : 0;
    if (how_.input_multiplier.size() != inputs || how_.input_shift.size() != inputs ||
        (inputs == 0 && how_.left_shift != 0)) {
      fail(fmt::format("requantize of op {} has {} input multipliers and {} input shifts",
                       to_string(layer_.op), how_.input_multiplier.size(),
                       how_.input_shift.size()));
    }
  }

  void check_bias(bool products) const {
    if (how_.bias.empty()) {
      return;
    }
    const ProgramTensor& bias = program_.tensor(how_.bias);
    const TensorShape wanted{program_.tensor(layer_.output).shape.at(1)};
    if (!products || bias.kind != TensorKind::uniform || bias.shape != wanted) {
      fail(
          fmt::format("bias '{}' of requantize must hold integers of shape {}, and belongs to "
                      "conv or fc",
                      how_.bias, to_string(wanted)));
    }
  }

  const Program& program_;
  const LayerEntry& layer_;
  const SourceSpot& spot_;
  const Requantize& how_;
};

}  // namespace

Requantize parse_requantize(JsonMap& map) {
  Requantize how;
  const std::string rounding = map.get_string("rounding");
  if (rounding != "once" && rounding != "twice") {
    map.fail(fmt::format("'rounding' is '{}', not once or twice", rounding));
  }
  how.rounding = rounding == "once" ? Requantize::Rounding::once : Requantize::Rounding::twice;
  how.bias = map.opt_string("bias").value_or("");
  how.multiplier = integers(map, "multiplier", 0, kLargestMultiplier);
  how.shift = integers(map, "shift", kLeastShift, kMostShift);
  how.left_shift = static_cast<int>(map.opt_int("left_shift", 0, kMostInputShift).value_or(0));
  how.input_multiplier = integers(map, "input_multiplier", 0, kLargestMultiplier);
  how.input_shift = integers(map, "input_shift", kLeastShift, kMostShift);
  if (const auto codes = map.opt_ints("codes", {2}, -(1LL << 32), 1LL << 32)) {
    if (codes->size() != 2 || codes->front() > codes->back()) {
      map.fail("'codes' is [low, high], low not above high");
    }
    how.codes = {codes->front(), codes->back()};
  }
  map.finish();
  return how;
}

Json requantize_json(const Requantize& how) {
  Json json;
  json["rounding"] = how.rounding == Requantize::Rounding::once ? "once" : "twice";
  if (!how.bias.empty()) {
    json["bias"] = how.bias;
  }
  if (!how.multiplier.empty()) {
    json["multiplier"] = how.multiplier;
    json["shift"] = how.shift;
  }
  if (!how.input_multiplier.empty()) {
    json["left_shift"] = how.left_shift;
    json["input_multiplier"] = how.input_multiplier;
    json["input_shift"] = how.input_shift;
  }
  if (how.codes) {
    json["codes"] = *how.codes;
  }
  return json;
}

void validate_requantize(const Program& program, const LayerEntry& layer, const SourceSpot& spot) {
  if (layer.requantize) {
    RequantizeCheck{program, layer, spot}.run();
  }
}

}  // namespace turnpike::traces
