#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "sim/base/tensor.hpp"

namespace turnpike::traces {

/// Tensors of a trace file that are fetched when they are used. The last ones used stay in memory
/// up to a number of bytes, so that small ones are not fetched again and again; a larger one lives
/// as long as its user. Shared by the tensors of a trace and of its copies; any thread may ask.
class TensorStore : public std::enable_shared_from_this<TensorStore> {
 public:
  /// How the elements of a tensor, by name, are read. Both throw FileError.
  struct Reading {
    std::function<Tensor(const std::string& name)> load;
    std::function<void(const std::string& name, const ElementSource::UsePiece& use)> pieces;
  };

  TensorStore(Reading reading, std::int64_t kept_bytes)
      : reading_{std::move(reading)}, kept_bytes_{kept_bytes} {}

  /// A tensor of this shape and type whose elements are fetched by this name.
  [[nodiscard]] Tensor tensor(const std::string& name, TensorShape shape,
                              std::string_view type_name);

 private:
  class Source;
  struct Kept {
    std::string name;
    std::shared_ptr<const Tensor> data;
  };

  [[nodiscard]] std::shared_ptr<const Tensor> load(const std::string& name);
  /// Null if it is not in memory.
  [[nodiscard]] std::shared_ptr<const Tensor> kept(const std::string& name);
  void keep(Kept tensor);

  Reading reading_;
  std::int64_t kept_bytes_;
  std::mutex mutex_;
  std::list<Kept> kept_;  ///< the last used first
  std::int64_t bytes_ = 0;
};

}  // namespace turnpike::traces
