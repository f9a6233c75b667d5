#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network.hpp"

namespace turnpike::models {

/// Labelled images from an .npz with members `x`, uint8 [N][rows][columns][channels], and `y`, one
/// integer label an image.
class LabelledImages {
 public:
  /// FileError, naming the member, if one is missing or of another shape.
  static LabelledImages load(const std::string& path);

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(labels_.size()); }
  /// Images [first, first + count) as a network's input, [N][C][rows][columns]. Colour images are
  /// normalised with the means and deviations of ImageNet's training set (torchvision), grey ones
  /// only to [0, 1].
  [[nodiscard]] std::vector<float> input(std::int64_t first, std::int64_t count) const;
  [[nodiscard]] std::vector<std::int64_t> labels(std::int64_t first, std::int64_t count) const;
  /// [C, rows, columns]
  [[nodiscard]] const TensorShape& shape() const { return shape_; }

 private:
  TensorShape shape_;
  std::vector<std::uint8_t> pixels_;
  std::vector<std::int64_t> labels_;
};

}  // namespace turnpike::models
