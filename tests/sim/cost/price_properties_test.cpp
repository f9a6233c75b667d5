// What holds of every price, at every size and width the configuration admits: positive, and no
// lower for a memory that is larger or wider.

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/sim/cost/random_machine.hpp"

namespace turnpike::cost {
namespace {

class AllTechnologies : public testing::TestWithParam<std::string> {
 protected:
  static const Technology& technology() {
    static std::map<std::string, Technology> loaded;
    const auto found = loaded.find(GetParam());
    return found != loaded.end()
               ? found->second
               : loaded
                     .emplace(GetParam(), Technology::load(std::string{TURNPIKE_SOURCE_DIR} +
                                                           "/configs/technology/" + GetParam()))
                     .first->second;
  }
};
INSTANTIATE_TEST_SUITE_P(Nodes, AllTechnologies, testing::Values("65nm", "45nm", "32nm", "22nm"),
                         [](const auto& node) { return "At" + node.param; });

/// a <= b in every figure, up to rounding.
bool no_dearer(const MemoryFigures& a, const MemoryFigures& b) {
  const auto le = [](double x, double y) { return x <= y * (1.0 + 1e-12); };
  return le(a.read_pj, b.read_pj) && le(a.write_pj, b.write_pj) && le(a.leakage_mw, b.leakage_mw) &&
         le(a.area_mm2, b.area_mm2);
}

std::string text(const MemoryFigures& f) {
  return testing::PrintToString(
      std::vector<double>{f.read_pj, f.write_pj, f.leakage_mw, f.area_mm2});
}

std::vector<int> spad_depths() {
  std::vector<int> depths;
  for (int depth = 1; depth <= 4096; depth += depth < 260 ? 1 : depth < 1000 ? 37 : 129) {
    depths.push_back(depth);
  }
  depths.push_back(4096);
  return depths;
}

TEST_P(AllTechnologies, FilterSpadsArePositiveAndMonotoneInDepthAndWidth) {
  const std::vector<int> depths = spad_depths();
  for (const int depth : depths) {
    for (int bits = 1; bits <= 16; ++bits) {
      const MemoryFigures here = technology().filter_spad({depth, bits}).figures;
      ASSERT_TRUE(all_positive(here)) << depth << " x " << bits << text(here);
      ASSERT_GE(here.write_pj, here.read_pj) << depth << " x " << bits;
      if (bits > 1) {
        const MemoryFigures narrower = technology().filter_spad({depth, bits - 1}).figures;
        ASSERT_TRUE(no_dearer(narrower, here)) << depth << " x " << bits;
      }
      if (depth > 1) {
        const int before = *std::prev(std::lower_bound(depths.begin(), depths.end(), depth));
        const MemoryFigures shallower = technology().filter_spad({before, bits}).figures;
        ASSERT_TRUE(no_dearer(shallower, here)) << depth << " x " << bits;
      }
    }
  }
}

TEST_P(AllTechnologies, NoRuleForFilterSpadsEndsInAStep) {
  for (const int depth : {31, 32, 223, 224}) {
    for (const int bits : {1, 2, 3, 4, 8, 16}) {
      const MemoryFigures here = technology().filter_spad({depth, bits}).figures;
      const MemoryFigures next = technology().filter_spad({depth + 1, bits}).figures;
      for (const double step : {next.read_pj / here.read_pj, next.write_pj / here.write_pj,
                                next.leakage_mw / here.leakage_mw, next.area_mm2 / here.area_mm2}) {
        EXPECT_LT(step, 1.05) << depth << " x " << bits;
      }
    }
  }
}

TEST(FilterSpads, LieNearCactisMacros) {
  // The law of filter_spad.source against the single-bank rows of sram.csv, 32 to 4096 words.
  const CsvTable rows =
      CsvTable::from_file(std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/65nm/sram.csv");
  int compared = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto bits = static_cast<int>(rows.number(row, "word_bits"));
    const double words = rows.number(row, "capacity_bytes") * 8 / bits;
    if (rows.number(row, "banks") != 1 || words < 32 || words > 4096 ||
        (bits != 4 && bits != 8 && bits != 16 && bits != 32)) {
      continue;
    }
    const MemoryFigures law =
        test::technology_65nm().filter_spad({static_cast<int>(words), bits}).figures;
    const double read = rows.number(row, "read_pj_at_1v0");
    const double write = std::max(read, rows.number(row, "write_pj_at_1v0"));
    EXPECT_NEAR(std::log(read / law.read_pj), 0.05, std::log(1.52) - 0.05) << words << " " << bits;
    EXPECT_NEAR(std::log(write / law.write_pj), 0.08, std::log(1.44) - 0.08) << words;
    EXPECT_NEAR(std::log(rows.number(row, "leakage_mw") / law.leakage_mw), 0.0, std::log(1.45));
    EXPECT_NEAR(std::log(rows.number(row, "area_mm2") / law.area_mm2), 0.0, std::log(1.19));
    ++compared;
  }
  EXPECT_GT(compared, 30);
}

SramSize random_sram(std::mt19937& random) {
  constexpr std::array<int, 12> kBanks = {1, 2, 3, 4, 8, 12, 16, 25, 32, 64, 256, 4096};
  SramSize size;
  size.banks = kBanks[random() % kBanks.size()];
  size.line_bits = static_cast<int>(1 + random() % (random() % 4 == 0 ? 1024 : 64));
  const std::int64_t most = 4194304LL * 8 / size.line_bits;
  const std::int64_t lines = static_cast<std::int64_t>(
      std::exp(std::uniform_real_distribution<>{0.0, std::log(static_cast<double>(most))}(random)));
  size.capacity_bytes = std::max<std::int64_t>(1, lines * size.line_bits / 8);
  return size;
}

double lines_of(const SramSize& size) {
  return static_cast<double>(size.capacity_bytes) * 8.0 / size.line_bits;
}

TEST_P(AllTechnologies, BuffersArePositiveAndMonotoneInLinesAndTheirWidth) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  int priced = 0;
  for (int i = 0; i < 20000; ++i) {
    SramSize small = random_sram(random);
    SramSize large = random_sram(random);
    large.banks = small.banks;
    if (lines_of(small) > lines_of(large)) {
      std::swap(small, large);
    }
    if (small.line_bits > large.line_bits) {
      continue;
    }
    const MemoryFigures a = technology().sram(small).figures;
    const MemoryFigures b = technology().sram(large).figures;
    ASSERT_TRUE(all_positive(a) && all_positive(b));
    ASSERT_GE(a.write_pj, a.read_pj);
    ASSERT_TRUE(no_dearer(a, b)) << small.capacity_bytes << " B, " << small.line_bits
                                 << "-bit lines: " << text(a) << "; " << large.capacity_bytes
                                 << " B, " << large.line_bits << "-bit lines: " << text(b) << "; "
                                 << small.banks << " banks";
    ++priced;
  }
  EXPECT_GT(priced, 3000);
}

TEST(Buffers, StandAsTheyAreMeasuredButForTheFewThatFall) {
  const CsvTable rows =
      CsvTable::from_file(std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/65nm/sram.csv");
  std::array<int, 4> raised{};
  double most = 1.0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const MemoryFigures found =
        test::technology_65nm()
            .sram({static_cast<std::int64_t>(rows.number(row, "capacity_bytes")),
                   static_cast<int>(rows.number(row, "word_bits")),
                   static_cast<int>(rows.number(row, "banks"))})
            .figures;
    const double read = rows.number(row, "read_pj_at_1v0");
    const std::array<double, 4> factors = {
        found.read_pj / read, found.write_pj / std::max(read, rows.number(row, "write_pj_at_1v0")),
        found.leakage_mw / rows.number(row, "leakage_mw"),
        found.area_mm2 / rows.number(row, "area_mm2")};
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_GE(factors[i], 1.0 - 1e-12);
      raised[i] += factors[i] > 1.0 + 1e-9 ? 1 : 0;
      most = std::max(most, factors[i]);
    }
  }
  EXPECT_EQ(rows.rows(), 724U);
  EXPECT_EQ(raised, (std::array<int, 4>{16, 25, 9, 0}));  // as sram.source says
  EXPECT_LT(most, 1.29);
}

