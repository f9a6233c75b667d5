// PyTorch's zip checkpoints (torch.save since 1.6): NAME/data.pkl says what there is, NAME/data/KEY
// holds the elements of a storage.

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <zip.h>

#include "models/weights/pickle.hpp"
#include "models/weights/weights_archive.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::models {
namespace {

constexpr std::uint64_t kMostPickle = std::uint64_t{64} << 20U;
constexpr std::uint64_t kMostStorage = std::uint64_t{8} << 30U;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

class TorchCheckpoint : public WeightsArchive {
 public:
  explicit TorchCheckpoint(const std::string& path) : path_{path} {
    require_regular_file(path);
    note_input(path);
    refuse_older_form();
    int error = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &error));
    if (!archive_) {
      fail("is no zip archive, or is cut off; torch.save writes one");
    }
    const std::int64_t count = zip_get_num_entries(archive_.get(), 0);
    for (std::int64_t i = 0; i < count && root_.empty(); ++i) {
      const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
      const std::string text = name == nullptr ? "" : name;
      if (text == "data.pkl" || text.ends_with("/data.pkl")) {
        root_ = text;
      }
    }
    if (root_.empty()) {
      fail("is no checkpoint of PyTorch: it has no data.pkl");
    }
    root_.resize(root_.size() - std::string_view{"data.pkl"}.size());
    tensors_ = pickled_tensors(member("data.pkl", kMostPickle), path_);
    for (const auto& [name, tensor] : tensors_) {
      names_.push_back(name);
    }
  }

  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }
  [[nodiscard]] bool has(const std::string& name) const override { return tensors_.contains(name); }
  [[nodiscard]] TensorShape shape(const std::string& name) const override {
    return found(name).shape;
  }

  [[nodiscard]] Tensor tensor(const std::string& name) const override {
    const PickledTensor& wanted = found(name);
    const std::string storage = member("data/" + wanted.storage, kMostStorage);
    const std::size_t size = bytes_of_type(wanted.type);
    const auto elements = static_cast<std::int64_t>(storage.size() / size);
    check_extents(name, wanted, elements);
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(element_count(wanted.shape)) * size);
    std::vector<std::int64_t> at(wanted.shape.size(), 0);
    const std::int64_t count = element_count(wanted.shape);
    std::int64_t place = wanted.offset;
    for (std::int64_t i = 0; i < count; ++i) {
      bytes.append(storage, static_cast<std::size_t>(place) * size, size);
      for (std::size_t d = at.size(); d-- > 0;) {
        place += wanted.strides[d];
        if (++at[d] < wanted.shape[d]) {
          break;
        }
        place -= wanted.strides[d] * wanted.shape[d];
        at[d] = 0;
      }
    }
    return tensor_of_bytes(wanted.type, wanted.shape, bytes, path_, name);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const { throw FileError{{.file = path_}, what}; }

  /// Before 1.6, torch.save wrote pickles one behind the other; they begin with PROTO 2 and a magic
  /// number.
  void refuse_older_form() const {
    std::ifstream in{path_, std::ios::binary};
    const int first = in.get();
    if (first == 0x80) {
      fail(
          "is of PyTorch's form before 1.6, which is no archive; save it again with "
          "torch.save(torch.load(FILE), NEW)");
    }
  }

  [[nodiscard]] const PickledTensor& found(const std::string& name) const {
    const auto place = tensors_.find(name);
    if (place == tensors_.end()) {
      fail(fmt::format("has no tensor '{}'", printable(name)));
    }
    return place->second;
  }

  /// No element lies outside the storage, and no more are asked for than it can give.
  void check_extents(const std::string& name, const PickledTensor& wanted,
                     std::int64_t elements) const {
    std::int64_t last = wanted.offset;
    std::int64_t count = 1;
    for (std::size_t d = 0; d < wanted.shape.size(); ++d) {
      const std::int64_t extent = wanted.shape[d];
      const std::int64_t stride = wanted.strides[d];
      if (extent < 1 || stride < 0 || extent > elements || stride > elements ||
          count > elements / extent) {
        fail(fmt::format("tensor '{}' has the shape {} in a storage of {} elements",
                         printable(name), to_string(wanted.shape), elements));
      }
      count *= extent;
      last += (extent - 1) * stride;
      if (last > elements) {
        break;
      }
    }
    if (wanted.offset < 0 || last < 0 || last >= elements) {
      fail(fmt::format("tensor '{}' reaches element {} of a storage of {}", printable(name), last,
                       elements));
    }
  }

  [[nodiscard]] std::string member(const std::string& name, std::uint64_t most) const {
    const std::string whole = root_ + name;
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat(archive_.get(), whole.c_str(), 0, &stat) != 0 ||
        (stat.valid & ZIP_STAT_SIZE) == 0) {
      fail(fmt::format("has no member '{}'", printable(whole)));
    }
    // Deflate cannot exceed 1032 to 1.
    if (stat.size > most ||
        ((stat.valid & ZIP_STAT_COMP_SIZE) != 0 && stat.size / 1100 > stat.comp_size)) {
      fail(fmt::format("member '{}' declares {} bytes", printable(whole), stat.size));
    }
    const std::unique_ptr<zip_file_t, CloseMember> file{
        zip_fopen_index(archive_.get(), stat.index, 0)};
    std::string bytes(stat.size, '\0');
    std::uint64_t read = 0;
    while (file && read < stat.size) {
      const zip_int64_t got = zip_fread(file.get(), bytes.data() + read, stat.size - read);
      if (got <= 0) {
        break;
      }
      read += static_cast<std::uint64_t>(got);
    }
    char beyond = 0;
    if (!file || read != stat.size || zip_fread(file.get(), &beyond, 1) != 0) {
      fail(fmt::format("member '{}' is damaged", printable(whole)));
    }
    return bytes;
  }

  std::string path_;
  std::unique_ptr<zip_t, CloseArchive> archive_;
  std::string root_;
  std::map<std::string, PickledTensor> tensors_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<WeightsArchive> open_torch_checkpoint(const std::string& path) {
  return std::make_unique<TorchCheckpoint>(path);
}

}  // namespace turnpike::models
