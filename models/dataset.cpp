#include "models/dataset.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/text.hpp"
#include "traces/npz.hpp"
#include "traces/other_formats.hpp"

namespace turnpike::models {
namespace {

/// Members of one file, with errors that name them.
class Members {
 public:
  explicit Members(const std::string& path) : file_{traces::NpzFile::open(path)} {}

  [[noreturn]] void fail(const std::string& what) const {
    throw FileError{{.file = file_.path()}, what};
  }
  [[nodiscard]] bool has(const std::string& name) const { return file_.has(name); }
  [[nodiscard]] Tensor tensor(const std::string& name) const { return file_.tensor(name); }
  /// The first of two names that is there.
  [[nodiscard]] std::string name(const std::string& first, const std::string& second,
                                 const std::string& what) const {
    if (file_.has(first)) {
      return first;
    }
    if (!file_.has(second)) {
      fail(fmt::format("has no member '{}' or '{}', the {}; it has {}", first, second, what,
                       listed(file_.names())));
    }
    return second;
  }
  /// One real number a channel, or one for all; none if there is no such member.
  [[nodiscard]] std::vector<double> by_channel(const std::string& name) const {
    return file_.has(name) ? file_.tensor(name).converted<double>() : std::vector<double>{};
  }

 private:
  static std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& each : names) {
      out += fmt::format("{}'{}'", out.empty() ? "" : ", ", each);
      if (out.size() > 100) {
        return out + ", ...";
      }
    }
    return out.empty() ? "no array" : out;
  }

  traces::NpzFile file_;
};

std::string says(const std::string& member, const Tensor& tensor) {
  return fmt::format("member '{}' is {} of shape {}", member, tensor.type_name(),
                     to_string(tensor.shape()));
}

std::vector<double> for_channels(const Members& members, const std::string& what,
                                 std::vector<double> values, std::int64_t channels) {
  if (values.size() == 1) {
    values.resize(static_cast<std::size_t>(channels), values[0]);
  }
  if (static_cast<std::int64_t>(values.size()) != channels) {
    members.fail(
        fmt::format("{} has {} values for images of {} channel{}; give one, or one a "
                    "channel",
                    what, values.size(), channels, channels == 1 ? "" : "s"));
  }
  return values;
}

bool all_finite(const Tensor& tensor) {
  const std::vector<double> values = tensor.converted<double>();
  return std::all_of(values.begin(), values.end(), [](double each) { return std::isfinite(each); });
}

}  // namespace

