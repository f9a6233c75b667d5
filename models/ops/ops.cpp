#include "models/ops/ops.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::models {

// models/ops/<name>.cpp
extern const Operation kConv;
extern const Operation kFc;
extern const Operation kLstm;
extern const Operation kGru;
extern const Operation kAdd;
extern const Operation kMul;
extern const Operation kMaxPool;
extern const Operation kAvgPool;
extern const Operation kConcat;
extern const Operation kQuantize;
extern const Operation kAffine;

namespace {

constexpr std::array kOperations = {&kConv,    &kFc,      &kLstm,   &kGru,      &kAdd,   &kMul,
                                    &kMaxPool, &kAvgPool, &kConcat, &kQuantize, &kAffine};
static_assert(kOperations.size() == traces::kOps.size(), "every operation of a trace has its row");

}  // namespace

const Operation& operation(traces::Op op) {
  const auto* const found = std::find_if(kOperations.begin(), kOperations.end(),
                                         [op](const Operation* each) { return each->op == op; });
  ensure(found != kOperations.end(), "an operation has its row");
  return **found;
}

std::vector<std::string> network_ops() {
  std::vector<std::string> names;
  for (const Operation* each : kOperations) {
    if (each->read != nullptr) {
      names.emplace_back(to_string(each->op));
    }
  }
  return names;
}

void Operation::lower_plain(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry) {
  graph.add_output(layer, std::move(entry));
}

}  // namespace turnpike::models