TEST_P(AllTechnologies, RegisterFilesArePositiveAndGrowButForTheScatterOfTheirRows) {
  // The rows are synthesised one by one: neighbours differ by up to a tenth in the wrong direction.
  constexpr double kScatter = 0.90;
  for (const char* op : {"read", "write", "read_write"}) {
    for (int depth = 1; depth <= 224; ++depth) {
      for (int bits = 1; bits <= 32; ++bits) {
        const Lookup here = technology().register_file(op, {depth, bits});
        ASSERT_GT(here.get(Figure::nand2), 0.0);
        ASSERT_GT(here.get(Figure::leakage_nw), 0.0);
        for (const Figure figure : {Figure::random_pj, Figure::activity_pj}) {
          ASSERT_GT(here.get(figure) - here.get(Figure::clock_pj), 0.0)
              << op << depth << "x" << bits;
        }
        const auto grows = [&](const SpadSize& smaller) {
          const Lookup less = technology().register_file(op, smaller);
          ASSERT_LT(less.get(Figure::nand2), here.get(Figure::nand2)) << depth << " x " << bits;
          ASSERT_GT(here.get(Figure::random_pj), kScatter * less.get(Figure::random_pj))
              << op << depth << " x " << bits;
        };
        if (depth > 1) {
          grows({depth - 1, bits});
        }
        if (bits > 1) {
          grows({depth, bits - 1});
        }
      }
    }
  }
}

