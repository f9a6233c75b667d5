#include <algorithm>
#include <array>

#include "sim/accelerator/post/post_op.hpp"

namespace turnpike::accelerator::post {

// Each stands in a file of its name.
extern const PostOp kAdd, kMul, kMaxPool, kAveragePool, kConcat, kQuantize;

const PostOp* post_op(traces::Op op) {
  static const std::array kAll = {&kAdd,         &kAffine, &kMul,     &kMaxPool,
                                  &kAveragePool, &kConcat, &kQuantize};
  const auto found =
      std::find_if(kAll.begin(), kAll.end(), [op](const PostOp* each) { return each->op == op; });
  return found == kAll.end() ? nullptr : *found;
}

}  // namespace turnpike::accelerator::post
