#include "models/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike::models {
namespace {

Layer make(const std::string& name, traces::Op op, std::vector<std::string> inputs = {}) {
  Layer layer;
  layer.name = name;
  layer.op = op;
  layer.inputs = std::move(inputs);
  return layer;
}

Layer conv(const std::string& name, std::int64_t filters, int kernel, int pad = 0) {
  Layer layer = make(name, traces::Op::conv);
  layer.filters = filters;
  layer.kernel = {kernel, kernel};
  layer.pad = {pad, pad, pad, pad};
  return layer;
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Network, InfersShapesThroughEveryKindOfLayer) {
  Network net{"n", {4, 9, 9}, 1};
  Layer c = conv("c", 6, 3, 1);
  c.stride = {2, 2};
  c.groups = 2;
  net.add(c);
  EXPECT_EQ(net.shape_of("c"), (TensorShape{6, 5, 5}));
  EXPECT_EQ(net.layer("c").fan_in(), 2 * 9);
  EXPECT_EQ(net.layer("c").macs(), 6 * 25 * 18);
  Layer pool = make("p", traces::Op::maxpool);
  pool.kernel = {3, 3};
  pool.stride = {2, 2};
  net.add(pool);
  EXPECT_EQ(net.shape_of("p"), (TensorShape{6, 2, 2}));
  net.add(make("j", traces::Op::concat, {"p", "p"}));
  EXPECT_EQ(net.shape_of("j"), (TensorShape{12, 2, 2}));
  net.add(make("m", traces::Op::mul, {"j", "j"}));
  net.add(make("g", traces::Op::avgpool));
  EXPECT_EQ(net.shape_of("g"), (TensorShape{12, 1, 1}));
  Layer fc = make("f", traces::Op::fc);
  fc.filters = 7;
  net.add(fc);
  EXPECT_EQ(net.shape_of("f"), TensorShape{7});
  EXPECT_EQ(net.consumers("p"), (std::vector<std::size_t>{2}));
}

TEST(Network, AStridedPaddedSkipFitsItsSum) {
  Network net{"n", {4, 9, 9}, 1};
  Layer c = conv("c", 8, 3, 1);
  c.stride = {2, 2};
  net.add(c);
  Layer sum = make("a", traces::Op::add, {"c", "input"});
  sum.skip_stride = 2;
  sum.channel_pad = 2;  // at both ends
  net.add(sum);
  EXPECT_EQ(net.shape_of("a"), (TensorShape{8, 5, 5}));
}

TEST(Network, RefusesWhatDoesNotFit) {
  const auto with = [](Layer layer) {
    return refusal([&] {
      Network net{"n", {4, 9, 9}, 1};
      net.add(conv("c", 4, 3));
      net.add(std::move(layer));
    });
  };
  using testing::HasSubstr;
  EXPECT_THAT(with(conv("c", 4, 3)), HasSubstr("unique"));
  EXPECT_THAT(with(conv("d", 4, 8)), HasSubstr("kernel 8x8 is larger than the padded input 7x7"));
  EXPECT_THAT(with(conv("d", 4, 3, 3)), HasSubstr("less than the kernel"));
  Layer groups = conv("d", 5, 3);
  groups.groups = 2;
  EXPECT_THAT(with(groups), HasSubstr("2 groups"));
  EXPECT_THAT(with(make("a", traces::Op::add, {"c", "input"})),
              HasSubstr("inputs differ: [4, 7, 7] and [4, 9, 9]"));
  EXPECT_THAT(with(make("a", traces::Op::add, {"c", "cc"})), HasSubstr("did you mean 'c'"));
  EXPECT_THAT(with(make("a", traces::Op::concat, {"c", "input"})), HasSubstr("cannot join"));
  EXPECT_THAT(with(make("l", traces::Op::lstm)), HasSubstr("[steps = 1, features]"));
}

TEST(Network, RecurrentLayersRunOneSequence) {
  EXPECT_THAT(refusal([] {
                Network net{"n", {5, 8}, 2};
                Layer layer = make("l", traces::Op::lstm);
                layer.filters = 3;
                layer.steps = 5;
                net.add(layer);
              }),
              testing::HasSubstr("batch 1"));
}

TEST(Network, MissingWeightsAreAnInternalError) {
  Network net{"n", {4, 9, 9}, 1};
  net.add(conv("c", 4, 3));
  EXPECT_THROW(net.check_complete(), InternalError);
}

}  // namespace
}  // namespace turnpike::models
