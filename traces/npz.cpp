#include "traces/npz.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <zip.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "traces/file_io.hpp"
#include "traces/npy.hpp"

namespace turnpike::traces {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr zip_uint16_t kDosDate = 0x21;  // 1980-01-01, the earliest a zip can say

struct Member {
  zip_uint64_t index = 0;
  std::size_t bytes = 0;
};

std::string open_failure(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

// Field by field: GCC 12 takes the nested braces for an uninitialized string at -O3.
NpyPlace member_place(const std::string& path, std::string_view name) {
  NpyPlace place;
  place.spot.file = path;
  place.what = fmt::format("member '{}'", name);
  return place;
}

struct ZipCloser {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};
struct ZipFileCloser {
  void operator()(zip_file_t* file) const { static_cast<void>(zip_fclose(file)); }
};

/// Members of the methods NumPy writes, and of Zstandard where libzip can (1.8, built with it).
void check_method(zip_uint16_t method, const NpyPlace& place) {
  constexpr zip_uint16_t kZstandard = 93;  // APPNOTE 6.3.8; older headers have no name for it
  if (method == ZIP_CM_STORE || method == ZIP_CM_DEFLATE) {
    return;
  }
  if (method != kZstandard) {
    place.fail(fmt::format("compression method {}; expected stored or deflated", method));
  }
#if LIBZIP_VERSION_MAJOR > 1 || (LIBZIP_VERSION_MAJOR == 1 && LIBZIP_VERSION_MINOR >= 7)
  if (zip_compression_method_supported(kZstandard, 0) != 0) {
    return;
  }
#endif
  place.fail(
      "compression method 93 (Zstandard), which this libzip does not read; expected stored or "
      "deflated");
}

/// Central directory entry, checked against the limits.
zip_stat_t checked_stat(zip_t* zip, zip_uint64_t index, const NpzLimits& limits,
                        const SourceSpot& spot) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                   ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(zip, index, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
    throw FileError{
        spot, fmt::format("entry {} of the archive cannot be read: {}", index, zip_strerror(zip))};
  }
  const NpyPlace place = member_place(spot.file, stat.name);
  if (stat.encryption_method != ZIP_EM_NONE) {
    place.fail("is encrypted");
  }
  check_method(stat.comp_method, place);
  if (stat.comp_method == ZIP_CM_STORE && stat.size != stat.comp_size) {
    place.fail(fmt::format("stored, but declares {} bytes in {}", stat.size, stat.comp_size));
  }
  const auto expansion = static_cast<zip_uint64_t>(limits.expansion);
  if (stat.size / expansion + (stat.size % expansion != 0 ? 1 : 0) > stat.comp_size) {
    place.fail(fmt::format("declares {} bytes from {} compressed ones, more than deflate can give",
                           stat.size, stat.comp_size));
  }
  return stat;
}

}  // namespace

struct NpzFile::Archive {
  explicit Archive(const std::string& file) : path{file}, identity{file} {}

  std::string path;
  FileIdentity identity;
  std::unique_ptr<zip_t, ZipCloser> zip;
  std::vector<std::string> names;
  std::map<std::string, Member> members;

  void read_directory(const NpzLimits& limits) {
    const zip_int64_t entries = zip_get_num_entries(zip.get(), 0);
    auto left = static_cast<zip_uint64_t>(limits.total_bytes);
    std::set<std::string> seen;
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(entries); ++i) {
      const zip_stat_t stat = checked_stat(zip.get(), i, limits, {path});
      std::string name = stat.name;
      if (!seen.insert(name).second) {
        throw FileError{{path}, fmt::format("member '{}' is there twice", name)};
      }
      if (stat.size > left) {
        throw FileError{
            {path},
            fmt::format("its members declare more than {} bytes, the limit", limits.total_bytes)};
      }
      left -= stat.size;
      if (name.size() > kSuffix.size() && name.ends_with(kSuffix)) {
        name.resize(name.size() - kSuffix.size());
        names.push_back(name);
        members.emplace(std::move(name), Member{i, static_cast<std::size_t>(stat.size)});
      }
    }
  }
};

NpzFile::NpzFile(std::unique_ptr<Archive> archive) : archive_{std::move(archive)} {}
NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;
NpzFile::~NpzFile() = default;

NpzFile NpzFile::open(const std::string& path, const NpzLimits& limits) {
  require_regular_file(path);
  auto archive = std::make_unique<Archive>(path);
  note_input(path);
  int code = 0;
  archive->zip.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (archive->zip == nullptr) {
    throw FileError{{path}, fmt::format("not a readable .npz archive: {}", open_failure(code))};
  }
  archive->read_directory(limits);
  return NpzFile{std::move(archive)};
}

const std::string& NpzFile::path() const {
  return archive_->path;
}

const std::vector<std::string>& NpzFile::names() const {
  return archive_->names;
}

bool NpzFile::has(const std::string& name) const {
  return archive_->members.contains(name);
}

namespace {

/// Reads a member to the end that the directory declares, which makes libzip check the CRC, and
/// looks that nothing follows.
class MemberReader {
 public:
  MemberReader(zip_t* zip, const Member& member, const NpyPlace& place)
      : file_{zip_fopen_index(zip, member.index, 0)}, declared_{member.bytes}, place_{place} {
    if (file_ == nullptr) {
      place.fail(fmt::format("cannot be opened: {}", zip_strerror(zip)));
    }
  }

