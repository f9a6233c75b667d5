#include "models/weights_file.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/dataset.hpp"
#include "traces/npz.hpp"

namespace turnpike::models {
namespace {

using testing::HasSubstr;

/// A file that disappears with the test.
class Archive {
 public:
  Archive(const std::string& name, const traces::NamedTensors& tensors)
      : path_{testing::TempDir() + "turnpike_models_" + name + ".npz"} {
    traces::write_npz(path_, tensors);
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  ~Archive() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Tensor floats(TensorShape shape, std::vector<float> values) {
  return Tensor{std::move(shape), std::move(values)};
}

Network one_conv_and_fc() {
  Network net{"n", {1, 3, 3}, 1};
  Layer conv;
  conv.name = "b.conv1";
  conv.filters = 2;
  conv.kernel = {1, 1};
  net.add(conv);
  Layer fc;
  fc.name = "fc";
  fc.op = traces::Op::fc;
  fc.filters = 1;
  net.add(fc);
  return net;
}

traces::NamedTensors good() {
  return {{"b.conv1.weight", floats({2, 1, 1, 1}, {3, 4})},
          {"b.bn1.weight", floats({2}, {2, 1})},
          {"b.bn1.bias", floats({2}, {0.5, 0})},
          {"b.bn1.running_mean", floats({2}, {1, 0})},
          {"b.bn1.running_var", floats({2}, {4, 9})},
          {"linear.weight", floats({1, 18}, std::vector<float>(18, 1.0F))},
          {"linear.bias", floats({1}, {7})}};
}

std::string message(const traces::NamedTensors& tensors, const std::string& name) {
  const Archive archive{name, tensors};
  Network net = one_conv_and_fc();
  try {
    load_weights(net, archive.path());
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST(WeightsFile, FoldsTheBatchNormBehindAConvolution) {
  const Archive archive{"good", good()};
  Network net = one_conv_and_fc();
  EXPECT_THAT(load_weights(net, archive.path()), testing::IsEmpty());
  const Layer& conv = net.layer("b.conv1");
  EXPECT_EQ(conv.weights, (std::vector<float>{3, 4}));
  EXPECT_NEAR(static_cast<double>(conv.scale[0]), 2.0 / std::sqrt(4.0 + 1e-5), 1e-6);
  EXPECT_NEAR(static_cast<double>(conv.bias[0]), 0.5 - 2.0 / std::sqrt(4.0 + 1e-5), 1e-6);
  EXPECT_EQ(net.layer("fc").bias, std::vector<float>{7});
  net.check_complete();
}

TEST(WeightsFile, MissingAndMisshapenMembersAreNamed) {
  traces::NamedTensors missing = good();
  missing.erase(missing.begin());
  EXPECT_THAT(message(missing, "missing"), HasSubstr("'b.conv1.weight'"));
  traces::NamedTensors short_norm = good();
  short_norm[3].second = floats({1}, {1});
  EXPECT_THAT(message(short_norm, "short"), HasSubstr("'b.bn1.running_mean' of shape [1]"));
  traces::NamedTensors half_norm = good();
  half_norm.erase(half_norm.begin() + 2);
  EXPECT_THAT(message(half_norm, "half"), HasSubstr("b.bn1.bias"));
}

TEST(WeightsFile, TransposedMembersAreRefusedWithTheWayBack) {
  Network net{"n", {3, 9, 9}, 1};
  Layer conv;
  conv.name = "conv1";
  conv.filters = 64;
  conv.kernel = {7, 7};
  net.add(conv);
  const auto refused = [&](TensorShape shape) -> std::string {
    const auto count = static_cast<std::size_t>(element_count(shape));
    const Archive archive{
        "turned", {{"conv1.weight", floats(std::move(shape), std::vector<float>(count, 1.0F))}}};
    try {
      load_weights(net, archive.path());
    } catch (const FileError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(refused({7, 7, 3, 64}),
              HasSubstr("member 'conv1.weight' of shape [7, 7, 3, 64] should be [64, 3, 7, 7]; it "
                        "seems to be transposed: write it with .transpose(3, 2, 0, 1)"));
  EXPECT_THAT(refused({3, 64, 7, 7}), HasSubstr(".transpose(1, 0, 2, 3)"));
  EXPECT_THAT(refused({64, 147}), HasSubstr("of shape [64, 147] should be [64, 3, 7, 7]"));
  EXPECT_THAT(refused({64, 147}), testing::Not(HasSubstr("transpose")));
  EXPECT_EQ(refused({64, 3, 7, 7}), "no error");
  traces::NamedTensors turned_fc = good();
  turned_fc[5].second = floats({18, 1}, std::vector<float>(18, 1.0F));
  EXPECT_THAT(message(turned_fc, "fc"), HasSubstr("of shape [18, 1] should be [1, 18]"));
}

TEST(WeightsFile, ValuesThatAreNoFiniteNumbersAreRefused) {
  for (const float value : {NAN, INFINITY, -INFINITY}) {
    for (const std::size_t member : {std::size_t{0}, std::size_t{2}, std::size_t{4}}) {
      traces::NamedTensors tensors = good();
      auto values = tensors[member].second.converted<float>();
      values[1] = value;
      tensors[member].second = floats(tensors[member].second.shape(), values);
      EXPECT_THAT(message(tensors, "nan"),
                  HasSubstr("member '" + tensors[member].first + "' has the value"));
    }
  }
  traces::NamedTensors wide = good();
  wide[0].second = Tensor{{2, 1, 1, 1}, std::vector<double>{1.0, 1e300}};
  EXPECT_THAT(message(wide, "wide"), HasSubstr("has the value 1e+300 at index 1"));
  traces::NamedTensors negative = good();
  negative[4].second = floats({2}, {4, -9});
  EXPECT_THAT(message(negative, "negative"), HasSubstr("no variance is negative"));
}

TEST(WeightsFile, WhatNobodyTakesAndWhatIsMissingIsNoted) {
  traces::NamedTensors tensors = good();
  tensors.emplace_back("b.bn1.num_batches_tracked", floats({1}, {1}));
  tensors.emplace_back("b.conv2.weight", floats({1}, {1}));
  const Archive archive{"unused", tensors};
  Network net = one_conv_and_fc();
  EXPECT_THAT(load_weights(net, archive.path()),
              testing::ElementsAre(testing::EndsWith("no layer takes b.conv2.weight")));
  const traces::NamedTensors bare = {good()[0], good()[5], good()[6]};
  const Archive without{"bare", bare};
  EXPECT_THAT(load_weights(net, without.path()),
              testing::ElementsAre(HasSubstr("neither bias nor batch norm for b.conv1")));
  const Archive whole{"whole", good()};
  EXPECT_THAT(load_weights(net, whole.path()), testing::IsEmpty());
  traces::NamedTensors half = good();
  half.erase(half.begin() + 4);
  EXPECT_THAT(message(half, "novar"), HasSubstr("b.bn1.running_var"));
}

TEST(WeightsFile, LearnedRangesComeAlongAndZeroIsNone) {
  traces::NamedTensors tensors = good();
  tensors.emplace_back("b.ain.alpha", floats({1}, {2.5F}));
  tensors.emplace_back("b.conv1.weight_step", floats({1}, {0.0F}));
  const Archive archive{"learned", tensors};
  Network net = one_conv_and_fc();
  EXPECT_THAT(load_weights(net, archive.path()), testing::IsEmpty());
  EXPECT_EQ(net.layer("b.conv1").learned.clip, std::optional{2.5});
  EXPECT_EQ(net.layer("b.conv1").learned.weight_step, std::nullopt);
  tensors[tensors.size() - 2].second = floats({1}, {-1.0F});
  EXPECT_THAT(message(tensors, "below"), HasSubstr("member 'b.ain.alpha' has the value -1"));
}

}  // namespace
}  // namespace turnpike::models
