#include "models/dataset.hpp"

#include <array>

#include <fmt/format.h>

#include "traces/npz.hpp"

namespace turnpike::models {
namespace {

constexpr std::array<double, 3> kMean = {0.485, 0.456, 0.406};
constexpr std::array<double, 3> kDeviation = {0.229, 0.224, 0.225};

}  // namespace

LabelledImages LabelledImages::load(const std::string& path) {
  const traces::NpzFile file = traces::NpzFile::open(path);
  const Tensor x = file.tensor("x");
  const Tensor y = file.tensor("y");
  const auto fail = [&](const std::string& what) { throw FileError{{.file = path}, what}; };
  if (!x.holds<std::uint8_t>() || x.shape().size() != 4) {
    fail(fmt::format("member 'x' is {} of shape {}, expected uint8 [N, rows, columns, channels]",
                     x.type_name(), to_string(x.shape())));
  }
  if (y.is_floating() || y.shape() != TensorShape{x.shape()[0]}) {
    fail(fmt::format("member 'y' is {} of shape {}, expected one integer for each of {} images",
                     y.type_name(), to_string(y.shape()), x.shape()[0]));
  }
  LabelledImages images;
  images.shape_ = {x.shape()[3], x.shape()[1], x.shape()[2]};
  images.pixels_ = x.converted<std::uint8_t>();
  images.labels_ = y.converted<std::int64_t>();
  return images;
}

std::vector<float> LabelledImages::input(std::int64_t first, std::int64_t count) const {
  ensure(first >= 0 && count >= 0 && first + count <= this->count(), "a range of images");
  const std::int64_t channels = shape_[0];
  const std::int64_t area = shape_[1] * shape_[2];
  std::vector<float> out(static_cast<std::size_t>(count * channels * area));
  for (std::int64_t n = 0; n < count; ++n) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto colour = static_cast<std::size_t>(c);
      const double mean = channels == 3 ? kMean[colour] : 0.0;
      const double deviation = channels == 3 ? kDeviation[colour] : 1.0;
      for (std::int64_t i = 0; i < area; ++i) {
        const std::int64_t pixel = ((first + n) * area + i) * channels + c;
        const double value = pixels_[static_cast<std::size_t>(pixel)] / 255.0;
        out[static_cast<std::size_t>((n * channels + c) * area + i)] =
            static_cast<float>((value - mean) / deviation);
      }
    }
  }
  return out;
}

std::vector<std::int64_t> LabelledImages::labels(std::int64_t first, std::int64_t count) const {
  ensure(first >= 0 && count >= 0 && first + count <= this->count(), "a range of images");
  return {labels_.begin() + first, labels_.begin() + first + count};
}

}  // namespace turnpike::models
