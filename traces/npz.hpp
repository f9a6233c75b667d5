#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/tensor.hpp"
#include "traces/npy.hpp"

/// .npz archives as np.savez and np.savez_compressed write them: a zip of .npy arrays.
namespace turnpike::traces {

/// Guards against archives that declare more than they can hold.
struct NpzLimits {
  std::int64_t total_bytes = std::int64_t{8} << 30;  ///< sum of the members' declared sizes
  /// Largest declared / compressed size. Deflate cannot exceed 1032 (RFC 1951: 258 bytes in 2
  /// bits); Zstandard can go to some 2^17 bytes in 4 (RFC 8878: a block of one repeated byte), far
  /// more than it makes of arrays.
  std::int64_t expansion = 1100;
};

/// An open archive. Sizes come from the central directory (np.savez leaves them out of its local
/// headers), and each member is read to its end, which is when its CRC is checked. Members may be
/// stored, deflated, or of Zstandard if libzip was built with it; zip64 makes no difference.
///
/// Members are named without ".npy", in archive order; members without that suffix are not arrays
/// and not listed. One thread at a time. FileError if the file has been changed since it was
/// opened.
class NpzFile {
 public:
  /// FileError if the file is missing, no zip archive, beyond the limits, or names a member twice.
  static NpzFile open(const std::string& path, const NpzLimits& limits = {});
  NpzFile(NpzFile&&) noexcept;
  NpzFile& operator=(NpzFile&&) noexcept;
  NpzFile(const NpzFile&) = delete;
  NpzFile& operator=(const NpzFile&) = delete;
  ~NpzFile();

  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] const std::vector<std::string>& names() const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// What the header of a member states; only its first bytes are inflated. FileError, naming it,
  /// if it is missing, of an unsupported type, or its size in the directory does not fit its shape.
  [[nodiscard]] NpyHeader header(const std::string& name) const;
  /// Decodes one member. FileError, naming it, if it is missing, damaged or of an unsupported type.
  [[nodiscard]] Tensor tensor(const std::string& name) const;
  /// The same in pieces (decode_npy_pieces). What was handed on is known to be whole only when
  /// this returns.
  void pieces(const std::string& name, const UsePiece& use) const;
  /// The elements of a uint8 or int8 member as text (such as `__trace__`), `most` at the most.
  [[nodiscard]] std::string text(const std::string& name,
                                 std::int64_t most = std::int64_t{1} << 30) const;

 private:
  struct Archive;
  explicit NpzFile(std::unique_ptr<Archive> archive);

  /// Calls use(reader of the member's bytes, how many it has, place for messages).
  template <class Use>
  auto with_member(const std::string& name, const Use& use) const;

  std::unique_ptr<Archive> archive_;
};

enum class NpzCompression { stored, deflated };

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Writes an archive that np.load reads. The same tensors give the same bytes (fixed time stamps).
/// The file appears whole or not at all. FileError if it can't be written, InternalError if a name
/// is repeated.
void write_npz(const std::string& path, const NamedTensors& tensors,
               NpzCompression compression = NpzCompression::stored);

}  // namespace turnpike::traces
