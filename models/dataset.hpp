#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/network.hpp"

namespace turnpike::models {

/// (pixel - mean) / deviation by channel; one number of each is for all channels. Pixels of uint8
/// are divided by 255 first.
struct Normalization {
  std::vector<double> mean;
  std::vector<double> deviation;
};

/// Labelled images from an .npz (docs/accuracy.md): `x` or `images`, uint8 or floating,
/// [N][rows][columns][channels], [N][channels][rows][columns], [N][rows][columns] or [N][features];
/// `y` or `labels`, one integer an image; `mean` and `std`, their normalisation.
class LabelledImages {
 public:
  /// Images for inputs of `shape`, [C, rows, columns] or [features]. `given` goes before what the
  /// file states; uint8 images need one of both. FileError, naming the member, if one is missing or
  /// of another shape or type, or a value is not finite.
  static LabelledImages load(const std::string& path, const TensorShape& shape,
                             const std::optional<Normalization>& given = {});

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(labels_.size()); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// As a network's input, [N][shape].
  [[nodiscard]] std::vector<float> input(const std::vector<std::int64_t>& images) const;
  [[nodiscard]] std::int64_t label(std::int64_t image) const {
    return labels_.at(static_cast<std::size_t>(image));
  }
  /// FileError if a label is no class of `classes`.
  void check_labels(std::int64_t classes) const;

 private:
  void put(std::int64_t image, float* out) const;

  std::string path_;
  Tensor pixels_;
  std::vector<std::int64_t> labels_;
  std::int64_t channels_ = 1;
  std::int64_t area_ = 1;       ///< values a channel
  bool channels_last_ = false;  ///< in the file
  std::vector<double> scale_;   ///< by channel: value = pixel * scale + shift
  std::vector<double> shift_;
};

/// `wanted` of `count` items, evenly spaced from the first; all if there are no more.
[[nodiscard]] std::vector<std::int64_t> evenly_spaced(std::int64_t count, std::int64_t wanted);

}  // namespace turnpike::models
