#include "sim/base/files.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/digest.hpp"
#include "sim/base/error.hpp"

namespace turnpike {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTemporarySuffix = ".part";

/// The recorders alive, innermost last. One thread uses them.
std::vector<InputRecorder*>& recorders() {
  static std::vector<InputRecorder*> alive;
  return alive;
}

/// Path of the temporary file being written, for a signal handler; "" if none.
std::array<char, 4096>& unfinished() {
  static std::array<char, 4096> path{};
  return path;
}

std::string reason() {
  return std::strerror(errno);
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_{number} {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int number() const { return number_; }
  bool close() {
    const int closing = number_;
    number_ = -1;
    return closing < 0 || ::close(closing) == 0;
  }

 private:
  int number_;
};

/// Hands a file's bytes on, piece by piece. False, with errno set, if it cannot be read.
template <class Use>
bool read_pieces(const std::string& path, const Use& use) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number() < 0) {
    return false;
  }
  const std::size_t size = std::size_t{1} << 18U;
  const auto buffer = std::make_unique<char[]>(size);
  for (;;) {
    const ssize_t got = ::read(file.number(), buffer.get(), size);
    if (got == 0) {
      return true;
    }
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 || !use(std::string_view{buffer.get(), static_cast<std::size_t>(got)})) {
      return false;
    }
  }
}

/// Digest of the bytes of a regular file.
std::optional<std::string> digest_now(const std::string& path) {
  std::error_code ignored;
  Digest digest;
  const bool read =
      fs::is_regular_file(path, ignored) && read_pieces(path, [&](std::string_view s) {
        digest.add(s);
        return true;
      });
  return read ? std::optional{digest.text()} : std::nullopt;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Where the bytes go: through a symbolic link to its target.
std::string target_of(const std::string& path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    const fs::path target = fs::weakly_canonical(path, error);
    return error ? path : target.string();
  }
  return path;
}

[[noreturn]] void refuse_output(const std::string& path) {
  throw FileError{{path, 0, 0}, fmt::format("cannot be written: {}", reason())};
}

}  // namespace

InputRecorder::InputRecorder() {
  recorders().push_back(this);
}

InputRecorder::~InputRecorder() {
  std::erase(recorders(), this);
}

void InputRecorder::note(const std::string& path, std::string_view bytes) {
  if (recorders().empty()) {
    return;
  }
  const std::string digest = Digest{}.add(bytes).text();
  for (InputRecorder* recorder : recorders()) {
    recorder->files_[canonical_path(path)] = digest;
  }
}

std::string read_input(const std::string& path, std::size_t most) {
  std::string bytes;
  bool fits = true;
  const bool read = read_pieces(path, [&](std::string_view piece) {
    fits = piece.size() <= most - bytes.size();
    bytes.append(fits ? piece : std::string_view{});
    return fits;
  });
  if (!fits) {
    throw FileError{{path, 0, 0}, fmt::format("is longer than {} bytes, the limit", most)};
  }
  if (!read) {
    throw FileError{{path, 0, 0},
                    errno == EISDIR ? std::string{"is a directory, not a file"}
                                    : fmt::format("cannot be opened: {}", reason())};
  }
  InputRecorder::note(path, bytes);
  return bytes;
}

void require_regular_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw FileError{{path, 0, 0}, "no such file"};
  }
  if (!fs::exists(status)) {
    throw FileError{{path, 0, 0}, "cannot be opened: " + error.message()};
  }
  if (fs::is_directory(status)) {
    throw FileError{{path, 0, 0}, "is a directory, not a file"};
  }
  if (!fs::is_regular_file(status)) {
    throw FileError{{path, 0, 0}, "not a regular file"};
  }
  if (fs::file_size(path, error) == 0) {
    throw FileError{{path, 0, 0}, "is empty"};
  }
}

void note_input(const std::string& path) {
  if (recorders().empty()) {
    return;
  }
  if (const auto digest = digest_now(path)) {
    for (InputRecorder* recorder : recorders()) {
      recorder->files_[canonical_path(path)] = *digest;
    }
  }
}

const std::string& FileDigests::of(const std::string& path) {
  const auto found = known_.find(path);
  return found != known_.end() ? found->second
                               : known_.emplace(path, digest_now(path).value_or("")).first->second;
}

std::string canonical_path(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  const fs::path canonical = error ? fs::path{path} : fs::weakly_canonical(absolute, error);
  return error ? path : canonical.string();
}

void write_output(const std::string& path, std::string_view bytes) {
  const std::string target = target_of(path);
  struct stat status = {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    refuse_output(path);
  }
  if (exists && !S_ISREG(status.st_mode)) {
    Descriptor file{::open(target.c_str(), O_WRONLY | O_CLOEXEC)};
    if (file.number() < 0 || !write_all(file.number(), bytes) || !file.close()) {
      refuse_output(path);
    }
    return;
  }
  const std::string temporary = fmt::format("{}.{}{}", target, ::getpid(), kTemporarySuffix);
  constexpr mode_t kMode = 0666;  // less the umask
  Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode)};
  if (file.number() < 0) {
    refuse_output(path);
  }
  std::strncpy(unfinished().data(), temporary.c_str(), unfinished().size() - 1);
  const bool written = write_all(file.number(), bytes) && file.close() &&
                       ::rename(temporary.c_str(), target.c_str()) == 0;
  const int failure = errno;
  if (!written) {
    ::unlink(temporary.c_str());
  }
  unfinished().front() = '\0';
  if (!written) {
    errno = failure;
    refuse_output(path);
  }
}

void close_output(std::ofstream& file, const std::string& path) {
  const bool lost = !file;
  file.clear();
  errno = 0;
  file.close();  // tries again what could not be written, which tells why
  if (lost || !file) {
    throw FileError{{path, 0, 0},
                    fmt::format("cannot be written to the end: {}",
                                errno == 0 ? "a part of it is lost" : reason())};
  }
}

void remove_temporaries(const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{directory, error}) {
    const fs::path name = entry.path().filename();
    const std::string process = name.stem().extension().string();  // "results.json.123.part"
    if (name.extension() == kTemporarySuffix && process.size() > 1 &&
        process.find_first_not_of("0123456789", 1) == std::string::npos) {
      found.push_back(entry.path());
    }
  }
  for (const fs::path& path : found) {
    fs::remove(path, error);
  }
}

void remove_unfinished_output() noexcept {
  if (unfinished().front() != '\0') {
    ::unlink(unfinished().data());
  }
}

}  // namespace turnpike
