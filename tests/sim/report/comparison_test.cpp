#include "sim/report/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike::report {
namespace {

results::StoredRun with(const std::string& key, double value) {
  results::StoredRun run;
  results::set_figure(run.figures.totals, key, value);
  return run;
}

bool holds(const std::string& limit, double base, double value) {
  const Limit parsed = parse_limit(limit);
  return exceeds(parsed, with(parsed.key, base), with(parsed.key, value)).has_value();
}

TEST(Comparison, LimitsAreOfAValueAChangeOrAPercentage) {
  EXPECT_TRUE(holds("energy>120", 1.0, 121.0));
  EXPECT_FALSE(holds("energy>120", 1.0, 120.0));
  EXPECT_TRUE(holds("cycles>+1000", 5000.0, 6001.0));
  EXPECT_FALSE(holds("cycles>+1000", 5000.0, 6000.0));
  EXPECT_TRUE(holds("energy>+5%", 100.0, 105.5));
  EXPECT_FALSE(holds("energy>+5%", 100.0, 104.5));
  EXPECT_TRUE(holds("area<-10%", 4.0, 3.5));
  EXPECT_FALSE(holds("area<-10%", 4.0, 3.7));
  EXPECT_TRUE(holds("latency_ms<2", 1.0, 1.5));
}

TEST(Comparison, AnyRiseFromZeroIsAboveAnyPercentage) {
  EXPECT_TRUE(holds("dram_stall_cycles>+5%", 0.0, 1.0));
  EXPECT_FALSE(holds("dram_stall_cycles>+5%", 0.0, 0.0));
  EXPECT_TRUE(holds("power<-5%", 0.0, -1.0));
}

TEST(Comparison, WrongLimitsAreNamed) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  const auto parse = [](const char* text) {
    return [text] { static_cast<void>(parse_limit(text)); };
  };
  EXPECT_THAT(parse("enery>5%"), ThrowsMessage<InputError>(HasSubstr("did you mean 'energy'?")));
  EXPECT_THAT(parse("energy"), ThrowsMessage<InputError>(HasSubstr("METRIC>NUMBER")));
  EXPECT_THAT(parse(">5"), ThrowsMessage<InputError>(HasSubstr("METRIC>NUMBER")));
  for (const char* text : {"energy>", "energy>%", "energy>five", "energy>5 %", "energy>+-5%",
                           "energy>5%%", "energy>inf", "energy>nan"}) {
    EXPECT_THAT(parse(text), ThrowsMessage<InputError>(HasSubstr("is no number"))) << text;
  }
}

}  // namespace
}  // namespace turnpike::report
