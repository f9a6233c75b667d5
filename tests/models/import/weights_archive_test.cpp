// Files of weights: the same tensors out of each kind; nothing else is taken.

#include "models/weights/weights_archive.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/weights/pickle.hpp"
#include "sim/base/error.hpp"
#include "tests/models/import/model_files.hpp"

namespace turnpike::models {
namespace {

std::string refusal(const std::string& pickle) {
  try {
    static_cast<void>(pickled_tensors(pickle, "test.pkl"));
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

TEST(WeightsArchive, ReadsSafetensors) {
  const auto archive = WeightsArchive::open(test::kModels + "small.safetensors");
  EXPECT_THAT(archive->names(), testing::ElementsAre("a.weight", "a.bias"));
  EXPECT_EQ(archive->shape("a.weight"), (TensorShape{2, 3}));
  EXPECT_EQ(archive->tensor("a.bias").converted<double>(), (std::vector<double>{0, 1, 2, 3}));
}

TEST(WeightsArchive, ReadsATransposedViewAndAHalfOfACheckpoint) {
  // a.weight is arange(12) of [3, 4], transposed; the others share its storage or have their own.
  const auto archive = WeightsArchive::open(test::kModels + "small.pt");
  EXPECT_THAT(archive->names(),
              testing::UnorderedElementsAre("a.weight", "a.bias", "a.half", "a.count"));
  EXPECT_EQ(archive->shape("a.weight"), (TensorShape{4, 3}));
  EXPECT_EQ(archive->tensor("a.weight").converted<double>(),
            (std::vector<double>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(archive->tensor("a.bias").converted<double>(), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(archive->tensor("a.half").at(11), 11.0);
  EXPECT_EQ(archive->tensor("a.count").at(0), 7.0);
}

TEST(WeightsArchive, CallsNothing) {
  EXPECT_THAT(refusal(std::string{"\x80\x02"} + "cposix\nsystem\nX\x04" + std::string{"\0\0\0", 3} +
                      "true\x85R."),
              testing::HasSubstr("calls posix.system; only tensors are read"));
  EXPECT_THAT(refusal(std::string{"\x80\x02"} + "cbuiltins\neval\n."),
              testing::HasSubstr("calls builtins.eval"));
}

TEST(WeightsArchive, RefusesDamage) {
  const std::string whole = test::bytes_of(test::kModels + "small.pkl");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
  }
  // A list that holds itself, and no end of nesting.
  EXPECT_NE(refusal("]q" + std::string{"\0", 1} + "h" + std::string{"\0", 1} + "a."), "");
  EXPECT_NE(refusal(std::string(2'000'000, ']') + "."), "");
}

TEST(WeightsArchive, RefusesATensorBeyondItsStorage) {
  // The first extent of a.weight, [4, 3], becomes 200: K\x04 before K\x03.
  std::string pickle = test::bytes_of(test::kModels + "small.pkl");
  const std::size_t at = pickle.find("K\x04K\x03\x86");
  ASSERT_NE(at, std::string::npos);
  pickle[at + 1] = '\xc8';
  EXPECT_EQ(pickled_tensors(pickle, "test.pkl").at("a.weight").shape, (TensorShape{200, 3}));
  std::string archive = test::bytes_of(test::kModels + "small.pt");
  const std::size_t in_archive = archive.find("K\x04K\x03\x86");
  ASSERT_NE(in_archive, std::string::npos) << "the pickle is stored, not compressed";
  archive[in_archive + 1] = '\xc8';
  const std::string path = testing::TempDir() + "beyond.pt";
  std::ofstream{path, std::ios::binary} << archive;
  // The archive's CRC tells already.
  EXPECT_THROW(static_cast<void>(WeightsArchive::open(path)), FileError);
}

}  // namespace
}  // namespace turnpike::models
