// What the memo of PassTimer rests on: the key holds all that timing depends on, and the file is
// either whole or ignored.

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pe/pass_timer.hpp"
#include "pe/row_stationary/array_core.hpp"
#include "pe/row_stationary/model.hpp"
#include "sim/base/error.hpp"
#include "tests/pe/pass_driver.hpp"
#include "tests/pe/row_stationary/pass_fields.hpp"
#include "tests/pe/row_stationary/random_pass.hpp"

namespace turnpike::pe {
namespace {

namespace fs = std::filesystem;
namespace test = row_stationary::test;
using row_stationary::ArrayCore;
using row_stationary::key_of;
using row_stationary::PassCounters;
using row_stationary::PassShape;

/// Steps to the end of the pass.
void finish(ArrayCore& core) {
  for (std::uint64_t clock = 0; !core.step(); ++clock) {
    ensure(clock < 1'000'000, "a pass ends");
  }
  core.finish();
}

PassCounters simulate(ArrayCore& core, const PassShape& shape) {
  core.begin(shape, nullptr);
  finish(core);
  return core.counters();
}

PassCounters simulate(const PassShape& shape) {
  ArrayCore core;
  return simulate(core, shape);
}

/// The rules a mapping is checked by before it becomes a pass.
bool legal(const PassShape& s) {
  const bool extents = std::min({s.R,
                                 s.S,
                                 s.U,
                                 s.V,
                                 s.p,
                                 s.t,
                                 s.filters,
                                 s.q,
                                 s.r,
                                 s.channels,
                                 s.e,
                                 s.F,
                                 s.n,
                                 s.rows,
                                 s.columns,
                                 s.filter_rate,
                                 s.ifmap_rate,
                                 s.psum_in_rate,
                                 s.psum_out_rate,
                                 s.filter_load_unit}) >= 1;
  if (!extents || s.q * s.S > s.ifmap_spad || s.p > s.psum_spad || s.buffer_latency < 0 ||
      std::max({s.ifmap_rate, s.psum_in_rate, s.psum_out_rate}) > s.fifo_depth ||
      s.filters <= s.p * (s.t - 1) || s.filters > s.p * s.t || s.channels <= s.q * (s.r - 1) ||
      s.channels > s.q * s.r) {
    return false;
  }
  try {
    return !row_stationary::place_chains(s).empty();
  } catch (const InternalError&) {
    return false;
  }
}

/// Number of random passes whose cycles (whose counters) change when one field grows by one.
struct Effect {
  int tried = 0, cycles = 0, counters = 0;
};

Effect effect_of(const test::Field& field) {
  Effect effect;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random{seed};
    const PassShape shape = test::random_shape(random);
    PassShape changed = shape;
    ++(changed.*field.member);
    // These two follow from the others: t = ceil(filters / p), r = ceil(channels / q).
    if (field.member == &PassShape::t) {
      changed.filters += changed.p;
    } else if (field.member == &PassShape::r) {
      changed.channels += changed.q;
    }
    if (legal(changed)) {
      const PassCounters before = simulate(shape);
      const PassCounters after = simulate(changed);
      ++effect.tried;
      effect.cycles += before.cycles != after.cycles ? 1 : 0;
      effect.counters += before != after ? 1 : 0;
    }
  }
  return effect;
}

TEST(PassShape, HasNoFieldThatChangesNothing) {
  for (const test::Field& field : test::kFields) {
    SCOPED_TRACE(field.name);
    const Effect effect = effect_of(field);
    EXPECT_GE(effect.tried, 3);
    if (field.member == &PassShape::rows) {
      EXPECT_EQ(effect.counters, 0) << "rows only decides whether a pass fits";
    } else if (field.member == &PassShape::columns) {
      EXPECT_GT(effect.counters, 0) << "how strips are cut decides the row buses a value takes";
      EXPECT_EQ(effect.cycles, 0) << "segments follow each other in the order of their rows";
    } else {
      EXPECT_GT(effect.cycles, 0);
    }
  }
}

TEST(ArrayCore, ForgetsThePassBefore) {
  ArrayCore used;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape shape = test::random_shape(random);
    EXPECT_EQ(simulate(used, shape), simulate(shape));
  }
}

TEST(ArrayCore, SkippingTheFilterLoadChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape shape = test::random_shape(random);
    ArrayCore core;
    core.begin(shape, nullptr);
    const std::uint64_t skipped = core.skip_load();
    finish(core);
    EXPECT_EQ(core.counters(), simulate(shape));
    const auto latency = static_cast<std::uint64_t>(shape.buffer_latency);
    EXPECT_EQ(skipped, core.counters().load_cycles + latency);
  }
}

/// Passes of a few clocks, the same for a seed.
std::vector<PassKey> small_passes(std::int32_t first, int count) {
  std::vector<PassKey> passes;
  for (int k = 0; k < count; ++k) {
    PassShape shape;
    shape.F = first + k;
    shape.filter_load_unit = 1;
    passes.push_back(key_of(shape));
  }
  return passes;
}

struct Outcome {
  std::vector<PassResult> results;
  std::uint64_t simulated = 0;
};

