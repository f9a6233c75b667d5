#include "sim/accelerator/post_arithmetic.hpp"

#include <gtest/gtest.h>

#include "pe/array_kinds.hpp"
#include "sim/accelerator/operands.hpp"
#include "sim/accelerator/output_comparison.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

TEST(PostArithmetic, CountsDifferingCodesAndNamesTheFirst) {
  traces::TensorEntry reference;
  reference.bits = 4;
  reference.data = Tensor{{4}, std::vector<std::uint8_t>{1, 2, 3, 4}};
  const Comparison same = compare_output(reference, {1, 2, 3, 4});
  EXPECT_EQ(same.differing, 0U);
  const Comparison other = compare_output(reference, {1, 2, 5, 6});
  EXPECT_EQ(other.differing, 2U);
  EXPECT_EQ(other.first_index, 2);
}

TEST(PostArithmetic, MeasuresFloatErrorsAgainstTheRange) {
  traces::TensorEntry reference;
  reference.kind = traces::TensorKind::floating;
  reference.data = Tensor{{2}, std::vector<double>{-5.0, 5.0}};
  EXPECT_NEAR(compare_output(reference, {-5.0, 5.1}).float_max_error, 0.01, 1e-12);
}

/// Every layer of the samples from plain-loop psums, against numpy's reference.
TEST(PostArithmetic, AgreesWithNumpyOnEveryLayerOfTheSamples) {
  for (const char* name : {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"}) {
    SCOPED_TRACE(name);
    const traces::Trace trace = test::sample(name);
    const auto array = pe::make_array_model(test::small_machine());
    const Plan plan = make_plan(trace, test::small_machine());
    for (const Stage& stage : plan.stages) {
      ArrayPsums psums;
      for (const ArrayJob& job : stage.jobs) {
        const JobOperands operands = make_operands(trace, trace.layers[stage.layers[0]], job);
        const LayerShape& x = operands.shape;
        psums.jobs.push_back(array_psums(*array, operands, job.floating));
        std::vector<double> sums(static_cast<std::size_t>(x.G * x.M), 0.0);
        for (std::size_t i = 0; i < operands.filter.size(); ++i) {
          sums[i / (operands.filter.size() / sums.size())] += operands.filter[i];
        }
        psums.weight_sums.push_back(sums);
      }
      for (const std::size_t index : stage.layers) {
        for (const OutputValues& output : post_process(trace, trace.layers[index], psums)) {
          SCOPED_TRACE(output.tensor);
          const Comparison c = compare_output(trace.tensor(output.tensor), output.values);
          EXPECT_EQ(c.differing, 0U);
          EXPECT_LE(c.float_max_error, 1e-12);
        }
      }
    }
  }
}

}  // namespace
}  // namespace turnpike::accelerator
