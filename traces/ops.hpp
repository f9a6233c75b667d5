#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/base/tensor.hpp"

/// The list of operations a layer may have: a name and a row of what the format knows of it. How an
/// operation is computed is not said here: models/ops has it for producers of traces,
/// sim/accelerator for the hardware, and traces/FORMAT.md for everybody.
namespace turnpike::traces {

class JsonMap;
class LayerCheck;
struct LayerEntry;

/// `affine` hands on its input, for post steps that stand alone.
enum class Op { conv, fc, lstm, gru, add, mul, maxpool, avgpool, concat, quantize, affine };

/// How an operation uses kernel, stride and pad.
enum class Window {
  none,
  weights,  ///< of the extents of its weights (conv)
  kernel,   ///< of the key `kernel`, or as large as the map (pools)
};

/// What may follow the sum.
enum class PostRule {
  steps,           ///< post steps; `quantize` is the last if and only if the output holds codes
  steps_or_codes,  ///< the same, or none at all: codes pass through as they are
  none,            ///< no post steps: the output's entry alone says how values are stored
};

inline constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

// Rules of traces/ops/*.cpp. A check looks at extents and kinds of a layer's tensors; `read` and
// `write` are for keys that only this operation has.
namespace ops {
void check_conv(const LayerCheck& layer);
void check_fc(const LayerCheck& layer);
void check_recurrent(const LayerCheck& layer);
void check_add(const LayerCheck& layer);
void check_equal_extents(const LayerCheck& layer);  ///< of all inputs and the output
void check_pool(const LayerCheck& layer);
void check_concat(const LayerCheck& layer);
void check_quantize(const LayerCheck& layer);
void read_recurrent(JsonMap& keys, LayerEntry& layer);
void write_recurrent(const LayerEntry& layer, nlohmann::ordered_json& json);
void read_skip(JsonMap& keys, LayerEntry& layer);
void write_skip(const LayerEntry& layer, nlohmann::ordered_json& json);
std::int64_t macs_of_product(const TensorShape& output, const std::vector<TensorShape>& weights);
std::int64_t macs_of_recurrent(const TensorShape& output, const std::vector<TensorShape>& weights);
}  // namespace ops

/// What the format knows of one operation.
struct OpFormat {
  Op op = Op::conv;
  std::string_view name;
  std::size_t least_inputs = 1;
  std::size_t most_inputs = 1;
  std::size_t weights = 0;  ///< weight tensors; an operation without any is element-wise
  Window window = Window::none;
  PostRule post = PostRule::steps;
  std::string_view gates = {};  ///< recurrent: the letters of its gates, "f,g,i,o"
  void (*check)(const LayerCheck&) = ops::check_equal_extents;
  /// Multiply-accumulates for the whole batch or sequence, from the extents of output and weights;
  /// null: none.
  std::int64_t (*macs)(const TensorShape&, const std::vector<TensorShape>&) = nullptr;
  void (*read)(JsonMap&, LayerEntry&) = nullptr;
  void (*write)(const LayerEntry&, nlohmann::ordered_json&) = nullptr;

  [[nodiscard]] constexpr bool is_recurrent() const { return !gates.empty(); }
  /// Letters in `gates`, which commas separate; 1 if there are none.
  [[nodiscard]] constexpr std::int64_t gate_count() const {
    return static_cast<std::int64_t>(gates.size() / 2 + 1);
  }
};

/// One row an operation, in the order of Op.
inline constexpr auto kOps = std::to_array<OpFormat>({
    {.op = Op::conv,
     .name = "conv",
     .weights = 1,
     .window = Window::weights,
     .check = ops::check_conv,
     .macs = ops::macs_of_product},
    {.op = Op::fc,
     .name = "fc",
     .weights = 1,
     .check = ops::check_fc,
     .macs = ops::macs_of_product},
    {.op = Op::lstm,
     .name = "lstm",
     .least_inputs = 2,
     .most_inputs = 2,
     .weights = 2,
     .post = PostRule::none,
     .gates = "f,g,i,o",
     .check = ops::check_recurrent,
     .macs = ops::macs_of_recurrent,
     .read = ops::read_recurrent,
     .write = ops::write_recurrent},
    {.op = Op::gru,
     .name = "gru",
     .least_inputs = 2,
     .most_inputs = 2,
     .weights = 2,
     .post = PostRule::none,
     .gates = "r,z,n",
     .check = ops::check_recurrent,
     .macs = ops::macs_of_recurrent,
     .read = ops::read_recurrent,
     .write = ops::write_recurrent},
    {.op = Op::add,
     .name = "add",
     .least_inputs = 2,
     .most_inputs = 2,
     .check = ops::check_add,
     .read = ops::read_skip,
     .write = ops::write_skip},
    {.op = Op::mul, .name = "mul", .least_inputs = 2, .most_inputs = 2},
    {.op = Op::maxpool,
     .name = "maxpool",
     .window = Window::kernel,
     .post = PostRule::steps_or_codes,
     .check = ops::check_pool},
    {.op = Op::avgpool, .name = "avgpool", .window = Window::kernel, .check = ops::check_pool},
    {.op = Op::concat,
     .name = "concat",
     .least_inputs = 2,
     .most_inputs = kAnyNumber,
     .post = PostRule::steps_or_codes,
     .check = ops::check_concat},
    {.op = Op::quantize, .name = "quantize", .post = PostRule::none, .check = ops::check_quantize},
    {.op = Op::affine, .name = "affine"},
});

/// The row of an operation.
[[nodiscard]] constexpr const OpFormat& format_of(Op op) {
  return kOps.at(static_cast<std::size_t>(op));
}

static_assert(
    [] {
      for (std::size_t i = 0; i < kOps.size(); ++i) {
        if (static_cast<std::size_t>(kOps.at(i).op) != i) {
          return false;
        }
      }
      return true;
    }(),
    "the rows stand in the order of Op");

}  // namespace turnpike::traces
