#include "models/network_size.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/zoo.hpp"

namespace turnpike::models {
namespace {

using testing::HasSubstr;

Layer conv(const std::string& name, std::int64_t filters) {
  Layer layer;
  layer.name = name;
  layer.filters = filters;
  layer.kernel = {1, 1};
  return layer;
}

std::string message(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::configuration);
    return error.what();
  }
  return "";
}

TEST(NetworkSize, ATensorOfTooManyValuesIsRefusedWithItsLayer) {
  Network net{"wide", {1, 4096, 4096}, 1};
  net.add(conv("fits", 127));
  EXPECT_THAT(message([&] { net.add(conv("conv9", 128)); }),
              testing::AllOf(HasSubstr("conv9"), HasSubstr("its output of [128, 4096, 4096] would "
                                                           "have 2.147e+09 values, more than the "
                                                           "2147483647 of one tensor")));
  Network batches{"many", {1, 4096, 4096}, 64};
  EXPECT_THAT(message([&] { batches.add(conv("c", 2)); }), HasSubstr("in a batch of 64"));
  Network flat{"flat", {65536}, 1};
  Layer fc;
  fc.name = "fc";
  fc.op = traces::Op::fc;
  fc.filters = 65536;
  EXPECT_THAT(message([&] { flat.add(fc); }), HasSubstr("its weights would have 4.295e+09 values"));
}

TEST(NetworkSize, ANetworkBeyondTheMemoryNamesItsLargestLayer) {
  Network net{"huge", {65536}, 1};
  for (int i = 0; i < 4000; ++i) {  // almost 2^31 weights each, about 43 TB in all
    Layer fc;
    fc.name = "fc" + std::to_string(i);
    fc.op = traces::Op::fc;
    fc.filters = i % 2 == 0 ? 32767 : 65536;
    net.add(fc);
  }
  EXPECT_THAT(message([&] { fill_synthetic(net); }),
              testing::AllOf(HasSubstr("GB of memory, but this machine has"),
                             HasSubstr("most of it is for layer 'fc")));
  check_memory(make_zoo("resnet20"));
}

}  // namespace
}  // namespace turnpike::models
