#pragma once

#include <string>

#include <onnx/onnx_pb.h>

#include "models/import/onnx_model.hpp"

/// Tensors of protobuf as constants. Included by the two files that speak protobuf.
namespace turnpike::models::onnx {

/// FileError naming the tensor; external data are looked for beside `path`.
[[nodiscard]] Constant constant_of(const ::onnx::TensorProto& proto, const std::string& path);

}  // namespace turnpike::models::onnx
