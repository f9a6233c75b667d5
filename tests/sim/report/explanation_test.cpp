#include "sim/report/explanation.hpp"

#include <gmock/gmock.h>

#include "tests/sim/results/runs.hpp"

namespace turnpike::report {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class ExplanationTest : public results::test::Runs {
 protected:
  [[nodiscard]] Explanation about(const std::string& what) const {
    return explain(run_, parse_question(what), results::test::config_root());
  }

  const pricing::PricedRun priced_ = results::test::run_of("tiny_residual.npz");
  const results::StoredRun run_ = results::read_stored_run(results::test::stored("run", priced_));
};

TEST_F(ExplanationTest, ComponentsSumToTheRun) {
  double total = 0.0;
  for (int c = 0; c < kComponents; ++c) {
    const auto component = static_cast<Component>(c);
    const double energy = priced_.energy.by_component[static_cast<std::size_t>(c)].count();
    if (energy > 0.0) {
      const Explanation e = about(std::string{to_string(component)});
      EXPECT_EQ(e.total, energy) << to_string(component);
      total += e.total;
    }
  }
  EXPECT_EQ(total, priced_.energy.total.count());
}

TEST_F(ExplanationTest, EveryItemIsCountTimesPriceWithItsSteps) {
  for (const char* what : {"mac", "glb.read", "noc.write", "dram"}) {
    for (const ExplainedItem& item : about(what).items) {
      EXPECT_NEAR(item.total, static_cast<double>(item.count) * item.each,
                  1e-9 * item.total + 1e-3);
      EXPECT_EQ(item.total, item.stored) << item.what;
      EXPECT_FALSE(item.steps.empty()) << item.what;
    }
  }
}

TEST_F(ExplanationTest, LayersOfAnEnergySumToIt) {
  double sum = 0.0;
  for (const accelerator::LayerResult& layer : priced_.result.layers) {
    if (layer.macs > 0) {
      sum += about("mac@" + layer.name).total;
    }
  }
  EXPECT_EQ(sum, about("mac").total);
}

TEST_F(ExplanationTest, AreasSumToTheComponent) {
  EXPECT_EQ(about("area.glb").total, priced_.area_of(Component::glb).count());
  EXPECT_FALSE(about("area.glb").items.front().steps.empty());
  EXPECT_THAT([this] { static_cast<void>(about("area.clock")); },
              ThrowsMessage<InputError>(HasSubstr("has no area")));
}

TEST_F(ExplanationTest, SaysIfTheTablesHaveChanged) {
  EXPECT_EQ(to_text(about("glb")).find("have changed"), std::string::npos);
  results::StoredRun older = run_;
  for (results::StoredCount& line : older.counts) {
    line.energy_pj *= 2.0;
  }
  const Explanation e = explain(older, parse_question("glb"), results::test::config_root());
  EXPECT_NE(to_text(e).find("have changed"), std::string::npos);
}

TEST_F(ExplanationTest, UnknownNamesAreRefused) {
  const auto asked = [this](const char* what) {
    return [this, what] { static_cast<void>(about(what)); };
  };
  EXPECT_THAT(asked("gbl"), ThrowsMessage<InputError>(HasSubstr("did you mean 'glb'?")));
  EXPECT_THAT(asked("glb.raed"), ThrowsMessage<InputError>(HasSubstr("did you mean 'read'?")));
  EXPECT_THAT(asked("glb.activate"), ThrowsMessage<InputError>(HasSubstr("no such action")));
  EXPECT_THAT(asked("glb@none"), ThrowsMessage<InputError>(HasSubstr("no layer 'none'")));
  EXPECT_THAT(asked("area.glb.read"), ThrowsMessage<InputError>(HasSubstr("no action")));
}

}  // namespace
}  // namespace turnpike::report
