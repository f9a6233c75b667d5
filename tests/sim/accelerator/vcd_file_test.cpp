#include "sim/accelerator/vcd_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/sim/accelerator/observed_run.hpp"
#include "tests/sim/accelerator/vcd_reader.hpp"

namespace turnpike::accelerator {
namespace {

Picoseconds ps(std::uint64_t time) {
  return Picoseconds{time};
}

// Written by hand from IEEE 1364-2005, clause 18.2.
TEST(VcdFile, WritesTheStandardsFormat) {
  const std::string path = test::temporary("format.vcd");
  VcdFile file{path};
  const std::size_t bit = file.add("top", "bit", 1);
  const std::size_t word = file.add("top.part", "word", 8);
  const std::size_t never = file.add("top", "never", 4);
  file.begin({ps(100), ps(200)}, "hello\n");
  file.set(bit, ps(0), 1);
  file.set(word, ps(150), 5);  // known before what happens earlier elsewhere
  file.set(bit, ps(120), 0);
  file.flush(ps(150));
  file.set(word, ps(160), std::nullopt);
  file.set(bit, ps(170), 1);
  file.set(bit, ps(170), 0);  // back at the same time: no change
  file.set(bit, ps(200), 1);  // outside
  static_cast<void>(never);
  file.finish(ps(500));
  file.close();
  EXPECT_EQ(test::text_of(path),
            "$version turnpike $end\n$comment\nhello\n$end\n$timescale 1 ps $end\n"
            "$scope module top $end\n$var wire 1 ! bit $end\n"
            "$scope module part $end\n$var wire 8 \" word [7:0] $end\n$upscope $end\n"
            "$var wire 4 # never [3:0] $end\n$upscope $end\n$enddefinitions $end\n"
            "#100\n$dumpvars\n1!\nbx \"\nbx #\n$end\n"
            "#120\n0!\n#150\nb101 \"\n#160\nbx \"\n#200\n");
}

TEST(VcdFile, ChangesAtTheWindowsBeginAreItsFirstValues) {
  const std::string path = test::temporary("begin.vcd");
  VcdFile file{path};
  const std::size_t bit = file.add("top", "bit", 1);
  file.begin({ps(100), ps(200)}, "");
  file.set(bit, ps(50), 0);
  file.set(bit, ps(100), 1);
  file.finish(ps(130));
  file.close();
  const std::string text = test::text_of(path);
  EXPECT_TRUE(text.ends_with("$enddefinitions $end\n#100\n$dumpvars\n1!\n$end\n#130\n")) << text;
}

TEST(VcdFile, ManySignalsHaveCodesOfTheirOwn) {
  const std::string path = test::temporary("many.vcd");
  VcdFile file{path};
  constexpr std::uint64_t kSignals = 94 * 94 + 200;
  for (std::uint64_t i = 0; i < kSignals; ++i) {
    static_cast<void>(file.add("accelerator", fmt::format("s{}", i), 64));
  }
  file.begin({ps(0), ps(10)}, "");
  for (std::uint64_t i = 0; i < kSignals; ++i) {
    file.set(i, ps(3), ~i);
  }
  file.finish(ps(10));
  file.close();
  const test::Vcd vcd = test::read_vcd(test::text_of(path));
  for (std::uint64_t i = 0; i < kSignals; ++i) {
    ASSERT_EQ(vcd.at(fmt::format("s{}", i), 3), ~i);
    ASSERT_EQ(vcd.at(fmt::format("s{}", i), 2), std::nullopt);
  }
}

}  // namespace
}  // namespace turnpike::accelerator
