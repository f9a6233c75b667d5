// Operations of one inference, as table 6 of the precision-highway paper counts them.

#include "sim/accelerator/operation_counts.hpp"

#include <gtest/gtest.h>

#include "tests/sim/results/runs.hpp"

namespace turnpike::report {
namespace {

using accelerator::OperationCounts;

void expect_counts(const OperationCounts& counts, const OperationCounts& wanted) {
  EXPECT_EQ(counts.low_precision_macs, wanted.low_precision_macs);
  EXPECT_EQ(counts.high_precision_adds, wanted.high_precision_adds);
  EXPECT_EQ(counts.nonlinear, wanted.nonlinear);
  EXPECT_EQ(counts.elementwise_multiplies, wanted.elementwise_multiplies);
}

TEST(OperationCounts, TheLstmEqualsTableSixExactly) {
  expect_counts(results::test::run_of("zoo:lstm300", {"precision=2", "highway.enabled=true"})
                    .result.operations,
                {.low_precision_macs = 720000,
                 .high_precision_adds = 300,
                 .nonlinear = 1500,
                 .elementwise_multiplies = 900});
}

TEST(OperationCounts, AResNetCountsMacsResidualAddsAndRelus) {
  // 9 residual adds; a ReLU behind the stem, inside and behind every block.
  const std::uint64_t adds = 3 * (16 * 1024 + 32 * 256 + 64 * 64);
  for (const char* highway : {"highway.enabled=false", "highway.enabled=true"}) {
    expect_counts(results::test::run_of("zoo:resnet20", {"precision=2", highway}).result.operations,
                  {.low_precision_macs = 40551040,
                   .high_precision_adds = adds,
                   .nonlinear = 16 * 1024 + 2 * adds,
                   .elementwise_multiplies = 0});
  }
}

}  // namespace
}  // namespace turnpike::report
