#include "sim/accelerator/operands.hpp"

#include <gtest/gtest.h>

namespace turnpike::accelerator {
namespace {

using traces::TensorEntry;
using traces::TensorKind;

TEST(Operands, OfAFloatingJobHaveTheScaleOfTheirOutput) {
  traces::Trace trace;
  trace.add_tensor({{.name = "x", .kind = TensorKind::floating},
                    Tensor{{1, 2}, std::vector<double>{0.5, -1.0}}});
  trace.add_tensor({{.name = "w",
                     .bits = 4,
                     .scale = {0.5, 2.0, 8.0},
                     .zero_point = 1.0,
                     .axis = 1,
                     .is_signed = true},
                    Tensor{{2, 3}, std::vector<std::int8_t>{1, 2, 3, 4, 5, 6}}});
  traces::LayerEntry layer;
  layer.op = traces::Op::lstm;
  layer.recurrent = traces::Recurrent{};
  ArrayJob job;
  job.shape = {.M = 3, .C = 2};
  job.input = "x";
  job.weight = "w";
  job.floating = true;
  const JobOperands operands = make_operands(trace, layer, job);
  EXPECT_EQ(operands.float_ifmap, (std::vector<double>{0.5, -1.0}));
  // Stored [in][outputs], used [outputs][in]; real = scale of the output * (code - 1).
  EXPECT_EQ(operands.float_filter, (std::vector<double>{0.0, 1.5, 2.0, 8.0, 16.0, 40.0}));
}

}  // namespace
}  // namespace turnpike::accelerator
