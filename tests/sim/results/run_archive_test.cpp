#include "sim/results/run_archive.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"

namespace turnpike::results {
namespace {

TEST(RunArchive, GivesBackEveryByte) {
  const std::uint64_t seed = static_cast<std::uint64_t>(::getpid());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random{seed};
  for (int round = 0; round < 200; ++round) {
    RunTexts files;
    for (std::int64_t file = random.integer(0, 4); file >= 0; --file) {
      std::string text;
      for (std::int64_t i = random.integer(0, 60); i > 0; --i) {
        text += "a,1\n\"x"[random.integer(0, 5)];
      }
      files["f" + std::to_string(file) + (random.integer(0, 1) == 0 ? ".csv" : ".json")] = text;
    }
    const std::string known(static_cast<std::size_t>(random.integer(0, 40'000)), 'k');
    EXPECT_EQ(unpack(pack(files, known), known, "here"), files);
    EXPECT_EQ(unpack(pack(files, ""), known, "here"), files) << "packed before anything was known";
  }
}

TEST(RunArchive, TablesOfEqualRowsTakeLessRoomByColumns) {
  std::string table = "name,count,energy\n";
  Random random{1};
  for (int row = 0; row < 500; ++row) {
    table += "a_name_of_a_layer," + std::to_string(row % 7) + "," +
             std::to_string(random.integer(0, 1'000'000'000)) + "\n";
  }
  EXPECT_LT(pack({{"a.csv", table}}, "").size(), pack({{"a.txt", table}}, "").size());
}

TEST(RunArchive, DamageIsToldAndNeverBelieved) {
  const RunTexts files = {{"a.csv", "x,y\n1,2\n"}, {"b.json", "{\"some\": \"text\"}"}};
  const std::string bytes = pack(files, "");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    try {
      EXPECT_EQ(unpack(damaged, "", "here"), files) << i;  // a bit that says nothing
    } catch (const FileError& error) {
      EXPECT_NE(std::string{error.what()}.find("here"), std::string::npos);
    }
    EXPECT_THROW(static_cast<void>(unpack(bytes.substr(0, i), "", "here")), FileError) << i;
  }
}

TEST(RunArchive, APathWithAMarkIsStoreAndPoint) {
  EXPECT_EQ(store_and_point("results/a"), std::nullopt);
  const auto found = store_and_point("results/a#b#c");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->first, "results/a#b");
  EXPECT_EQ(found->second, "c");
}

}  // namespace
}  // namespace turnpike::results
