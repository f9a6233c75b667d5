#include "models/metrics.hpp"

#include <gtest/gtest.h>

#include "models/quantize.hpp"
#include "models/zoo.hpp"

namespace turnpike::models {
namespace {

TEST(Metrics, CosineErrorMeasuresTheAngleOnly) {
  EXPECT_NEAR(cosine_error({1, 2, 3}, {2, 4, 6}), 0.0, 1e-15);
  EXPECT_NEAR(cosine_error({1, 0}, {0, 5}), 1.0, 1e-15);
  EXPECT_NEAR(cosine_error({1, 0}, {-1, 0}), 2.0, 1e-15);
  EXPECT_EQ(cosine_error({0, 0}, {0, 0}), 0.0);
  EXPECT_EQ(cosine_error({0, 0}, {1, 0}), 1.0);
}

TEST(Metrics, Top1TakesTheLargestAndTheFirstOfEquals) {
  const Tensor logits{{3, 3}, std::vector<double>{1, 5, 2, 7, 7, 0, -3, -2, -1}};
  EXPECT_EQ(top1(logits), (std::vector<std::int64_t>{1, 0, 2}));
  EXPECT_DOUBLE_EQ(top1_accuracy(logits, {1, 1, 2}), 2.0 / 3.0);
}

TEST(Metrics, ARowForEveryLayerOfTheNetwork) {
  const Network net = make_zoo("resnet20");
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = 8;
  const auto rows = compare_with_float(net, quantize(net, calibrate(net), options));
  ASSERT_EQ(rows.size(), net.layers().size());
  for (const LayerMetrics& row : rows) {
    EXPECT_LT(row.cosine_error, 0.01) << row.layer;
    EXPECT_LE(row.minimum, row.maximum);
    EXPECT_LT(row.zero_fraction, 1.0);
  }
}

}  // namespace
}  // namespace turnpike::models
