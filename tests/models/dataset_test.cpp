#include "models/dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/traces/test_files.hpp"

namespace turnpike::models {
namespace {

using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

std::string file(const traces::NamedTensors& tensors) {
  static int count = 0;
  std::string path = traces::test::scratch(fmt::format("images{}.npz", ++count));
  traces::write_npz(path, tensors);
  return path;
}

std::string message(const traces::NamedTensors& tensors, const TensorShape& shape,
                    const std::optional<Normalization>& given = Normalization{{0.0}, {1.0}}) {
  try {
    const LabelledImages images = LabelledImages::load(file(tensors), shape, given);
    images.check_labels(10);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

const Tensor kLabels{{2}, std::vector<std::uint8_t>{4, 1}};
/// Two images of one row, two columns and three colours.
const Tensor kPixels{{2, 1, 2, 3}, Bytes{255, 0, 0, 0, 255, 0, 9, 9, 9, 9, 9, 9}};

TEST(LabelledImages, ChannelsComeFirstAndEachIsNormalised) {
  const LabelledImages images =
      LabelledImages::load(file({{"x", kPixels}, {"y", kLabels}}), {3, 1, 2},
                           Normalization{{0.5, 0.25, 0.0}, {0.5, 0.25, 2.0}});
  EXPECT_EQ(images.label(0), 4);
  EXPECT_EQ(images.input({0}), (std::vector<float>{1, -1, -1, 3, 0, 0}));
}

TEST(LabelledImages, TheFilesOwnNormalisationHoldsIfNoneIsGiven) {
  const std::string path = file({{"images", kPixels},
                                 {"labels", kLabels},
                                 {"mean", Tensor{{1}, std::vector<double>{0.5}}},
                                 {"std", Tensor{{1}, std::vector<double>{0.5}}}});
  EXPECT_EQ(LabelledImages::load(path, {3, 1, 2}).input({0})[0], 1.0F);
  EXPECT_EQ(LabelledImages::load(path, {3, 1, 2}, Normalization{{0.0}, {0.5}}).input({0})[0], 2.0F);
}

TEST(LabelledImages, PlanesGreyImagesFeaturesAndRealNumbersAreTakenAsTheyAre) {
  const Tensor planes{{1, 3, 1, 2}, std::vector<float>{1, 2, 3, 4, 5, 6}};
  const Tensor one{{1}, std::vector<std::int64_t>{0}};
  const std::vector<float> wanted{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(LabelledImages::load(file({{"x", planes}, {"y", one}}), {3, 1, 2}).input({0}), wanted);
  const Tensor grey{{1, 2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}};
  for (const TensorShape& shape : {TensorShape{1, 2, 3}, TensorShape{6}}) {
    EXPECT_EQ(LabelledImages::load(file({{"x", grey}, {"y", one}}), shape).input({0}), wanted);
  }
}

TEST(LabelledImages, WhatIsBrokenIsNamedWithItsShape) {
  EXPECT_THAT(message({{"z", kPixels}, {"y", kLabels}}, {3, 1, 2}),
              HasSubstr("has no member 'x' or 'images', the images; it has 'z', 'y'"));
  EXPECT_THAT(message({{"x", kPixels}}, {3, 1, 2}), HasSubstr("has no member 'y' or 'labels'"));
  EXPECT_THAT(message({{"x", kPixels}, {"y", kLabels}}, {3, 2, 2}),
              HasSubstr("member 'x' is uint8 of shape [2, 1, 2, 3], but the network reads "
                        "[3, 2, 2]: expected [images][3, 2, 2] or [images][2, 2, 3]"));
  EXPECT_THAT(message({{"x", kPixels}, {"y", Tensor{{3}, Bytes{1, 2, 3}}}}, {3, 1, 2}),
              HasSubstr("member 'y' is uint8 of shape [3], expected one integer for each of 2"));
  EXPECT_THAT(message({{"x", kPixels}, {"y", Tensor{{2}, Bytes{1, 10}}}}, {3, 1, 2}),
              HasSubstr("label 10 of image 1 is no class: the network has 10"));
  EXPECT_THAT(message({{"x", kPixels}, {"y", kLabels}}, {3, 1, 2}, std::nullopt),
              HasSubstr("--mean and --std"));
  EXPECT_THAT(
      message({{"x", kPixels}, {"y", kLabels}}, {3, 1, 2}, Normalization{{0.0, 0.0}, {1.0}}),
      HasSubstr("the mean has 2 values for images of 3 channels"));
  EXPECT_THAT(message({{"x", kPixels}, {"y", kLabels}}, {3, 1, 2}, Normalization{{0.0}, {0.0}}),
              HasSubstr("a std above 0"));
  EXPECT_THAT(
      message({{"x", Tensor{{1, 2}, std::vector<float>{NAN, 1}}}, {"y", Tensor{{1}, Bytes{0}}}},
              {2}),
      HasSubstr("'x' has a value that is not finite"));
  EXPECT_THAT(message({{"x", Tensor{TensorShape{0, 2}, std::vector<float>{}}},
                       {"y", Tensor{TensorShape{0}, Bytes{}}}},
                      {2}),
              HasSubstr("there is no image"));
}

TEST(LabelledImages, EvenlySpacedItemsReachOverTheWholeSet) {
  EXPECT_EQ(evenly_spaced(10, 4), (std::vector<std::int64_t>{0, 2, 5, 7}));
  EXPECT_EQ(evenly_spaced(3, 9), (std::vector<std::int64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace turnpike::models
