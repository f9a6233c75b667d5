#include "sim/cost/technology.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

namespace fs = std::filesystem;
using test::technology_65nm;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A private copy of the 65 nm directory that a test may damage.
class TechnologyCopy {
 public:
  TechnologyCopy()
      : path_{fs::path{testing::TempDir()} /
              (std::string{"technology_"} +
               testing::UnitTest::GetInstance()->current_test_info()->name())} {
    fs::remove_all(path_);
    fs::copy(fs::path{TURNPIKE_SOURCE_DIR} / "configs/technology/65nm", path_);
  }
  ~TechnologyCopy() { fs::remove_all(path_); }
  TechnologyCopy(const TechnologyCopy&) = delete;
  TechnologyCopy& operator=(const TechnologyCopy&) = delete;

  void replace(const std::string& file, const std::string& from, const std::string& to) {
    std::ifstream in{path_ / file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    std::ofstream{path_ / file} << text;
  }
  void remove(const std::string& file) { fs::remove(path_ / file); }
  [[nodiscard]] Technology load() const { return Technology::load(path_.string()); }

 private:
  fs::path path_;
};

TEST(Technology, RowsAreTakenAsTheyStand) {
  const Lookup fifo = technology_65nm().datapath("fifo.push_pop", 16);
  EXPECT_DOUBLE_EQ(fifo.figures.at(Figure::random_pj), 0.887107);
  EXPECT_DOUBLE_EQ(fifo.figures.at(Figure::nand2), 553.67);
  EXPECT_FALSE(fifo.from.interpolated);
}

TEST(Technology, BetweenRowsIsLinear) {
  const Lookup adder = technology_65nm().datapath("adder.add", 10);
  EXPECT_NEAR(adder.figures.at(Figure::random_pj), (0.095677 + 0.146919) / 2, 1e-12);
  EXPECT_TRUE(adder.from.interpolated);
}

TEST(Technology, UnequalMacWidthsAddTheRegistersOfTheirFlipFlops) {
  // 4 x 2 + 19: unpipelined row 143.33 NAND2; 2 (4 + 2) + 19 + 2 = 33 flip-flops, as 3 x 3 + 19
  // has.
  const Lookup mac = technology_65nm().mac({4, 2, 19, false});
  EXPECT_NEAR(mac.figures.at(Figure::nand2), 143.33 + (362.67 - 155.33), 1e-9);
  EXPECT_NEAR(mac.figures.at(Figure::activity_pj), 0.198019 + (0.844901 - 0.284117), 1e-9);
  EXPECT_EQ(mac.figures.at(Figure::flip_flops), 33.0);
  EXPECT_TRUE(mac.from.interpolated);
}

TEST(Technology, MacRegistersAreLinearInFlipFlops) {
  // The rule for unequal widths rests on this: leave one diagonal row out and predict it.
  const std::array<std::array<double, 3>, 8> rows = {{{21, 136.67, 0.392184},
                                                      {27, 175.67, 0.493712},
                                                      {33, 207.34, 0.560784},
                                                      {39, 241.00, 0.708533},
                                                      {45, 275.00, 0.821563},
                                                      {51, 309.00, 0.903142},
                                                      {63, 374.00, 1.066926},
                                                      {98, 627.00, 1.570724}}};
  for (std::size_t i = 1; i + 1 < rows.size(); ++i) {
    const double t = (rows[i][0] - rows[i - 1][0]) / (rows[i + 1][0] - rows[i - 1][0]);
    for (const std::size_t column : {1U, 2U}) {
      const double predicted =
          rows[i - 1][column] + t * (rows[i + 1][column] - rows[i - 1][column]);
      EXPECT_NEAR(predicted, rows[i][column], 0.08 * rows[i][column]) << rows[i][0];
    }
  }
}

TEST(Technology, UnmeasuredMacLiesBetweenItsNeighbours) {
  const Technology& t = technology_65nm();
  for (int a = 1; a <= 16; ++a) {
    for (int w = 1; w <= 16; ++w) {
      const Lookup mac = t.mac({a, w, std::min(32, a + w + 13), false});
      if (a > 1) {
        EXPECT_GT(mac.figures.at(Figure::nand2),
                  t.mac({a - 1, w, std::min(32, a + w + 12), false}).figures.at(Figure::nand2))
            << a << " x " << w;
      }
      // The formula is within 13 % of the rows from 2 bits on; pipeline registers come on top.
      EXPECT_GT(mac.figures.at(Figure::nand2), mac_nand2_formula(a, w, std::min(32, a + w + 13)));
    }
  }
}

TEST(Technology, FilterSpadIsTheFitAtOneVolt) {
  const MemoryLookup spad = technology_65nm().filter_spad({224, 3});
  EXPECT_NEAR(spad.figures.read_pj, (0.0729 + 0.0691 * 3) / 1.44, 1e-4);
  EXPECT_NEAR(spad.figures.write_pj, (0.0722 + 0.1071 * 3) / 1.44, 1e-4);
  EXPECT_NEAR(spad.figures.area_mm2 * 1e6, 435 + 175 * 3, 2.0);
}

TEST(Technology, DeeperSpadsCostMore) {
  const Technology& t = technology_65nm();
  EXPECT_GT(t.filter_spad({448, 8}).figures.read_pj, t.filter_spad({224, 8}).figures.read_pj);
  EXPECT_LT(t.filter_spad({112, 8}).figures.area_mm2, t.filter_spad({224, 8}).figures.area_mm2);
  const Lookup shallow = t.register_file("read", {12, 8});
  const Lookup middle = t.register_file("read", {18, 8});
  EXPECT_EQ(middle.figures.at(Figure::flip_flops), 18.0 * 8);
  EXPECT_GT(middle.figures.at(Figure::nand2), shallow.figures.at(Figure::nand2));
  EXPECT_TRUE(middle.from.interpolated);
  EXPECT_THROW(static_cast<void>(t.filter_spad({4097, 16})), InputError);
  EXPECT_THROW(static_cast<void>(t.register_file("read", {225, 8})), InputError);
}

TEST(Technology, DeeperFifosScaleTheirStorage) {
  const Lookup four = technology_65nm().fifo({4, 16});
  const Lookup eight = technology_65nm().fifo({8, 16});
  EXPECT_EQ(four.figures.at(Figure::flip_flops), 71.0);
  EXPECT_EQ(eight.figures.at(Figure::flip_flops), 7.0 + 128.0);
  EXPECT_GT(eight.figures.at(Figure::nand2), 1.6 * four.figures.at(Figure::nand2));
}

TEST(Technology, PowersOfTwoBanksWithoutRowsTakeTheMacrosAndARatio) {
  // 32 KB of 8-bit lines in 16 banks: CACTI rows of that width exist at 256 KB only.
  const MemoryLookup found = technology_65nm().sram({32768, 8, 16});
  EXPECT_TRUE(found.from.interpolated);
  EXPECT_GT(found.figures.read_pj, technology_65nm().sram({2048, 8, 1}).figures.read_pj);
  EXPECT_LT(found.figures.read_pj, 19.5204);
}

TEST(Technology, OutsideTheTablesIsAnErrorThatSaysTheRange) {
  EXPECT_THAT(
      [] { static_cast<void>(technology_65nm().datapath("add_sat.add", 40)); },
      ThrowsMessage<InputError>("datapath.csv: add_sat.add is known for 8 to 32, not for 40"));
  EXPECT_THAT(
      [] {
        static_cast<void>(technology_65nm().sram({16777216, 64, 16}));
      },
      ThrowsMessage<InputError>(
          HasSubstr("SRAMs are known for up to 4194304 B, not for 16777216 B in 16 banks of "
                    "64-bit lines")));
  EXPECT_THROW(static_cast<void>(technology_65nm().requant(33, 8)), InputError);
  EXPECT_THROW(static_cast<void>(technology_65nm().fifo({65, 8})), InputError);
  EXPECT_THROW(static_cast<void>(technology_65nm().datapath("divider.div", 8)), InputError);
}

TEST(Technology, ATableWithoutItsSourceIsNotRead) {
  TechnologyCopy copy;
  copy.remove("sram.source");
  EXPECT_THAT(
      [&] { static_cast<void>(copy.load()); },
      ThrowsMessage<FileError>(HasSubstr("has no source: sram.source must stand beside it")));
}

TEST(Technology, AMissingRowIsAnError) {
  TechnologyCopy copy;
  copy.replace("mac.csv", "8,8,29,integer", "8,9,30,integer");
  EXPECT_THAT([&] { static_cast<void>(copy.load()); },
              ThrowsMessage<FileError>(HasSubstr("mac.csv has no row 8 x 8")));
}

TEST(Technology, ADamagedNumberNamesItsLine) {
  TechnologyCopy copy;
  copy.replace("datapath.csv", "54.0", "fifty");
  EXPECT_THAT([&] { static_cast<void>(copy.load()); },
              ThrowsMessage<FileError>(
                  HasSubstr("datapath.csv:2: column 'nand2_eq' must be a number, not 'fifty'")));
}

TEST(Technology, ARepeatedRowIsAnError) {
  TechnologyCopy copy;
  copy.replace("datapath.csv", "add_sat,add,16", "add_sat,add,8");
  EXPECT_THAT([&] { static_cast<void>(copy.load()); },
              ThrowsMessage<FileError>(HasSubstr("add_sat.add has a second row for 8 bits")));
}

TEST(Technology, AMissingConstantIsAnError) {
  TechnologyCopy copy;
  copy.replace("technology.yaml", "pe_pitch_mm", "pe_pitch");
  EXPECT_THROW(static_cast<void>(copy.load()), InputError);
}

TEST(Technology, ANoteForAnotherTableIsAnError) {
  TechnologyCopy copy;
  copy.replace("mac.source", "table: mac.csv", "table: adder.csv");
  EXPECT_THAT([&] { static_cast<void>(copy.load()); },
              ThrowsMessage<InputError>(HasSubstr("stands beside mac.csv")));
}

TEST(Technology, AnAbsentDirectoryIsAnError) {
  EXPECT_THROW(static_cast<void>(Technology::load("/nowhere/at/all")), FileError);
}

TEST(Technology, EveryTableFitsIn300Kilobytes) {
  std::uintmax_t bytes = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator{fs::path{TURNPIKE_SOURCE_DIR} / "configs/technology"}) {
    const bool dram = entry.path().string().find("/dram/") != std::string::npos;
    if (entry.is_regular_file() && !dram) {
      bytes += entry.file_size();
      if (entry.path().extension() == ".csv") {
        EXPECT_NO_THROW(static_cast<void>(SourceNote::beside(entry.path().string())));
      }
    }
  }
  EXPECT_LT(bytes, 300000U);
}

}  // namespace
}  // namespace turnpike::cost
