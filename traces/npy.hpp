#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sim/base/error.hpp"
#include "sim/base/tensor.hpp"

/// The .npy array format of NumPy (NEP 1; versions 1, 2 and 3), in memory and as files.
namespace turnpike::traces {

/// Where an array stands, for messages: "trace.npz: member 'conv1.w': ...".
struct NpyPlace {
  SourceSpot spot;
  std::string what;  ///< e.g. "member 'conv1.w'"

  /// Throws FileError.
  [[noreturn]] void fail(std::string_view message) const;
};

struct NpyHeader {
  char kind = 0;       ///< 'b' bool, 'i', 'u', 'f'
  int item_bytes = 0;  ///< 1, 2, 4, 8
  bool big_endian = false;
  bool fortran_order = false;  ///< the first index runs fastest
  TensorShape shape;
  std::size_t data_offset = 0;

  /// Bytes of the data; the parser has checked that they fit in 63 bits.
  [[nodiscard]] std::int64_t data_bytes() const;
  /// numpy's name of the element type a decoded tensor has: "int8", ..., "float64".
  [[nodiscard]] std::string type_name() const;
};

/// Reads magic, version and header. `bytes` may stop anywhere after the header. FileError for
/// anything but bool, int8..64, uint8..64 and float16..64: objects (pickles are never read),
/// records, strings, complex; for extents that are negative or overflow; for a broken header.
[[nodiscard]] NpyHeader parse_npy_header(std::string_view bytes, const NpyPlace& place);

/// FileError unless `data_bytes` are what the header's shape needs.
void check_data_size(const NpyHeader& header, std::uint64_t data_bytes, const NpyPlace& place);

/// Bytes at the start of an image that hold any header NumPy writes for plain arrays.
inline constexpr std::size_t kMaxHeaderBytes = (std::size_t{1} << 16) + 12;

/// Decodes a whole .npy image. bool becomes uint8, float16 float32, uint64 int64 (FileError if a
/// value does not fit); big-endian and Fortran-ordered data are converted. FileError if the data
/// are shorter or longer than the header says.
[[nodiscard]] Tensor decode_npy(std::string_view bytes, const NpyPlace& place);

/// Hands on the next bytes of a file: how many it put at `to`, `most` at the most, 0 at the end.
/// Throws FileError if there are fewer or more in all than announced.
using ByteReader = std::function<std::size_t(char* to, std::size_t most)>;

/// The header alone; FileError unless the bytes that follow are as many as its shape needs.
[[nodiscard]] NpyHeader decode_npy_header(const ByteReader& read, std::uint64_t bytes,
                                          const NpyPlace& place);

/// As decode_npy, from `bytes` bytes that arrive in pieces: holds little more than the elements,
/// and no memory for those that do not arrive.
[[nodiscard]] Tensor decode_npy(const ByteReader& read, std::uint64_t bytes, const NpyPlace& place);

/// Takes elements in row-major order, piece by piece: a tensor of some of them, and the index of
/// its first.
using UsePiece = std::function<void(const Tensor& piece, std::int64_t first)>;

/// Decodes in pieces of kPieceBytes, whole if they are in Fortran order.
inline constexpr std::size_t kPieceBytes = std::size_t{1} << 20U;
void decode_npy_pieces(const ByteReader& read, std::uint64_t bytes, const NpyPlace& place,
                       const UsePiece& use);

/// The image NumPy's np.save writes: version 1, little-endian, C order, padded to 64 bytes.
[[nodiscard]] std::string encode_npy(const Tensor& tensor);

/// The header of a .npy file, whose size must fit it.
[[nodiscard]] NpyHeader read_npy_header(const std::string& path);

/// A whole .npy file.
[[nodiscard]] Tensor read_npy(const std::string& path);

}  // namespace turnpike::traces
