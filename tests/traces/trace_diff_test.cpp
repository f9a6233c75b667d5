#include "traces/trace_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/traces/test_files.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::traces {
namespace {

using testing::ElementsAre;

Trace residual() {
  return read_trace(test::sample("tiny_residual.npz"));
}

TEST(TraceDiff, ATraceEqualsItselfWhateverTypesHoldItsCodes) {
  const Trace trace = residual();
  Trace wide = trace;
  for (const TensorEntry& tensor : trace.tensors()) {
    if (!tensor.is_float()) {
      wide.tensor(tensor.name).data =
          Tensor{tensor.data.shape(), tensor.data.converted<std::int64_t>()};
    }
  }
  const TraceDifference found = difference(trace, wide);
  EXPECT_TRUE(found.none());
  EXPECT_EQ(found.tensors_compared, 24);
}

TEST(TraceDiff, ChangedCodesAreCountedAndTheFirstIsNamed) {
  Trace other = residual();
  auto codes = other.tensor("b1.out").data.converted<std::int64_t>();
  const auto before = static_cast<double>(codes[77]);
  codes[77] += 5;
  codes.back() -= 2;
  other.tensor("b1.out").data = Tensor{other.tensor("b1.out").data.shape(), codes};
  const TraceDifference found = difference(residual(), other);
  EXPECT_TRUE(found.program.empty());
  ASSERT_EQ(found.tensors.size(), 1U);
  const TensorDifference& tensor = found.tensors[0];
  EXPECT_EQ(tensor.tensor, "b1.out");
  EXPECT_EQ(tensor.layer, "b1.add");
  EXPECT_EQ(tensor.differing, 2);
  EXPECT_EQ(tensor.elements, 2 * 4 * 8 * 8);
  EXPECT_THAT(tensor.first, ElementsAre(0, 1, 1, 5));  // 77 = 64 + 8 + 5
  EXPECT_EQ(tensor.a, before);
  EXPECT_EQ(tensor.b, before + 5);
  EXPECT_EQ(tensor.largest, 5);
}

TEST(TraceDiff, TensorsComeInTheOrderOfTheLayers) {
  Trace other = residual();
  for (const char* name : {"b2.out", "conv1.w", "b1.q2"}) {
    auto codes = other.tensor(name).data.converted<std::int64_t>();
    codes[0] ^= 1;
    other.tensor(name).data = Tensor{other.tensor(name).data.shape(), codes};
  }
  std::vector<std::string> names;
  for (const TensorDifference& each : difference(residual(), other).tensors) {
    names.push_back(each.tensor);
  }
  EXPECT_THAT(names, ElementsAre("conv1.w", "b1.q2", "b2.out"));
}

TEST(TraceDiff, ProgramsPartWhereTheyDo) {
  Trace other = residual();
  other.layers[0].stride = {2, 1};
  other.tensor("b1.q2").bits = 3;
  other.layers.erase(other.layers.begin() + 3);  // b1.conv2
  other.network = "other";
  EXPECT_THAT(difference(residual(), other).program,
              testing::UnorderedElementsAre(
                  "layers/b1.conv2: only in A", "layers/conv1/stride: 1 in A, [2,1] in B",
                  testing::MatchesRegex("network: \".*\" in A, \"other\" in B"),
                  "tensors/b1.q2/bits: 2 in A, 3 in B"));
}

TEST(TraceDiff, ShapesAndOrderAreDifferences) {
  Trace other = residual();
  other.tensor("conv1.bias").data = Tensor{{1, 4}, std::vector<double>{0, 0, 0, 0}};
  std::swap(other.layers[0], other.layers[1]);
  const TraceDifference found = difference(residual(), other);
  ASSERT_EQ(found.tensors.size(), 1U);
  EXPECT_THAT(found.tensors[0].shape_a, ElementsAre(4));
  EXPECT_THAT(found.tensors[0].shape_b, ElementsAre(1, 4));
  EXPECT_EQ(found.tensors[0].differing, 0);
  EXPECT_THAT(found.program,
              testing::Contains(testing::StartsWith("order of layers/0: \"conv1\"")));
}

}  // namespace
}  // namespace turnpike::traces
