#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sim/base/error.hpp"
#include "traces/npy.hpp"
#include "traces/trace.hpp"

namespace turnpike::traces {

/// A trace whose elements need not be in memory: its program, with extents and element types, is
/// known and checked; elements are read when they are asked for, a tensor or a piece at a time.
class OpenTrace {
 public:
  /// How the elements of a tensor are read, by name. Both throw FileError.
  struct Elements {
    std::function<Tensor(const std::string& name)> load;
    std::function<void(const std::string& name, const UsePiece& use)> pieces;
  };

  /// `types`: of each tensor's elements, numpy's name. `spot`: for messages.
  OpenTrace(Program program, std::map<std::string, std::string> types, Elements elements,
            SourceSpot spot);
  /// One in memory, which must outlive this.
  explicit OpenTrace(const Trace& trace);

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] const SourceSpot& spot() const { return spot_; }
  [[nodiscard]] const std::string& type_name(const std::string& tensor) const;
  /// Of a tensor's elements, and of all.
  [[nodiscard]] std::int64_t bytes(const std::string& tensor) const;
  [[nodiscard]] std::int64_t bytes() const;

  [[nodiscard]] Tensor load(const std::string& tensor) const { return elements_.load(tensor); }
  /// All elements in row-major order, in pieces of about a MiB, with the index of their first; at
  /// once if the trace is in memory, or the tensor in Fortran order. Pieces are no larger than the
  /// elements that did arrive; that nothing is missing is known when this returns.
  void pieces(const std::string& tensor, const UsePiece& use) const {
    elements_.pieces(tensor, use);
  }

 private:
  Program program_;
  std::map<std::string, std::string> types_;
  Elements elements_;
  SourceSpot spot_;
};

}  // namespace turnpike::traces
