#include "pe/pass_timer.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "pe/row_stationary/model.hpp"
#include "sim/base/error.hpp"
#include "tests/pe/pass_driver.hpp"
#include "tests/pe/row_stationary/pass_fields.hpp"
#include "tests/pe/row_stationary/random_pass.hpp"
#include "tests/support/sc_test.hpp"

namespace turnpike::pe {
namespace {

using row_stationary::key_of;
using row_stationary::PassShape;

struct TimedPasses {
  std::vector<PassResult> results;
  std::vector<double> ends_ns;
  std::uint64_t simulated = 0;
};

class PassTimerTest : public turnpike::test::SystemCTest {
 protected:
  static std::vector<PassKey> keys() {
    Random random{5};
    std::vector<PassKey> list;
    for (int i = 0; i < 6; ++i) {
      list.push_back(key_of(row_stationary::test::random_shape(random)));
    }
    list.insert(list.end(), list.begin(), list.begin() + 4);
    return list;
  }

  static TimedPasses run(PassTimer::Mode mode, const std::string& memo_file = "") {
    return run(mode, keys(), memo_file);
  }
  static TimedPasses run(PassTimer::Mode mode, const std::vector<PassKey>& passes,
                         const std::string& memo_file = "") {
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext();
    sc_core::sc_default_global_context = sc_core::sc_curr_simcontext;
    const row_stationary::RowStationary model{config::AcceleratorConfig{}};
    const auto array = model.make_array("array", 4000);
    PassTimer timer{model, *array, mode};
    if (!memo_file.empty()) {
      timer.load(memo_file);
    }
    pe::test::Driver driver{timer, passes};
    sc_core::sc_start();
    if (!memo_file.empty()) {
      timer.save(memo_file);
    }
    return {driver.results, driver.ends_ns, timer.passes_simulated()};
  }
};

TEST_F(PassTimerTest, MemoAndReferenceAgreeOnEveryPassAndItsTime) {
  const TimedPasses reference = run(PassTimer::Mode::reference);
  const TimedPasses memo = run(PassTimer::Mode::memo);
  EXPECT_EQ(memo.results, reference.results);
  EXPECT_EQ(memo.ends_ns, reference.ends_ns);
  EXPECT_EQ(reference.simulated, 10U);
  EXPECT_EQ(memo.simulated, 6U);
}

TEST_F(PassTimerTest, TellsApartPassesThatDifferInOneField) {
  PassShape base;
  base.q = base.channels = 2;
  base.p = base.filters = 2;
  base.F = 3;
  std::vector<PassKey> passes{key_of(base)};
  for (const row_stationary::test::Field& field : row_stationary::test::kFields) {
    PassShape other = base;
    ++(other.*field.member);
    // As many filters and channels as the sets need.
    other.filters = std::max(other.filters, other.p * (other.t - 1) + 1);
    other.channels = std::max(other.channels, other.q * (other.r - 1) + 1);
    if (other != base && field.member != &PassShape::filters &&
        field.member != &PassShape::channels) {
      passes.push_back(key_of(other));
    }
  }
  base.filters = base.channels = 1;
  passes.push_back(key_of(base));
  const TimedPasses memo = run(PassTimer::Mode::memo, passes);
  EXPECT_EQ(memo.simulated, passes.size());
  EXPECT_EQ(memo.results, run(PassTimer::Mode::reference, passes).results);
}

/// An array that spends a clock more on each ifmap value that is not zero.
class MindsZeros final : public row_stationary::RowStationary {
 public:
  MindsZeros() : RowStationary{config::AcceleratorConfig{}} {}
  [[nodiscard]] bool data_matters() const override { return true; }
  [[nodiscard]] PassResult time(const PassKey& key, const PassOperands* operands) const override {
    PassResult result = RowStationary::time(key, operands);
    for (const std::int32_t value : operands->ifmap) {
      result.cycles += value != 0 ? 1 : 0;
    }
    return result;
  }
};

TEST_F(PassTimerTest, RemembersNothingOfAnArrayToWhichDataMatter) {
  const MindsZeros model;
  const auto array = model.make_array("array", 4000);
  PassTimer timer{model, *array, PassTimer::Mode::memo};
  EXPECT_TRUE(timer.wants_operands());
  PassShape shape;
  const PassKey key = key_of(shape);
  PassOperands zeros{{0, 0, 0}, {1}, {0}};
  PassOperands ones{{1, 1, 1}, {1}, {0}};
  const std::uint64_t with_zeros = timer.foresee(key, &zeros).cycles;
  EXPECT_EQ(timer.foresee(key, &ones).cycles, with_zeros + 3);
  EXPECT_EQ(timer.foresee(key, &zeros).cycles, with_zeros);
  EXPECT_EQ(timer.passes_simulated(), 3U);
  EXPECT_THROW(static_cast<void>(timer.foresee(key, nullptr)), InternalError);
}

TEST_F(PassTimerTest, AMemoOnDiskSparesTheNextRunAndADamagedOneIsIgnored) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "turnpike_memo_test" / "passes.bin").string();
  std::filesystem::remove(path);
  const TimedPasses first = run(PassTimer::Mode::memo, path);
  EXPECT_EQ(first.simulated, 6U);
  const TimedPasses second = run(PassTimer::Mode::memo, path);
  EXPECT_EQ(second.simulated, 0U);
  EXPECT_EQ(second.results, first.results);
  const auto size = std::filesystem::file_size(path);
  for (const std::uintmax_t cut : {size - 1, size / 2, std::uintmax_t{3}, std::uintmax_t{0}}) {
    std::filesystem::resize_file(path, cut);
    EXPECT_EQ(run(PassTimer::Mode::memo, path).simulated, 6U) << "cut to " << cut;
  }
  {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(static_cast<std::streamoff>(size / 2));
    file.put('\x7f');
  }
  EXPECT_EQ(run(PassTimer::Mode::memo, path).results, first.results);
  std::filesystem::remove_all(std::filesystem::path{path}.parent_path());
}

}  // namespace
}  // namespace turnpike::pe
