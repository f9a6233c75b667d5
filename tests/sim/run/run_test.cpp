#include "sim/run/run.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "models/quantize.hpp"
#include "models/zoo.hpp"
#include "sim/accelerator/run_observer.hpp"
#include "sim/base/error.hpp"
#include "tests/sim/run/shipped_machine.hpp"
#include "traces/trace_file.hpp"

namespace turnpike {
namespace {

pricing::PricedRun run(const std::string& workload, const std::vector<std::string>& settings) {
  RunOptions options;
  options.config_root = test::kConfigs;
  return turnpike::run(test::shipped_machine(settings), Workload::open(workload), options);
}

/// Counts what it is told.
class Witness final : public accelerator::RunObserver {
 public:
  void run_begins(const accelerator::RunFacts& /*facts*/) override { ++told; }
  void begins(const accelerator::Activity& /*activity*/, Picoseconds /*at*/) override { ++told; }
  void ends(const accelerator::Activity& /*activity*/, Picoseconds /*at*/) override { ++told; }
  void run_ends(Picoseconds /*at*/) override { ++told; }
  std::uint64_t told = 0;
};

TEST(Run, AMachineThatCannotBePricedIsRefusedBeforeItRuns) {
  for (const bool too_large : {true, false}) {
    Witness witness;
    RunOptions options;
    options.config_root = test::kConfigs;
    options.simulation.observer = &witness;
    const auto config = test::shipped_machine(
        {"precision=16", too_large ? "glb.bytes_at_16_bit=16777216" : "profile=silicon"});
    const Workload workload = Workload::open("zoo:lstm300");
    if (too_large) {
      EXPECT_THROW(static_cast<void>(turnpike::run(config, workload, options)), InputError);
      EXPECT_EQ(witness.told, 0U);
    } else {
      static_cast<void>(turnpike::run(config, workload, options));
      EXPECT_GT(witness.told, 0U);
    }
  }
}

TEST(Run, LstmStepHasTheOperationsOfThePapersTableSix) {
  const auto priced = run("zoo:lstm300", {"precision=2", "highway.enabled=true"});
  const accelerator::OperationCounts& ops = priced.result.operations;
  EXPECT_EQ(ops.low_precision_macs, 720'000U);
  EXPECT_EQ(ops.high_precision_adds, 300U);
  EXPECT_EQ(ops.nonlinear, 1'500U);
  EXPECT_EQ(ops.elementwise_multiplies, 900U);
  EXPECT_TRUE(priced.result.checks.all_passed());
}

TEST(Run, RunsAtEveryWidthWithAndWithoutHighway) {
  for (const char* network : {"zoo:lstm300", "zoo:resnet20"}) {
    for (const int bits : {1, 5, 16}) {
      for (const char* highway : {"highway.enabled=false", "highway.enabled=true"}) {
        SCOPED_TRACE(testing::Message() << network << ' ' << bits << ' ' << highway);
        EXPECT_TRUE(run(network, {"precision=" + std::to_string(bits), highway})
                        .result.checks.all_passed());
      }
    }
  }
}

/// Pre-activation blocks and a dense block: sums and joined maps that a batch norm reads.
TEST(Run, NormsBetweenSumsAndJoinsRunWithAndWithoutHighway) {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("turnpike-{}-norms.yaml", ::getpid()))
          .string();
  std::ofstream{path} << R"(schema: turnpike-network/1
name: norms
layers:
  - {name: stem, op: conv, input: [3, 10, 10], filters: 8, kernel: 3, pad: 1, relu: false}
  - {name: a.bn1, op: affine}
  - {name: a.conv1, op: conv, filters: 8, kernel: 3, pad: 1}
  - {name: a.conv2, op: conv, filters: 8, kernel: 3, pad: 1, relu: false}
  - {name: a.add, op: add, from: [a.conv2, stem], relu: false}
  - {name: b.bn1, op: affine}
  - {name: b.conv1, op: conv, filters: 8, kernel: 3, pad: 1}
  - {name: b.conv2, op: conv, filters: 8, kernel: 3, pad: 1, relu: false}
  - {name: b.add, op: add, from: [b.conv2, a.add], relu: false}
  - {name: c.bn, op: affine}
  - {name: c.conv, op: conv, filters: 4, kernel: 3, pad: 1, relu: false}
  - {name: c.cat, op: concat, from: [b.add, c.conv]}
  - {name: d.bn, op: affine}
  - {name: d.conv, op: conv, filters: 4, kernel: 3, pad: 1, relu: false}
  - {name: d.cat, op: concat, from: [c.cat, d.conv]}
  - {name: bn, op: affine}
  - {name: pool, op: avgpool}
  - {name: fc, op: fc, filters: 5, relu: false}
)";
  for (const int bits : {8, 4, 3, 2}) {
    for (const bool highway : {false, true}) {
      for (const char* maps : {"keep", "spill"}) {
        SCOPED_TRACE(testing::Message() << bits << ' ' << highway << ' ' << maps);
        const auto priced = run(
            path, {fmt::format("precision={}", bits), fmt::format("highway.enabled={}", highway),
                   std::string{"feature_maps="} + maps});
        EXPECT_TRUE(priced.result.checks.all_passed());
        EXPECT_EQ(priced.result.checks.codes_differing, 0U);
        EXPECT_EQ(priced.energy.of_stream(Stream::highway).count() > 0.0, highway && bits < 8);
      }
    }
  }
  std::filesystem::remove(path);
}

TEST(Run, EnergyOfLayersComponentsAndStreamsIsTheTotal) {
  const auto priced = run("zoo:resnet20", {"precision=2", "highway.enabled=true"});
  double layers = 0.0;
  for (std::size_t i = 0; i < priced.energy.layers.size(); ++i) {
    layers += priced.energy.of_layer(i).count();
  }
  double components = 0.0;
  for (const Picojoules energy : priced.energy.by_component) {
    components += energy.count();
  }
  EXPECT_EQ(layers, priced.energy.total.count());
  EXPECT_EQ(components, priced.energy.total.count());
  EXPECT_EQ(
      (priced.energy.of_stream(Stream::low) + priced.energy.of_stream(Stream::highway)).count(),
      priced.energy.total.count());
  EXPECT_GT(priced.energy.of_stream(Stream::highway).count(), 0.0);
}

TEST(Run, AHighwayNoWiderThanTheActivationsCostsNothing) {
  const auto off = run("zoo:resnet20", {"precision=8"});
  const auto on = run("zoo:resnet20", {"precision=8", "highway.enabled=true", "highway.bits=8"});
  EXPECT_EQ(off.energy.total, on.energy.total);
  EXPECT_EQ(on.energy.of_stream(Stream::highway).count(), 0.0);
}

TEST(Run, AWiderHighwayMovesMore) {
  std::uint64_t last = 0;
  for (const char* bits : {"highway.bits=8", "highway.bits=16", "highway.bits=32"}) {
    const auto priced = run("zoo:resnet20", {"precision=2", "highway.enabled=true", bits});
    EXPECT_TRUE(priced.result.checks.all_passed()) << bits;
    EXPECT_GT(priced.glb_bytes(), last);
    last = priced.glb_bytes();
  }
}

TEST(Run, AnAffineLayerIsBitExactAndCountsItsPostStepsAlone) {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("turnpike-{}-affine.yaml", ::getpid()))
          .string();
  std::ofstream{path}
      << "schema: turnpike-network/1\n"
         "layers:\n"
         "  - {name: stem, op: conv, input: [3, 8, 8], filters: 8, kernel: 3, pad: 1, "
         "relu: false}\n"
         "  - {name: norm, op: affine}\n"
         "  - {name: conv, op: conv, filters: 8, kernel: 3, pad: 1, relu: false}\n"
         "  - {name: sum, op: add, from: [conv, stem]}\n"
         "  - {name: last, op: affine, relu: false}\n";
  const auto priced = run(path, {"precision=3", "highway.enabled=true"});
  std::filesystem::remove(path);
  EXPECT_TRUE(priced.result.checks.all_passed());
  std::map<std::string, std::uint64_t> post;
  for (const accelerator::LayerResult& layer : priced.result.layers) {
    for (const auto& [key, count] : layer.counts) {
      if (key.component == Component::post) {
        post[std::string{key.item.text()}] += count;
      }
    }
  }
  EXPECT_EQ(post["max"], 0U);
  // A value has a read-out of each convolution, and scale and bias of each affine layer.
  EXPECT_EQ(post["requant"], 8U * 64U * (2U + 4U));
}

TEST(Workload, RefusesWhatItCannotRead) {
  const auto code = [](const std::string& name) {
    try {
      static_cast<void>(Workload::open(name));
    } catch (const InputError& e) {
      return e.exit_code();
    }
    return ExitCode::ok;
  };
  EXPECT_EQ(code("zoo:resnet19"), ExitCode::configuration);
  EXPECT_EQ(code("no/such.yaml"), ExitCode::input_file);
  EXPECT_EQ(code("no/such.npz"), ExitCode::input_file);
  EXPECT_EQ(code(std::string{TURNPIKE_SOURCE_DIR} + "/README.md"), ExitCode::input_file);
}

TEST(Workload, ATraceFileDecidesWidthsAndHighwayUnlessTheCommandLineDoes) {
  const auto workload =
      Workload::open(std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/tiny_residual.npz");
  auto config = test::shipped_machine({});
  const auto trace = workload.trace(config);
  EXPECT_EQ(config.highway.enabled, trace->highway.enabled);
  EXPECT_LT(config.machine_bits(), 16);
  ASSERT_TRUE(trace->highway.enabled);
  auto off = test::shipped_machine({"highway.enabled=false"});
  const auto derived = workload.trace(off);
  EXPECT_FALSE(derived->highway.enabled);
  EXPECT_FALSE(off.highway.enabled);
  EXPECT_EQ(off.precision, config.precision);
  EXPECT_TRUE(workload.is_derived(off));
  EXPECT_FALSE(workload.is_derived(config));
  auto contrary = test::shipped_machine({"highway.enabled=true", "highway.bits=16"});
  EXPECT_THROW(static_cast<void>(workload.trace(contrary)), InputError);
}

/// resnet20 at 2 bits but for the first and the last layer, which have 8.
traces::Trace with_wide_ends() {
  const models::Network network = models::make_zoo("resnet20");
  models::QuantizeOptions options;
  options.weight_bits = options.activation_bits = 2;
  options.overrides = {{"conv1", 8, 8}, {"fc", 8, 8}};
  return models::quantize(network, models::calibrate(network), options);
}

/// A trace as a file of this test.
std::string written(const traces::Trace& trace, const std::string& name) {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("turnpike-{}-{}.npz", ::getpid(), name))
          .string();
  traces::write_trace(trace, path);
  return path;
}

TEST(Workload, TheFirstAndTheLastLayerSetTheMachineOfATraceOnlyIfTheyRunAsTheOthers) {
  const auto workload = Workload::open(written(with_wide_ends(), "ends"));
  const auto widths = [&workload](const std::vector<std::string>& settings) {
    auto config = test::shipped_machine(settings);
    static_cast<void>(workload.trace(config));
    return config.precision;
  };
  EXPECT_EQ(widths({}), (config::OperandWidths{8, 8}));
  for (const char* policy : {"native16", "composed", "composed8", "excluded"}) {
    EXPECT_EQ(widths({std::string{"layers.first_last="} + policy}), (config::OperandWidths{2, 2}))
        << policy;
  }
  EXPECT_EQ(widths({"precision=5", "layers.first_last=composed"}), (config::OperandWidths{5, 5}));
}

TEST(Workload, ANoteNamesTheLayersThatMakeTheMachineWide) {
  const auto workload = Workload::open(written(with_wide_ends(), "note"));
  const auto notes = [&workload](const std::vector<std::string>& settings) {
    auto config = test::shipped_machine(settings);
    static_cast<void>(workload.trace(config));
    return workload.notes(config);
  };
  EXPECT_THAT(notes({}), testing::ElementsAre(testing::StartsWith(
                             "the machine is 8 x 8 bit because of conv1, fc; 18 of 20 layers need "
                             "2")));
  EXPECT_THAT(notes({"layers.first_last=composed"}), testing::IsEmpty());
  EXPECT_THAT(notes({"precision=8"}), testing::IsEmpty());
}

TEST(Run, WideEndsOfATraceRunOnTheNarrowMachineOfTheOtherLayers) {
  const std::string path = written(with_wide_ends(), "run");
  const auto same = run(path, {});
  EXPECT_TRUE(same.result.checks.all_passed());
  for (const char* policy : {"native16", "composed", "excluded"}) {
    const auto priced = run(path, {std::string{"layers.first_last="} + policy});
    EXPECT_TRUE(priced.result.checks.all_passed()) << policy;
    EXPECT_EQ(priced.result.weight_bits, 2) << policy;
    EXPECT_LT(priced.energy.total, same.energy.total) << policy;
    EXPECT_LT(priced.area_mm2(), same.area_mm2()) << policy;
  }
}

TEST(Run, SelectedLayersKeepThePlaceTheyHaveInTheNetwork) {
  const auto workload = Workload::open(written(with_wide_ends(), "part"));
  RunOptions options;
  options.config_root = test::kConfigs;
  const auto jobs = [&](const std::string& layers) {
    options.layers = layers;
    const PlannedRun plan =
        plan_run(test::shipped_machine({"layers.first_last=native16"}), workload, options);
    std::map<std::string, int> bits;
    for (const accelerator::Stage& stage : plan.plan.stages) {
      if (stage.has_array) {
        bits[plan.trace->layers[stage.layers[0]].name] = stage.jobs[0].weight_bits;
      }
    }
    return bits;
  };
  EXPECT_EQ(jobs("conv1"), (std::map<std::string, int>{{"conv1", 16}}));
  EXPECT_EQ(jobs("layer1.0.conv*"),
            (std::map<std::string, int>{{"layer1.0.conv1", 2}, {"layer1.0.conv2", 2}}));
}

TEST(Workload, KeysThatATraceCannotObeyAreRefused) {
  const auto workload =
      Workload::open(std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/tiny_residual.npz");
  const auto message = [&workload](const std::vector<std::string>& settings) -> std::string {
    try {
      auto config = test::shipped_machine(settings);
      static_cast<void>(workload.trace(config));
    } catch (const InputError& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::configuration);
      return error.what();
    }
    return "obeyed";
  };
  EXPECT_EQ(message({"highway.bits=16"}),
            "--set highway.bits=16: 'highway.bits' is 16, but the trace has a highway of 8 bits; a "
            "trace brings its own highway: leave the key out");
  EXPECT_EQ(message({"highway.bits=8"}), "obeyed");
  EXPECT_THAT(message({"layers.overrides={\"b1.*\": 4}"}),
              testing::HasSubstr("layers.overrides asks for 4 x 4-bit operands (weight x "
                                 "activation) in layer 'b1.conv1', but those of the trace are 2 x "
                                 "2-bit"));
  EXPECT_EQ(message({"layers.overrides={\"b1.*\": 2}"}), "obeyed");
  EXPECT_THAT(message({"layers.overrides={\"conv9\": 2}"}),
              testing::HasSubstr("no layer of the trace matches the override 'conv9'"));
}

TEST(Workload, ATraceWithoutHighwayTakesNoHighwayBits) {
  const auto workload =
      Workload::open(std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/tiny_gru");
  auto config = test::shipped_machine({"highway.bits=8"});
  EXPECT_THAT([&] { static_cast<void>(workload.trace(config)); },
              testing::ThrowsMessage<InputError>(
                  testing::HasSubstr("'highway.bits' is 8, but the trace has no highway")));
}

/// A trace of resnet20 at 2 bits, its highway called off in the file.
std::string called_off(const std::string& name) {
  const models::Network network = models::make_zoo("resnet20");
  models::QuantizeOptions options;
  options.weight_bits = options.activation_bits = 2;
  options.highway = true;
  traces::Trace trace = models::quantize(network, models::calibrate(network), options);
  trace.highway.enabled = false;
  return written(trace, name);
}

TEST(Run, WideSkipsOfATraceWithoutHighwayAreNamedAndNoBaseline) {
  const std::string path = called_off("off");
  std::vector<std::string> notes;
  RunOptions options;
  options.config_root = test::kConfigs;
  options.note = [&notes](const std::string& note) { notes.push_back(note); };
  const auto off = turnpike::run(test::shipped_machine({}), Workload::open(path), options);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_THAT(notes[0], testing::HasSubstr("layer1.0"));
  EXPECT_THAT(notes[0], testing::HasSubstr("are wider than the codes the other readers take"));
  EXPECT_EQ(off.result.wider_skips.size(), 9U);
  EXPECT_THAT(off.policy, testing::HasSubstr("; no baseline: 9 skips wider than the codes"));
  EXPECT_EQ(off.energy.of_stream(Stream::highway).count(), 0.0);
  const auto baseline = run("zoo:resnet20", {"precision=2"});
  EXPECT_THAT(baseline.policy, testing::Not(testing::HasSubstr("baseline")));
  EXPECT_GT(off.energy.total, baseline.energy.total);
}

TEST(Workload, NetworksWithoutHighwayHaveNoWideSkips) {
  for (const char* name : {"zoo:resnet20", "zoo:resnet18"}) {
    const auto workload = Workload::open(name);
    for (const char* layers : {"layers.first_last=same", "layers.first_last=native16"}) {
      auto config = test::shipped_machine({"precision=3", layers});
      const auto trace = workload.trace(config);
      EXPECT_THAT(accelerator::wider_skips(*trace, config), testing::IsEmpty()) << name;
    }
  }
}

}  // namespace
}  // namespace turnpike
