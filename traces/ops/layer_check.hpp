#pragma once

#include <cstdint>
#include <string_view>

#include "traces/trace_validate.hpp"

namespace turnpike::traces {

/// One layer and its tensors, for the rules of traces/ops; its messages name both.
class LayerCheck {
 public:
  LayerCheck(const Program& program, const LayerEntry& layer, const SourceSpot& spot)
      : program_{program}, layer_{layer}, spot_{spot} {}

  [[noreturn]] void fail(std::string_view message) const;

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] const LayerEntry& entry() const { return layer_; }
  [[nodiscard]] const ProgramTensor& tensor(const std::string& name) const {
    return program_.tensor(name);
  }
  [[nodiscard]] const ProgramTensor& input(std::size_t index = 0) const {
    return tensor(layer_.inputs.at(index));
  }
  [[nodiscard]] const ProgramTensor& weights(std::size_t index = 0) const {
    return tensor(layer_.weights.at(index));
  }
  [[nodiscard]] const ProgramTensor& output() const { return tensor(layer_.output); }

  void expect_shape(const ProgramTensor& tensor, const TensorShape& wanted,
                    std::string_view why) const;
  /// As expect_shape, but [N][C][1][1] will do for [N][C].
  void expect_vectors(const ProgramTensor& tensor, std::int64_t channels,
                      std::string_view why) const;
  void expect_rank(const ProgramTensor& tensor, std::size_t rank, std::string_view order) const;
  /// [N][channels][E][F] of a window of rows x columns that slides over the first input.
  [[nodiscard]] TensorShape windowed(std::int64_t channels, std::int64_t rows,
                                     std::int64_t columns) const;

  /// Whether `input` times `weights` is defined, and fits a 63-bit accumulator when both are
  /// integers. `terms` products per output; output channels run along `channel_axis` of the
  /// weights; `padded`: zeros are added around the input.
  struct ProductRule {
    const ProgramTensor& input;
    const ProgramTensor& weights;
    std::int64_t terms = 0;
    int channel_axis = 0;
    bool padded = false;
  };
  void check_product(const ProductRule& rule) const;

 private:
  [[nodiscard]] std::int64_t slide(std::int64_t extent, std::int64_t before, std::int64_t after,
                                   std::int64_t window, std::int64_t stride) const;

  const Program& program_;
  const LayerEntry& layer_;
  const SourceSpot& spot_;
};

}  // namespace turnpike::traces
