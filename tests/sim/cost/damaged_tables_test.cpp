// Whatever stands in a technology's tables: an error that names a file, or prices that are
// positive.

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "tests/sim/cost/random_machine.hpp"

namespace turnpike::cost {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::array<const char*, 9> kTables = {"datapath", "filter_spad",    "mac",
                                                "mac_pipe", "mac_psum_slope", "register_file",
                                                "requant",  "sram",           "sram_small"};

class DamagedTables : public testing::Test {
 protected:
  using Lines = std::vector<std::vector<std::string>>;

  DamagedTables() {
    fs::copy(source_, folder_, fs::copy_options::recursive);
    for (const char* table : kTables) {
      std::ifstream in{source_ + "/" + table + ".csv"};
      for (std::string line; std::getline(in, line);) {
        std::vector<std::string> fields;
        std::istringstream cells{line};
        for (std::string field; std::getline(cells, field, ',');) {
          fields.push_back(field);
        }
        if (line.ends_with(',')) {
          fields.emplace_back();
        }
        tables_[table].push_back(std::move(fields));
      }
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Column `column` of line `line` (1-based, the header first) says `value`.
  [[nodiscard]] Technology with(const std::string& table, std::size_t line, std::size_t column,
                                const std::string& value) const {
    Lines lines = tables_.at(table);
    lines.at(line - 1).at(column) = value;
    {
      std::ofstream out{folder_ + "/" + table + ".csv"};
      for (const auto& fields : lines) {
        out << fmt::format("{}\n", fmt::join(fields, ","));
      }
    }
    const auto restore = [&] {
      fs::copy_file(source_ + "/" + table + ".csv", folder_ + "/" + table + ".csv",
                    fs::copy_options::overwrite_existing);
    };
    try {
      Technology technology = Technology::load(folder_);
      restore();
      return technology;
    } catch (...) {
      restore();
      throw;
    }
  }

  const std::string source_ = std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/65nm";
  const std::string folder_ =
      (fs::temp_directory_path() / fmt::format("turnpike-damaged-{}", ::getpid())).string();
  std::map<std::string, Lines> tables_;
};

void expect_sound(const CostModel& model, const test::Machine& machine) {
  for (const ActionKey& action : test::actions_of(machine)) {
    const double energy = model.price(action).energy.count();
    ASSERT_TRUE(std::isfinite(energy) && energy > 0.0) << test::named(action);
  }
  for (const AreaItem& item : model.area()) {
    ASSERT_TRUE(std::isfinite(item.area.count()) && item.area.count() > 0.0) << item.part;
  }
  ASSERT_TRUE(std::isfinite(model.leakage().count()) && model.leakage().count() > 0.0);
}

TEST_F(DamagedTables, GiveErrorsOrPositivePrices) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  constexpr std::array<const char*, 9> kValues = {"1e308", "-1e308", "1e9",   "1e-12", "1e-300",
                                                  "0",     "-1",     "1e400", ""};
  int refused = 0;
  int priced = 0;
  for (int i = 0; i < 150; ++i) {
    const std::string table = kTables[random() % kTables.size()];
    const Lines& lines = tables_.at(table);
    const std::size_t line = 2 + random() % (lines.size() - 1);
    const std::size_t column = random() % lines.at(line - 1).size();
    const std::string value = kValues[random() % kValues.size()];
    SCOPED_TRACE(fmt::format("{}.csv:{}, column {} is '{}'", table, line, column, value));
    try {
      const Technology technology = with(table, line, column, value);
      for (int m = 0; m < 3; ++m) {
        const test::Machine machine = test::random_machine(random);
        expect_sound({technology, test::policy_of("silicon"), machine}, machine);
        ASSERT_FALSE(testing::Test::HasFatalFailure());
      }
      ++priced;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::AnyOf(HasSubstr(".csv"), HasSubstr("technology")));
      ++refused;
    }
  }
  EXPECT_GT(refused, 40);
  EXPECT_GT(priced, 10);
}

TEST_F(DamagedTables, AColumnThatIsMissingIsAnErrorWhereItIsAskedFor) {
  for (const std::size_t column : {3U, 5U, 6U, 7U, 8U, 9U}) {
    const Technology technology = with("datapath", 1, column, "=1+1");
    const test::Machine machine = test::paper_machine(16, 16);
    EXPECT_THROW(
        {
          const CostModel model(technology, test::flip_flop_policy(), machine);
          for (const ActionKey& action : test::actions_of(machine)) {
            static_cast<void>(model.price(action));
          }
          static_cast<void>(
              model.price(test::key(Component::clock, Action::background, 0, "active")));
        },
        InputError)
        << column;
  }
}

TEST_F(DamagedTables, AnImplausibleFigureIsNamedWithItsLine) {
  const auto message = [this](const std::string& table, std::size_t line, std::size_t column,
                              const std::string& value) -> std::string {
    try {
      static_cast<void>(with(table, line, column, value));
    } catch (const FileError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message("sram", 5, 3, "1e308"), HasSubstr("sram.csv:5: column 'read_pj_at_1v0' is "
                                                        "1e308: no plausible figure"));
  EXPECT_THAT(message("mac_pipe", 3, 4, "1e308"), HasSubstr("mac_pipe.csv:3: column"));
  EXPECT_THAT(message("sram", 5, 0, "2.5"), HasSubstr("sram.csv:5: column 'banks' is 2.5"));
  EXPECT_THAT(message("filter_spad", 2, 4, "-0.1"), HasSubstr("filter_spad.csv:2: its fit for"));
  EXPECT_THAT(message("sram_small", 2, 3, "-1"), HasSubstr("sram_small.csv:2: its fit for"));
  EXPECT_THAT(message("register_file", 4, 5, "0"), HasSubstr("register_file.csv:4: column"));
}

}  // namespace
}  // namespace turnpike::cost
