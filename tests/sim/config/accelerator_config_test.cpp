#include "sim/config/accelerator_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::config {
namespace {

using accelerator::test::small_machine;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(AcceleratorConfig, ScalesBuffersAndLinesWithThePrecision) {
  const AcceleratorConfig config = small_machine({"precision=2"});
  EXPECT_EQ(config.glb_bits(), 65536 * 8 * 2 / 16);
  EXPECT_EQ(config.line_bits(), 8);
  EXPECT_TRUE(config.precision_given);
}

TEST(AcceleratorConfig, TakesWeightAndActivationApart) {
  const AcceleratorConfig config = small_machine({"precision={weight: 2, activation: 3}"});
  EXPECT_EQ(config.precision, (OperandWidths{2, 3}));
  EXPECT_EQ(config.machine_bits(), 3);
}

TEST(AcceleratorConfig, RefusesWidthsOutsideOneToSixteen) {
  EXPECT_THAT([] { static_cast<void>(small_machine({"precision=0"})); },
              ThrowsMessage<InputError>("--set precision=0: 'precision' is 0, outside 1..16"));
  EXPECT_THAT([] { static_cast<void>(small_machine({"precision=17"})); },
              ThrowsMessage<InputError>("--set precision=17: 'precision' is 17, outside 1..16"));
}

TEST(AcceleratorConfig, SuggestsTheNearestKey) {
  EXPECT_THAT([] { static_cast<void>(small_machine({"glb.bankz=3"})); },
              ThrowsMessage<InputError>(HasSubstr("unknown key 'bankz' in 'glb'; did you mean "
                                                  "'banks'?")));
}

TEST(AcceleratorConfig, RefusesWhatItDoesNotDo) {
  EXPECT_THROW(static_cast<void>(small_machine({"psum.arithmetic={saturate: 16}"})), InputError);
}

}  // namespace
}  // namespace turnpike::config