/// A run of its own: loads the memo, runs the passes, saves the memo `saves` times.
Outcome run_with_memo(const std::string& path, const std::vector<PassKey>& passes, int saves) {
  sc_core::sc_simcontext context;
  sc_core::sc_curr_simcontext = &context;
  sc_core::sc_default_global_context = &context;
  const row_stationary::RowStationary model{config::AcceleratorConfig{}};
  const auto array = model.make_array("array", 4000);
  PassTimer timer{model, *array, PassTimer::Mode::memo};
  timer.load(path);
  pe::test::Driver driver{timer, passes};
  sc_core::sc_start();
  for (int k = 0; k < saves; ++k) {
    timer.save(path);
  }
  return {driver.results, timer.passes_simulated()};
}

class PassMemoFile : public testing::Test {
 protected:
  PassMemoFile() {
    folder_ = fs::temp_directory_path() /
              ("turnpike_pass_memo_" +
               std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
    fs::remove_all(folder_);
    path_ = (folder_ / "passes.bin").string();
  }
  ~PassMemoFile() override {
    fs::remove_all(folder_);
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext();
    sc_core::sc_default_global_context = sc_core::sc_curr_simcontext;
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream in{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(const std::string& bytes) const { std::ofstream{path_, std::ios::binary} << bytes; }
  fs::path folder_;
  std::string path_;
};

TEST_F(PassMemoFile, IsIgnoredWhicheverByteIsDamaged) {
  const auto shapes = small_passes(1, 2);
  const Outcome first = run_with_memo(path_, shapes, 1);
  const std::string whole = bytes();
  ASSERT_GT(whole.size(), 100U);
  ASSERT_EQ(run_with_memo(path_, shapes, 0).simulated, 0U);
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write(damaged);
    const Outcome outcome = run_with_memo(path_, shapes, 0);
    ASSERT_EQ(outcome.simulated, 2U) << "byte " << at;
    ASSERT_EQ(outcome.results, first.results) << "byte " << at;
  }
  for (std::size_t size = 0; size < whole.size(); size += 23) {
    write(whole.substr(0, size));
    ASSERT_EQ(run_with_memo(path_, shapes, 0).simulated, 2U) << "cut to " << size;
  }
  write(whole + whole);
  EXPECT_EQ(run_with_memo(path_, shapes, 0).simulated, 2U);
}

TEST_F(PassMemoFile, OfAnotherModelVersionIsIgnored) {
  const auto shapes = small_passes(1, 2);
  const Outcome first = run_with_memo(path_, shapes, 1);
  std::string other = bytes();
  const std::size_t at = other.find(array_model_version());
  ASSERT_NE(at, std::string::npos);
  other[at] = other[at] == '0' ? '1' : '0';
  write(other);
  EXPECT_EQ(run_with_memo(path_, shapes, 0).simulated, 2U);
}

TEST_F(PassMemoFile, ThatCannotBeReadOrWrittenIsNoError) {
  const auto shapes = small_passes(1, 2);
  const Outcome reference = run_with_memo(path_, shapes, 0);
  fs::create_directories(path_);  // a folder where the file should be
  EXPECT_EQ(run_with_memo(path_, shapes, 1).results, reference.results);
  EXPECT_TRUE(fs::is_directory(path_));
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}), 1)
      << "a temporary file is left";
  fs::remove_all(folder_);
  std::ofstream{folder_.string()} << "a file where the folder should be";
  EXPECT_EQ(run_with_memo(path_, shapes, 1).results, reference.results);
}

TEST_F(PassMemoFile, KeepsWhatAnotherRunSavedMeanwhile) {
  run_with_memo(path_, small_passes(1, 2), 1);
  const fs::path aside = folder_ / "aside";
  fs::rename(path_, aside);
  // A run that started before the file was there, and ends after it is.
  sc_core::sc_simcontext context;
  sc_core::sc_curr_simcontext = &context;
  sc_core::sc_default_global_context = &context;
  {
    const row_stationary::RowStationary model{config::AcceleratorConfig{}};
    const auto array = model.make_array("array", 4000);
    PassTimer timer{model, *array, PassTimer::Mode::memo};
    timer.load(path_);
    pe::test::Driver driver{timer, small_passes(10, 3)};
    sc_core::sc_start();
    fs::rename(aside, path_);
    timer.save(path_);
  }
  EXPECT_EQ(run_with_memo(path_, small_passes(1, 2), 0).simulated, 0U);
  EXPECT_EQ(run_with_memo(path_, small_passes(10, 3), 0).simulated, 0U);
}

TEST_F(PassMemoFile, IsAlwaysWholeWhileTwoProcessesSaveIt) {
  constexpr int kSaves = 100;
  fs::create_directories(folder_);
  std::vector<pid_t> children;
  for (const std::int32_t first : {1, 20}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::alarm(30);  // never outlives a test that hangs
      const Outcome outcome = run_with_memo(path_, small_passes(first, 8), kSaves);
      ::_exit(outcome.results.size() == 8 ? 0 : 1);
    }
    children.push_back(child);
  }
  std::size_t running = children.size();
  const auto probe = small_passes(1, 8);
  const auto other = small_passes(20, 8);
  while (running > 0) {
    const std::uint64_t simulated =
        fs::exists(path_) ? run_with_memo(path_, probe, 0).simulated : 8U;
    EXPECT_TRUE(simulated == 0 || simulated == 8) << simulated << " of 8 passes were missing";
    int status = 0;
    if (::waitpid(-1, &status, WNOHANG) > 0) {
      EXPECT_EQ(status, 0);
      --running;
    }
  }
  EXPECT_TRUE(run_with_memo(path_, probe, 0).simulated == 0 ||
              run_with_memo(path_, other, 0).simulated == 0);
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}), 1)
      << "a temporary file is left";
}

}  // namespace
}  // namespace turnpike::pe