TEST_P(AllTechnologies, FifosOfEveryDepthAndWidthArePositiveAndGrow) {
  for (int depth = 1; depth <= 64; ++depth) {
    for (int bits = 1; bits <= 32; ++bits) {
      const Lookup here = technology().fifo({depth, bits});
      ASSERT_GT(here.get(Figure::random_pj) - here.get(Figure::clock_pj), 0.0);
      ASSERT_GT(here.get(Figure::leakage_nw), 0.0);
      if (depth > 1) {
        ASSERT_GT(here.get(Figure::nand2), technology().fifo({depth - 1, bits}).get(Figure::nand2));
      }
      if (bits > 1) {
        ASSERT_GT(here.get(Figure::nand2), technology().fifo({depth, bits - 1}).get(Figure::nand2));
      }
    }
  }
}

TEST_P(AllTechnologies, MacsAreaGrowsWithEveryWidthAndEnergyIsPositive) {
  for (int a = 1; a <= 16; ++a) {
    for (int w = 1; w <= 16; ++w) {
      for (const int psum : {1, 2, 3, 8, 16, a + w, a + w + 13, 32, 64}) {
        for (const bool midrise : {false, true}) {
          const MacWidths widths{a, w, psum, midrise};
          const Lookup here = technology().mac(widths);
          ASSERT_GT(here.get(Figure::activity_pj) - here.get(Figure::clock_pj), 0.0);
          ASSERT_GT(here.get(Figure::idle_pj), 0.0);
          ASSERT_GT(here.get(Figure::leakage_nw), 0.0);
          if (psum > 1 && psum <= 32) {
            ASSERT_GT(here.get(Figure::nand2),
                      technology().mac({a, w, psum - 1, midrise}).get(Figure::nand2));
          }
          if (a > 1) {
            ASSERT_GT(here.get(Figure::nand2),
                      technology().mac({a - 1, w, psum, midrise}).get(Figure::nand2))
                << a << " x " << w << " + " << psum << (midrise ? " midrise" : "");
          }
          if (w > 1) {
            ASSERT_GT(here.get(Figure::nand2),
                      technology().mac({a, w - 1, psum, midrise}).get(Figure::nand2))
                << a << " x " << w << " + " << psum << (midrise ? " midrise" : "");
          }
        }
      }
    }
  }
}

TEST_P(AllTechnologies, EveryMachineTheConfigurationAdmitsHasPositivePricesAndAreas) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 400; ++i) {
    const test::Machine machine = test::random_machine(random);
    const CostModel model{technology(), test::policy_of(i % 2 == 0 ? "silicon" : "access"),
                          machine};
    for (const ActionKey& action : test::actions_of(machine)) {
      const bool left_out = action.component == Component::leakage && i % 2 == 1;
      const Price price = model.price(action);
      ASSERT_TRUE(left_out || price.energy.count() > 0.0) << test::named(action);
    }
    for (const AreaItem& item : model.area()) {
      ASSERT_GT(item.area.count(), 0.0) << item.part;
    }
    ASSERT_GT(model.leakage().count(), 0.0);
  }
}

}  // namespace
}  // namespace turnpike::cost
