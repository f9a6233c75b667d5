// add: a sum whose second operand may come over a skip edge.

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/json_map.hpp"
#include "traces/ops/layer_check.hpp"

namespace turnpike::traces::ops {

void check_add(const LayerCheck& layer) {
  const ProgramTensor& main = layer.input();
  const ProgramTensor& other = layer.input(1);
  const TensorShape& out = main.shape;
  layer.expect_shape(layer.output(), out, "the shape of the first input");
  const SkipEdge skip = layer.entry().skip.value_or(SkipEdge{});
  TensorShape edge = other.shape;
  if (skip.stride != 1 || skip.channel_pad != 0) {
    layer.expect_rank(other, 4, "[N, C, H, W]");
    layer.expect_rank(main, 4, "[N, C, H, W]");
    for (const std::size_t axis : {std::size_t{2}, std::size_t{3}}) {
      edge[axis] = (edge[axis] + skip.stride - 1) / skip.stride;
    }
    const std::int64_t missing = out[1] - edge[1];
    if (missing == skip.channel_pad || missing == 2 * std::int64_t{skip.channel_pad}) {
      edge[1] = out[1];
    }
  }
  if (edge != out) {
    layer.fail(
        fmt::format("input '{}' of shape {} with skip stride {} and channel_pad {} does not match "
                    "input '{}' of shape {}",
                    other.name, to_string(other.shape), skip.stride, skip.channel_pad, main.name,
                    to_string(out)));
  }
}

void read_skip(JsonMap& keys, LayerEntry& layer) {
  if (std::optional<JsonMap> skip = keys.opt_map("skip")) {
    constexpr std::int64_t kMaxStride = 65535;
    constexpr std::int64_t kMaxCount = std::numeric_limits<std::int32_t>::max();
    layer.skip = SkipEdge{
        .stride = static_cast<int>(skip->opt_int("stride", 1, kMaxStride).value_or(1)),
        .channel_pad = static_cast<int>(skip->opt_int("channel_pad", 0, kMaxCount).value_or(0)),
        .highway = skip->opt_bool("highway").value_or(false)};
    skip->finish();
  }
}

void write_skip(const LayerEntry& layer, nlohmann::ordered_json& json) {
  if (layer.skip) {
    json["skip"] = {{"stride", layer.skip->stride},
                    {"channel_pad", layer.skip->channel_pad},
                    {"highway", layer.skip->highway}};
  }
}

}  // namespace turnpike::traces::ops
