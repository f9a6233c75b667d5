#include "models/weights/weights_archive.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "models/weights/small_floats.hpp"
#include "sim/base/error.hpp"
#include "traces/npz.hpp"

namespace turnpike::models {
namespace {

class NpzWeights : public WeightsArchive {
 public:
  explicit NpzWeights(const std::string& path) : file_{traces::NpzFile::open(path)} {}

  [[nodiscard]] const std::string& path() const override { return file_.path(); }
  [[nodiscard]] const std::vector<std::string>& names() const override { return file_.names(); }
  [[nodiscard]] bool has(const std::string& name) const override { return file_.has(name); }
  [[nodiscard]] TensorShape shape(const std::string& name) const override {
    return file_.header(name).shape;
  }
  [[nodiscard]] Tensor tensor(const std::string& name) const override { return file_.tensor(name); }

 private:
  traces::NpzFile file_;
};

template <class T>
std::vector<T> elements(std::string_view bytes) {
  std::vector<T> out(bytes.size() / sizeof(T));
  if (!out.empty()) {
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  }
  return out;
}

std::vector<float> widened(std::string_view bytes, float (*convert)(std::uint16_t)) {
  const auto halves = elements<std::uint16_t>(bytes);
  std::vector<float> out(halves.size());
  std::transform(halves.begin(), halves.end(), out.begin(), convert);
  return out;
}

}  // namespace

std::unique_ptr<WeightsArchive> open_npz_weights(const std::string& path) {
  return std::make_unique<NpzWeights>(path);
}

std::unique_ptr<WeightsArchive> WeightsArchive::open(const std::string& path) {
  if (path.ends_with(".safetensors")) {
    return open_safetensors(path);
  }
  constexpr std::array kTorch = {".pt", ".pth", ".th", ".ckpt", ".bin"};
  if (std::any_of(kTorch.begin(), kTorch.end(),
                  [&](const char* end) { return path.ends_with(end); })) {
    return open_torch_checkpoint(path);
  }
  return open_npz_weights(path);
}

std::size_t bytes_of_type(const std::string& type) {
  if (type == "F64" || type == "I64") {
    return 8;
  }
  if (type == "F32" || type == "I32") {
    return 4;
  }
  if (type == "F16" || type == "BF16" || type == "I16") {
    return 2;
  }
  return type == "I8" || type == "U8" || type == "BOOL" ? 1 : 0;
}

Tensor tensor_of_bytes(const std::string& type, TensorShape shape, std::string_view bytes,
                       const std::string& path, const std::string& where) {
  const std::size_t size = bytes_of_type(type);
  std::size_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 ||
        (extent > 0 && count > (std::size_t{1} << 40U) / static_cast<std::size_t>(extent))) {
      throw FileError{{.file = path},
                      fmt::format("tensor '{}' has the shape {}", where, to_string(shape))};
    }
    count *= static_cast<std::size_t>(extent);
  }
  if (size == 0 || count * size != bytes.size()) {
    throw FileError{{.file = path},
                    fmt::format("tensor '{}' has {} bytes, but {} of shape {} is asked for", where,
                                bytes.size(), type, to_string(shape))};
  }
  if (type == "F64") {
    return {std::move(shape), elements<double>(bytes)};
  }
  if (type == "F32") {
    return {std::move(shape), elements<float>(bytes)};
  }
  if (type == "F16" || type == "BF16") {
    return {std::move(shape), widened(bytes, type == "F16" ? half_to_float : bfloat_to_float)};
  }
  if (type == "I64") {
    return {std::move(shape), elements<std::int64_t>(bytes)};
  }
  if (type == "I32") {
    return {std::move(shape), elements<std::int32_t>(bytes)};
  }
  if (type == "I16") {
    return {std::move(shape), elements<std::int16_t>(bytes)};
  }
  if (type == "I8") {
    return {std::move(shape), elements<std::int8_t>(bytes)};
  }
  return {std::move(shape), elements<std::uint8_t>(bytes)};
}

}  // namespace turnpike::models
