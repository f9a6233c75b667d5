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
  fc.kind = LayerKind::fc;
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
  load_weights(net, archive.path());
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

TEST(Dataset, ImagesBecomeNormalisedPlanes) {
  const Archive archive{
      "images",
      {{"x",
        Tensor{{2, 1, 2, 3}, std::vector<std::uint8_t>{255, 0, 0, 0, 255, 0, 9, 9, 9, 9, 9, 9}}},
       {"y", Tensor{{2}, std::vector<std::uint8_t>{4, 1}}}}};
  const LabelledImages images = LabelledImages::load(archive.path());
  EXPECT_EQ(images.shape(), (TensorShape{3, 1, 2}));
  EXPECT_EQ(images.labels(0, 2), (std::vector<std::int64_t>{4, 1}));
  const std::vector<float> planes = images.input(0, 1);
  ASSERT_EQ(planes.size(), 6U);
  EXPECT_NEAR(static_cast<double>(planes[0]), (1.0 - 0.485) / 0.229, 1e-6);
  EXPECT_NEAR(static_cast<double>(planes[1]), -0.485 / 0.229, 1e-6);
  EXPECT_NEAR(static_cast<double>(planes[3]), (1.0 - 0.456) / 0.224, 1e-6);
}

TEST(Dataset, RefusesWhatIsNotALabelledSet) {
  const Archive floating{"floating", {{"x", floats({1, 1, 1, 1}, {1})}, {"y", floats({1}, {1})}}};
  EXPECT_THROW(static_cast<void>(LabelledImages::load(floating.path())), FileError);
  const Archive unequal{"unequal",
                        {{"x", Tensor{{1, 1, 1, 1}, std::vector<std::uint8_t>{1}}},
                         {"y", Tensor{{2}, std::vector<std::uint8_t>{1, 2}}}}};
  EXPECT_THROW(static_cast<void>(LabelledImages::load(unequal.path())), FileError);
}

}  // namespace
}  // namespace turnpike::models