LabelledImages LabelledImages::load(const std::string& path, const TensorShape& shape,
                                    const std::optional<Normalization>& given) {
  if (!traces::way_in(path).empty()) {
    throw FileError{{.file = path}, "is no .npz file of images and labels"};
  }
  const Members members{path};
  const std::string x = members.name("x", "images", "images");
  const std::string y = members.name("y", "labels", "label of each image");
  LabelledImages images;
  images.path_ = path;
  images.pixels_ = members.tensor(x);
  const Tensor labels = members.tensor(y);
  const TensorShape& found = images.pixels_.shape();
  const bool bytes = images.pixels_.holds<std::uint8_t>();
  if (!bytes && !images.pixels_.is_floating()) {
    members.fail(says(x, images.pixels_) + ", expected uint8 or floating pixels");
  }
  images.channels_ = shape.size() == 3 ? shape[0] : 1;
  images.area_ = element_count(shape) / images.channels_;
  const TensorShape one{found.empty() ? found.end() : found.begin() + 1, found.end()};
  const bool grey = images.channels_ == 1 && !one.empty() && one.size() < 4;
  const TensorShape last = shape.size() == 3 ? TensorShape{shape[1], shape[2], shape[0]} : shape;
  images.channels_last_ = one == last && one != shape;
  const bool flat = grey && element_count(one) == images.area_ &&
                    (shape.size() == 1 || one == TensorShape{shape[1], shape[2]});
  if (one != shape && one != last && !flat) {
    members.fail(fmt::format("{}, but the network reads {}: expected [images]{}{}",
                             says(x, images.pixels_), to_string(shape), to_string(shape),
                             shape.size() == 3 ? " or [images]" + to_string(last) : ""));
  }
  if (labels.is_floating() || labels.shape() != TensorShape{found[0]}) {
    members.fail(
        fmt::format("{}, expected one integer for each of {} images", says(y, labels), found[0]));
  }
  if (found[0] == 0) {
    members.fail(says(x, images.pixels_) + ": there is no image");
  }
  if (!bytes && !all_finite(images.pixels_)) {
    members.fail(fmt::format("member '{}' has a value that is not finite", x));
  }
  images.labels_ = labels.converted<std::int64_t>();
  Normalization chosen =
      given ? *given : Normalization{members.by_channel("mean"), members.by_channel("std")};
  if (chosen.mean.empty() != chosen.deviation.empty()) {
    members.fail(fmt::format("states {} but not {}: a normalisation needs both",
                             chosen.mean.empty() ? "'std'" : "'mean'",
                             chosen.mean.empty() ? "'mean'" : "'std'"));
  }
  if (chosen.mean.empty()) {
    if (bytes) {
      members.fail(
          "does not say how its uint8 images are normalised: give --mean and --std of the "
          "network's training (pixels / 255 are first; 0 and 1 for none), or members "
          "'mean' and 'std'");
    }
    chosen = {.mean = {0.0}, .deviation = {1.0}};
  }
  const std::vector<double> mean = for_channels(members, "the mean", chosen.mean, images.channels_);
  const std::vector<double> deviation =
      for_channels(members, "the std", chosen.deviation, images.channels_);
  for (std::size_t c = 0; c < mean.size(); ++c) {
    if (!std::isfinite(mean[c]) || !std::isfinite(deviation[c]) || deviation[c] <= 0.0) {
      members.fail(
          fmt::format("mean {} and std {} of channel {}: a mean is finite and a std above 0",
                      mean[c], deviation[c], c));
    }
    images.scale_.push_back((bytes ? 1.0 / 255.0 : 1.0) / deviation[c]);
    images.shift_.push_back(-mean[c] / deviation[c]);
  }
  return images;
}

void LabelledImages::put(std::int64_t image, float* out) const {
  pixels_.visit([&](const auto& values) {
    const auto* const from = values.data() + image * channels_ * area_;
    for (std::int64_t c = 0; c < channels_; ++c) {
      const double scale = scale_[static_cast<std::size_t>(c)];
      const double shift = shift_[static_cast<std::size_t>(c)];
      for (std::int64_t i = 0; i < area_; ++i) {
        const std::int64_t pixel = channels_last_ ? i * channels_ + c : c * area_ + i;
        *out++ = static_cast<float>(static_cast<double>(from[pixel]) * scale + shift);
      }
    }
  });
}

std::vector<float> LabelledImages::input(const std::vector<std::int64_t>& images) const {
  const std::int64_t values = channels_ * area_;
  std::vector<float> out(images.size() * static_cast<std::size_t>(values));
  for (std::size_t i = 0; i < images.size(); ++i) {
    ensure(images[i] >= 0 && images[i] < count(), "an image of the data set");
    put(images[i], out.data() + static_cast<std::int64_t>(i) * values);
  }
  return out;
}

void LabelledImages::check_labels(std::int64_t classes) const {
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    if (labels_[i] < 0 || labels_[i] >= classes) {
      throw FileError{{.file = path_},
                      fmt::format("label {} of image {} is no class: the network has {}, from 0",
                                  labels_[i], i, classes)};
    }
  }
}

std::vector<std::int64_t> evenly_spaced(std::int64_t count, std::int64_t wanted) {
  const std::int64_t taken = std::min(count, wanted);
  std::vector<std::int64_t> items;
  for (std::int64_t i = 0; i < taken; ++i) {
    items.push_back(i * count / taken);
  }
  return items;
}

}  // namespace turnpike::models
