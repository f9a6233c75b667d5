#include <algorithm>
#include <array>

#include "sim/accelerator/post/post_op.hpp"

namespace turnpike::accelerator::post {

// Each stands in a file of its name.
extern const PostOp kAdd;
extern const PostOp kAffine;
extern const PostOp kAveragePool;
extern const PostOp kConcat;
extern const PostOp kMaxPool;
extern const PostOp kMul;
extern const PostOp kQuantize;

const PostOp* post_op(traces::Op op) {
  static const std::array kAll = {&kAdd,     &kAffine, &kAveragePool, &kConcat,
                                  &kMaxPool, &kMul,    &kQuantize};
  const auto found =
      std::find_if(kAll.begin(), kAll.end(), [op](const PostOp* each) { return each->op == op; });
  return found == kAll.end() ? nullptr : *found;
}

}  // namespace turnpike::accelerator::post
