#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <flatbuffers/flatbuffers.h>

/// The tables of TensorFlow Lite's schema that are read, by the numbers of their fields
/// (schema.fbs, schema version 3; a FlatBuffers table keeps its numbers forever). Each is verified
/// before it is read: an accessor is only called on a table whose Verify returned true.
namespace turnpike::models::tflite {

using flatbuffers::Offset;
using flatbuffers::String;
using flatbuffers::Vector;
using flatbuffers::Verifier;

constexpr flatbuffers::voffset_t field(int number) {
  return static_cast<flatbuffers::voffset_t>(4 + 2 * number);
}

/// A table with helpers to read and verify fields by number.
class Table : private flatbuffers::Table {
 public:
  template <class T>
  [[nodiscard]] T scalar(int number, T absent) const {
    return GetField<T>(field(number), absent);
  }
  template <class T>
  [[nodiscard]] const T* pointer(int number) const {
    return GetPointer<const T*>(field(number));
  }

 protected:
  [[nodiscard]] bool begin(Verifier& verifier) const { return VerifyTableStart(verifier); }
  template <class T>
  [[nodiscard]] bool has_scalar(Verifier& verifier, int number) const {
    return VerifyField<T>(verifier, field(number), sizeof(T));
  }
  template <class T>
  [[nodiscard]] bool has_vector(Verifier& verifier, int number) const {
    return VerifyOffset(verifier, field(number)) &&
           verifier.VerifyVector(pointer<Vector<T>>(number));
  }
  template <class T>
  [[nodiscard]] bool has_tables(Verifier& verifier, int number) const {
    return has_vector<Offset<T>>(verifier, number) &&
           verifier.VerifyVectorOfTables(pointer<Vector<Offset<T>>>(number));
  }
  [[nodiscard]] bool has_string(Verifier& verifier, int number) const {
    return VerifyOffset(verifier, field(number)) && verifier.VerifyString(pointer<String>(number));
  }
  template <class T>
  [[nodiscard]] bool has_table(Verifier& verifier, int number) const {
    return VerifyOffset(verifier, field(number)) && verifier.VerifyTable(pointer<T>(number));
  }
  /// A table is there, or none; what it holds is verified when its kind is known.
  [[nodiscard]] bool has_offset(Verifier& verifier, int number) const {
    return VerifyOffset(verifier, field(number));
  }
  [[nodiscard]] static bool end(Verifier& verifier) { return verifier.EndTable(); }
};

struct Buffer : Table {
  [[nodiscard]] const Vector<std::uint8_t>* data() const {
    return pointer<Vector<std::uint8_t>>(0);
  }
  bool Verify(Verifier& v) const {  // NOLINT(readability-identifier-naming): FlatBuffers calls it
    return begin(v) && has_vector<std::uint8_t>(v, 0) && end(v);
  }
};

struct Quantization : Table {
  [[nodiscard]] const Vector<float>* scale() const { return pointer<Vector<float>>(2); }
  [[nodiscard]] const Vector<std::int64_t>* zero_point() const {
    return pointer<Vector<std::int64_t>>(3);
  }
  [[nodiscard]] std::int32_t axis() const { return scalar<std::int32_t>(6, 0); }
  bool Verify(Verifier& v) const {  // NOLINT(readability-identifier-naming)
    return begin(v) && has_vector<float>(v, 2) && has_vector<std::int64_t>(v, 3) &&
           has_scalar<std::int32_t>(v, 6) && end(v);
  }
};

struct TensorTable : Table {
  [[nodiscard]] const Vector<std::int32_t>* shape() const {
    return pointer<Vector<std::int32_t>>(0);
  }
  [[nodiscard]] int type() const { return scalar<std::int8_t>(1, 0); }
  [[nodiscard]] std::uint32_t buffer() const { return scalar<std::uint32_t>(2, 0); }
  [[nodiscard]] const String* name() const { return pointer<String>(3); }
  [[nodiscard]] const Quantization* quantization() const { return pointer<Quantization>(4); }
  bool Verify(Verifier& v) const {  // NOLINT(readability-identifier-naming)
    return begin(v) && has_vector<std::int32_t>(v, 0) && has_scalar<std::int8_t>(v, 1) &&
           has_scalar<std::uint32_t>(v, 2) && has_string(v, 3) && has_table<Quantization>(v, 4) &&
           end(v);
  }
};

/// Options of an operator: small integers and flags, whichever its table has.
struct Options : Table {
  /// True if the table has these fields where they lie: `bytes` of one byte, `words` of four.
  [[nodiscard]] bool holds(Verifier& v, const std::vector<int>& bytes,
                           const std::vector<int>& words) const {
    bool good = begin(v);
    for (const int number : bytes) {
      good = good && has_scalar<std::int8_t>(v, number);
    }
    for (const int number : words) {
      good = good && has_scalar<std::int32_t>(v, number);
    }
    return good && end(v);
  }
};

struct OperatorTable : Table {
  [[nodiscard]] std::uint32_t opcode() const { return scalar<std::uint32_t>(0, 0); }
  [[nodiscard]] const Vector<std::int32_t>* inputs() const {
    return pointer<Vector<std::int32_t>>(1);
  }
  [[nodiscard]] const Vector<std::int32_t>* outputs() const {
    return pointer<Vector<std::int32_t>>(2);
  }
  [[nodiscard]] const Options* options() const { return pointer<Options>(4); }
  bool Verify(Verifier& v) const {  // NOLINT(readability-identifier-naming)
    return begin(v) && has_scalar<std::uint32_t>(v, 0) && has_vector<std::int32_t>(v, 1) &&
           has_vector<std::int32_t>(v, 2) && has_offset(v, 4) && end(v);
  }
};

struct OperatorCode : Table {
  /// The newer field has the codes beyond 127, files before it only the older one.
  [[nodiscard]] int builtin() const {
    return std::max<int>(scalar<std::int8_t>(0, 0), scalar<std::int32_t>(3, 0));
  }
  [[nodiscard]] const String* custom() const { return pointer<String>(1); }
  [[nodiscard]] int version() const { return scalar<std::int32_t>(2, 1); }
  bool Verify(Verifier& v) const {  // NOLINT(readability-identifier-naming)
    return begin(v) && has_scalar<std::int8_t>(v, 0) && has_string(v, 1) &&
           has_scalar<std::int32_t>(v, 2) && has_scalar<std::int32_t>(v, 3) && end(v);
  }
};

struct SubGraph : Table {
  [[nodiscard]] const Vector<Offset<TensorTable>>* tensors() const {
    return pointer<Vector<Offset<TensorTable>>>(0);
  }
  [[nodiscard]] const Vector<std::int32_t>* inputs() const {
    return pointer<Vector<std::int32_t>>(1);
  }
  [[nodiscard]] const Vector<std::int32_t>* outputs() const {
    return pointer<Vector<std::int32_t>>(2);
  }
  [[nodiscard]] const Vector<Offset<OperatorTable>>* operators() const {
    return pointer<Vector<Offset<OperatorTable>>>(3);
  }
  bool Verify(Verifier& v) const {  // NOLINT(readability-identifier-naming)
    return begin(v) && has_tables<TensorTable>(v, 0) && has_vector<std::int32_t>(v, 1) &&
           has_vector<std::int32_t>(v, 2) && has_tables<OperatorTable>(v, 3) && end(v);
  }
};

struct ModelTable : Table {
  [[nodiscard]] std::uint32_t version() const { return scalar<std::uint32_t>(0, 0); }
  [[nodiscard]] const Vector<Offset<OperatorCode>>* codes() const {
    return pointer<Vector<Offset<OperatorCode>>>(1);
  }
  [[nodiscard]] const Vector<Offset<SubGraph>>* graphs() const {
    return pointer<Vector<Offset<SubGraph>>>(2);
  }
  [[nodiscard]] const Vector<Offset<Buffer>>* buffers() const {
    return pointer<Vector<Offset<Buffer>>>(4);
  }
  bool Verify(Verifier& v) const {  // NOLINT(readability-identifier-naming)
    return begin(v) && has_scalar<std::uint32_t>(v, 0) && has_tables<OperatorCode>(v, 1) &&
           has_tables<SubGraph>(v, 2) && has_tables<Buffer>(v, 4) && end(v);
  }
};

}  // namespace turnpike::models::tflite
