// https://github.com/huggingface/safetensors: eight bytes with the length of a JSON header, the
// header, and the elements of all tensors one behind the other.

#include <algorithm>
#include <cstring>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/weights/weights_archive.hpp"
#include "sim/base/files.hpp"
#include "traces/json_map.hpp"

namespace turnpike::models {
namespace {

constexpr std::size_t kMostHeader = 100'000'000;  // the format's own limit
constexpr std::size_t kMostBytes = std::size_t{8} << 30U;

struct Entry {
  std::string type;
  TensorShape shape;
  std::size_t begin = 0;
  std::size_t end = 0;
};

class Safetensors : public WeightsArchive {
 public:
  explicit Safetensors(const std::string& path) : path_{path} {
    require_regular_file(path);
    bytes_ = read_input(path, kMostBytes);
    std::uint64_t length = 0;
    if (bytes_.size() < sizeof length) {
      fail("is no safetensors file: it has less than eight bytes");
    }
    std::memcpy(&length, bytes_.data(), sizeof length);
    if (length > kMostHeader || length > bytes_.size() - sizeof length) {
      fail(fmt::format("is no safetensors file, or cut off: its header has {} bytes", length));
    }
    const auto header = traces::parse_json(std::string_view{bytes_}.substr(sizeof length, length),
                                           {.file = path}, "header");
    data_ = std::string_view{bytes_}.substr(sizeof length + length);
    if (!header.is_object()) {
      fail("its header is no object");
    }
    for (const auto& [name, value] : header.items()) {
      if (name != "__metadata__") {
        add(name, value);
      }
    }
  }

  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }
  [[nodiscard]] bool has(const std::string& name) const override { return entries_.contains(name); }
  [[nodiscard]] TensorShape shape(const std::string& name) const override {
    return entry(name).shape;
  }
  [[nodiscard]] Tensor tensor(const std::string& name) const override {
    const Entry& found = entry(name);
    return tensor_of_bytes(found.type, found.shape,
                           data_.substr(found.begin, found.end - found.begin), path_, name);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const { throw FileError{{.file = path_}, what}; }

  [[nodiscard]] const Entry& entry(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      fail(fmt::format("has no tensor '{}'", name));
    }
    return found->second;
  }

  void add(const std::string& name, const nlohmann::ordered_json& value) {
    traces::JsonMap map{value, {.file = path_}, fmt::format("tensor '{}'", name)};
    Entry made;
    made.type = map.get_string("dtype");
    const auto numbers = [&](const std::string& key) {
      const nlohmann::ordered_json& list = map.get_value(key);
      std::vector<std::int64_t> out;
      if (!list.is_array() || list.size() > 8) {
        map.fail(fmt::format("'{}' must be a list of up to 8 integers", key));
      }
      for (const auto& each : list) {
        if (!each.is_number_unsigned() || each.get<std::uint64_t>() > std::uint64_t{1} << 40U) {
          map.fail(fmt::format("'{}' must be a list of integers", key));
        }
        out.push_back(each.get<std::int64_t>());
      }
      return out;
    };
    made.shape = numbers("shape");
    const std::vector<std::int64_t> place = numbers("data_offsets");
    map.finish();
    if (place.size() != 2 || place[0] > place[1] ||
        static_cast<std::size_t>(place[1]) > data_.size()) {
      map.fail(
          fmt::format("its data_offsets lie outside the {} bytes that are there", data_.size()));
    }
    if (bytes_of_type(made.type) == 0) {
      map.fail(fmt::format("has the dtype '{}', which is not read", made.type));
    }
    made.begin = static_cast<std::size_t>(place[0]);
    made.end = static_cast<std::size_t>(place[1]);
    names_.push_back(name);
    entries_[name] = std::move(made);
  }

  std::string path_;
  std::string bytes_;
  std::string_view data_;
  std::vector<std::string> names_;
  std::map<std::string, Entry> entries_;
};

}  // namespace

std::unique_ptr<WeightsArchive> open_safetensors(const std::string& path) {
  return std::make_unique<Safetensors>(path);
}

}  // namespace turnpike::models