  std::size_t read(char* to, std::size_t most) {
    const std::size_t got = next(to, std::min(most, declared_ - read_));
    if (got == 0 && read_ < declared_ && most > 0) {
      fail_size("");
    }
    read_ += got;
    char beyond = 0;
    if (read_ == declared_ && !ended_) {
      ended_ = true;
      if (next(&beyond, 1) > 0) {
        ++read_;
        fail_size("at least ");
      }
    }
    return got;
  }

 private:
  std::size_t next(char* to, std::size_t most) {
    const zip_int64_t got = zip_fread(file_.get(), to, most);
    if (got < 0) {
      place_.fail(fmt::format("cannot be read: {}", zip_file_strerror(file_.get())));
    }
    return static_cast<std::size_t>(got);
  }
  [[noreturn]] void fail_size(std::string_view least) const {
    place_.fail(
        fmt::format("the archive declares {} bytes, its data give {}{}", declared_, least, read_));
  }

  std::unique_ptr<zip_file_t, ZipFileCloser> file_;
  std::size_t declared_ = 0, read_ = 0;
  bool ended_ = false;
  const NpyPlace& place_;
};

}  // namespace

template <class Use>
auto NpzFile::with_member(const std::string& name, const Use& use) const {
  const auto found = archive_->members.find(name);
  const NpyPlace place = member_place(archive_->path, name);
  if (found == archive_->members.end()) {
    place.fail("is missing");
  }
  try {
    archive_->identity.check();
    MemberReader reader{archive_->zip.get(), found->second, place};
    return use([&reader](char* to, std::size_t most) { return reader.read(to, most); },
               found->second.bytes, place);
  } catch (const FileError&) {
    archive_->identity.check();  // a change of the file explains what is wrong with it
    throw;
  }
}

NpyHeader NpzFile::header(const std::string& name) const {
  return with_member(name, [](const auto& read, std::size_t bytes, const NpyPlace& place) {
    return decode_npy_header(read, bytes, place);
  });
}

Tensor NpzFile::tensor(const std::string& name) const {
  return with_member(name, [](const auto& read, std::size_t bytes, const NpyPlace& place) {
    return decode_npy(read, bytes, place);
  });
}

void NpzFile::pieces(const std::string& name, const UsePiece& use) const {
  with_member(name, [&use](const auto& read, std::size_t bytes, const NpyPlace& place) {
    decode_npy_pieces(read, bytes, place, use);
  });
}

std::string NpzFile::text(const std::string& name, std::int64_t most) const {
  if (const std::int64_t bytes = header(name).data_bytes(); bytes > most) {
    member_place(archive_->path, name)
        .fail(fmt::format("holds {} bytes of text, more than {}", bytes, most));
  }
  const Tensor bytes = tensor(name);
  if (!bytes.holds<std::uint8_t>() && !bytes.holds<std::int8_t>()) {
    throw FileError{
        {archive_->path},
        fmt::format("member '{}': expected text as uint8, not {}", name, bytes.type_name())};
  }
  const auto characters = bytes.converted<char>();
  return {characters.begin(), characters.end()};
}

namespace {

void add_member(zip_t* zip, const std::string& name, const std::string& bytes,
                NpzCompression compression, const SourceSpot& spot) {
  zip_source_t* source = zip_source_buffer(zip, bytes.data(), bytes.size(), 0);
  const zip_int64_t index =
      source == nullptr ? -1 : zip_file_add(zip, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    const std::string reason = zip_strerror(zip);
    zip_source_free(source);
    throw FileError{spot, fmt::format("member '{}' cannot be written: {}", name, reason)};
  }
  const auto at = static_cast<zip_uint64_t>(index);
  const zip_int32_t method = compression == NpzCompression::stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
  if (zip_set_file_compression(zip, at, method, 0) != 0 ||
      zip_file_set_dostime(zip, at, 0, kDosDate, 0) != 0) {
    throw FileError{spot, fmt::format("member '{}': {}", name, zip_strerror(zip))};
  }
}

}  // namespace

void write_npz(const std::string& path, const NamedTensors& tensors, NpzCompression compression) {
  int code = 0;
  std::unique_ptr<zip_t, ZipCloser> zip{zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code)};
  if (zip == nullptr) {
    throw FileError{{path}, fmt::format("cannot be written: {}", open_failure(code))};
  }
  std::vector<std::string> images;  // libzip reads them when it closes
  images.reserve(tensors.size());
  std::set<std::string> seen;
  for (const auto& [name, tensor] : tensors) {
    ensure(seen.insert(name).second, fmt::format("member '{}' is written once", name));
    images.push_back(encode_npy(tensor));
    add_member(zip.get(), name, images.back(), compression, {path});
  }
  // libzip writes a temporary file in the same folder and renames it.
  if (zip_close(zip.get()) != 0) {
    throw FileError{{path}, fmt::format("cannot be written: {}", zip_strerror(zip.get()))};
  }
  static_cast<void>(zip.release());
}

}  // namespace turnpike::traces
