#include "sim/accelerator/accounting.hpp"

#include <gtest/gtest.h>

#include "pe/array_kinds.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

TEST(Accounting, WholeLinesHoldValuesOfAnyWidth) {
  const config::AcceleratorConfig config =
      test::small_machine({"precision=2"});  // lines of 4 x 2 bits
  EXPECT_EQ(lines_for(config, 4, 2, 8), 1U);
  EXPECT_EQ(lines_for(config, 5, 2, 8), 2U);
  EXPECT_EQ(lines_for(config, 4, 16, 8), 8U);  // a 16-bit psum takes two lines
  EXPECT_EQ(lines_for(config, 0, 16, 8), 0U);
}

TEST(Accounting, LinesOfSoManyBitsHoldWhatFits) {
  const config::AcceleratorConfig config =
      test::small_machine({"precision=3", "glb.line=bits"});  // lines of 64 bits
  ASSERT_EQ(config.line_bits(), 64);
  EXPECT_EQ(line_bits_of(config, 16), 64) << "those of a wider layer, too";
  EXPECT_EQ(lines_for(config, 21, 3, 64), 1U);
  EXPECT_EQ(lines_for(config, 22, 3, 64), 2U);
  EXPECT_EQ(lines_for(config, 5, 16, 64), 2U);
  EXPECT_EQ(config.glb_bits(), 65536 * 8 * 3 / 16);
  LayerResult layer;
  EXPECT_EQ(
      count_buffer(config, {"skip", Action::read, 42, 8, 3, 64}, layer.counts, layer.glb_bits), 6U);
  EXPECT_EQ(layer.glb_bits.ofmap, 2U * 64U) << "21 codes of 3 bits a line";
  EXPECT_EQ(layer.glb_bits.highway, 4U * 64U) << "8 values of 8 bits a line, less those two";
}

TEST(Accounting, DramWordsHoldWholeValuesOnly) {
  EXPECT_EQ(words_for(4, 16), 1U);
  EXPECT_EQ(words_for(21, 3), 1U);  // floor(64 / 3), one bit lost
  EXPECT_EQ(words_for(22, 3), 2U);
}

TEST(Accounting, TheHighwaysShareIsWhatTheLowPrecisionMachineWouldNotMove) {
  const config::AcceleratorConfig config = test::small_machine({"precision=2"});
  LayerResult layer;
  EXPECT_EQ(count_buffer(config, {"skip", Action::read, 8, 8, 2, 8}, layer.counts, layer.glb_bits),
            8U);
  // 8 values of 8 bits are 8 lines of 8 bits; at 2 bits they would be 2.
  EXPECT_EQ(layer.glb_bits.ofmap, 16U);
  EXPECT_EQ(layer.glb_bits.highway, 48U);
}

TEST(Accounting, AReadOfTheSingleCopyIsLowBitsAndTheRestHighway) {
  const config::AcceleratorConfig config = test::small_machine({"precision=2"});
  ArrayJob job;
  job.weight_bits = job.activation_bits = 2;
  job.stored_bits = 8;
  pe::PassResult pass;
  pass.ifmap_words = 40;
  LayerResult layer;
  count_pass(config, job, *pe::make_array_model(config), pass, false, layer);
  EXPECT_EQ(layer.glb_bits.ifmap, 40U * 2U);
  EXPECT_EQ(layer.glb_bits.highway, 40U * 6U);
  const ActionKey quantized{
      Component::post, Action::compute, Stream::highway, "quantize", 8, 0, 0, false};
  EXPECT_EQ(layer.counts.at(quantized), 40U);
}

TEST(Accounting, ATransferIsSplitIntoLowAndHighwayWords) {
  const config::AcceleratorConfig config = test::small_machine({"precision=2"});
  Transfer read;
  read.words = 32;  // 256 values of 8 bits, which are 8 words of 2-bit values
  read.low_words = 8;
  read.values = 256;
  read.bits = 8;
  read.low_bits = 2;
  read.payload_bits = 2048;
  LayerResult layer;
  count_transfer(config, read, layer);
  EXPECT_EQ(layer.dram_bits.ifmap, 8U * 64U);
  EXPECT_EQ(layer.dram_bits.highway, 24U * 64U);
  EXPECT_EQ(layer.packing_loss_bits, 0U);
  EXPECT_EQ(layer.glb_transfer_bits, 2048U);
}

TEST(Accounting, MacsAreExecutedOrGated) {
  ArrayJob job;
  job.weight_bits = job.activation_bits = 2;
  LayerResult layer;
  count_macs(job, *pe::make_array_model(test::small_machine()), 10, 4, layer);
  const ActionKey executed{Component::mac, Action::compute, Stream::low, {}, 2, 2, 16, false};
  EXPECT_EQ(layer.counts.at(executed), 6U);
  EXPECT_EQ(layer.array_slots, 10U);
}

/// AlexNet CONV1 on the chip: 3872 weights of 16 bits a pass are 7744 of 8192 bytes, so 448 bytes,
/// 56 lines, of the next pass's come ahead; 5.8 % of its transfer.
TEST(FilterBuffer, TakesAheadWhatItHasRoomForBesideTheFiltersInUse) {
  const auto machine = test::small_machine({"glb.filter_bytes_at_16_bit=8192"});
  Transfer filters;
  filters.operand = Operand::filter;
  filters.values = 3872;
  filters.words = filters.low_words = 968;
  EXPECT_EQ(filter_buffer_bits(machine, filters), 7744U * 8);
  EXPECT_EQ(filter_words_ahead(machine, filters, 7744 * 8), 56U);
  EXPECT_EQ(filter_words_ahead(machine, filters, 0), 968U);
  EXPECT_EQ(filter_words_ahead(machine, filters, 448 * 8), 968U);
  EXPECT_EQ(filter_words_ahead(machine, filters, 449 * 8), 967U);
  EXPECT_EQ(filter_words_ahead(machine, filters, 8192 * 8), 0U);
  EXPECT_EQ(filter_words_ahead(machine, filters, 100000 * 8), 0U) << "streamed through";
  const auto any = test::small_machine({"timing.filter_prefetch=any"});
  EXPECT_EQ(filter_words_ahead(any, filters, 8192 * 8), 968U);
}

}  // namespace
}  // namespace turnpike::accelerator
