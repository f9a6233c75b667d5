// Who wins, what is refused, and what a resolved configuration is good for.

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

/// The shipped accelerator with further keys, as a file.
std::string with_keys(const std::string& keys) {
  return put("machine.yaml", bytes_of(accelerator()) + keys);
}

Json results_of(const std::string& file, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"run", file, "--network", "zoo:resnet20", "--json"});
  const Outcome run = turnpike(more);
  EXPECT_EQ(run.code, 0) << run.err;
  return Json::parse(run.out);
}

TEST(Configuration, PoliciesInAnAcceleratorFileTakeEffect) {
  const Json plain = results_of(accelerator());
  EXPECT_THAT(plain["policy"].get<std::string>(), Not(HasSubstr("departs")));
  for (const auto& [keys, departs] : std::vector<std::pair<std::string, std::string>>{
           {"feature_maps: spill\n", "feature_maps"},
           {"cost: {leakage: false}\n", "cost.leakage"},
           {"psum: {cost_bits: 24}\n", "psum.cost_bits"}}) {
    const Json changed = results_of(with_keys(keys));
    EXPECT_NE(changed["totals"]["energy_uj"], plain["totals"]["energy_uj"]) << keys;
    EXPECT_THAT(changed["policy"].get<std::string>(), HasSubstr("; departs: " + departs));
    const Json chosen = results_of(with_keys(keys), {"--profile", "silicon"});
    EXPECT_EQ(chosen, plain) << keys;
  }
}

TEST(Configuration, WrongPoliciesInAnAcceleratorFileAreRefusedWithTheirPlace) {
  for (const std::string keys : {"feature_maps: banana\n", "psum: {cost_bits: -7}\n",
                                 "layers: {first_last: [1]}\n", "cost: {leakage: banana}\n"}) {
    const std::string file = with_keys(keys);
    for (const std::vector<std::string>& more :
         {std::vector<std::string>{}, {"--profile", "paper"}}) {
      std::vector<std::string> check{"config", "check", file};
      check.insert(check.end(), more.begin(), more.end());
      expect_refused(check, 2, "machine.yaml:2");
    }
  }
}

TEST(Configuration, FilesOfConfigsAreCheckedAndShownByTheirNames) {
  for (const std::string name : {"precision-highway", "paper_fig6", "silicon"}) {
    EXPECT_EQ(turnpike({"config", "check", name}).code, 0) << name;
    EXPECT_THAT(turnpike({"config", "show", name}).out, HasSubstr("schema: ")) << name;
  }
  expect_refused({"config", "check", "precision-higway"}, 3, "did you mean 'precision-highway'?");
}

TEST(Configuration, AMachineThatCannotBePricedIsRefused) {
  for (std::vector<std::string> command :
       {std::vector<std::string>{"config", "check", accelerator()},
        {"run", accelerator(), "--network", "zoo:resnet20"}}) {
    for (const char* large : {"glb.bytes_at_16_bit=16777216", "precision=16"}) {
      command.insert(command.end(), {"--set", large});
    }
    expect_refused(command, 2, "4194304");
  }
}

TEST(Configuration, AProfileThatSetsTheMachineIsRefusedByEveryCommand) {
  const std::string file = put(
      "wide.yaml", bytes_of(repository("configs/profiles/silicon.yaml")) + "array: {rows: 6}\n");
  expect_refused({"config", "check", file}, 2, "unknown key 'array'");
  expect_refused({"run", accelerator(), "--network", "zoo:lstm300", "--profile", file}, 2,
                 "unknown key 'array'");
  expect_refused({"area", accelerator(), "--set", "profile=" + file}, 2, "unknown key 'array'");
}

TEST(Configuration, TheResolvedFileIsAnAcceleratorWithTheSameResults) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--profile", "paper", "--set", "precision=2"},
        {"--set", "name=\"a: b\\n#c\"", "--set", "dram.device=ddr4-2400", "--set",
         "highway.enabled=true", "--set", "precision={weight: 2, activation: 4}"}}) {
    const std::string directory = scratch("resolved" + std::to_string(more.size()));
    std::vector<std::string> first = {"run",          accelerator(), "--network",
                                      "zoo:resnet20", "-o",          directory};
    first.insert(first.end(), more.begin(), more.end());
    ASSERT_EQ(turnpike(first).code, 0);
    const Json again = results_of(directory + "/config.resolved.yaml");
    EXPECT_EQ(again, Json::parse(bytes_of(directory + "/results.json")));
  }
}

TEST(Configuration, OddAssignmentsAreRefused) {
  for (const std::string setting :
       {"precision.=2", ".precision=2", "array..rows=2", "=2", "precision=", "clock_mhz=010",
        "clock_mhz=-01", "clock_mhz=\"250\"", "clock_mhz=inf", "precision=+2", "precision=0x2",
        "precision=1e0", "precision=1_0", "precision=02", "precision=\"2\"", "highway.enabled=yes",
        "highway.enabled=\"true\"", "precision=99999999999999999999"}) {
    expect_refused({"config", "check", accelerator(), "--set", setting}, 2, "--set " + setting);
  }
  expect_refused({"config", "check", accelerator(), "--set", "precision=2", "--set", "precision=4"},
                 2, "'precision' is set already, by precision=2");
  expect_refused({"run", accelerator(), "--network", "zoo:lstm300", "--set",
                  "profile=" + std::string(5000, 'x')},
                 2, "is unknown");
}

TEST(Configuration, NamesTooLongForAFileAreExitCode3) {
  const std::string name(5000, 'x');
  for (const std::string end : {".yaml", ".npz", ""}) {
    expect_refused({"run", accelerator(), "--network", name + end}, 3, "xxx");
  }
  expect_refused({"config", "check", name + ".yaml"}, 3, "File name too long");
  expect_refused({"config", "check", repository("configs")}, 3, "is a directory, not a file");
  expect_refused({"area", accelerator(), "--profile", name + "/p.yaml"}, 3, "xxx");
}

TEST(Configuration, AHighwaysKeysAreRefusedWithoutAHighway) {
  expect_refused({"run", accelerator(), "--network", "zoo:lstm300", "--set", "highway.bits=16"}, 2,
                 "add highway.enabled=true");
  expect_refused({"area", accelerator(), "--set", "highway.storage=single"}, 2,
                 "add highway.enabled=true");
}

TEST(Configuration, CheckNamesEveryBadPointOfASweep) {
  const std::string file =
      put("sweep.yaml", "schema: turnpike-sweep/1\naccelerator: " + accelerator() +
                            "\nnetwork: zoo:resnet20\nmatrix: {precision: [2, 17, 4, 18]}\n"
                            "include: [{highway.bits: 9}]\n");
  expect_refused({"config", "check", file}, 2, "3 of 5 points cannot run");
  const std::string err = turnpike({"config", "check", file}).err;
  EXPECT_THAT(err, HasSubstr("point precision=17: "));
  EXPECT_THAT(err, HasSubstr("point precision=18: "));
  EXPECT_THAT(err, HasSubstr("point highway.bits=9: "));
}

TEST(Configuration, AFileWithoutItsSchemaSaysWhatItSeemsToBe) {
  const auto hint = [](const std::string& text, const std::string& part) {
    expect_refused({"config", "check", put("odd.yaml", text)}, 2, part);
  };
  hint("name: x\narray: {rows: 3}\nspads: {}\n", "schema: turnpike-accelerator/1");
  hint("matrix: {precision: [2]}\n", "schema: turnpike-sweep/1");
  hint("architecture: {version: 0.4}\n", "Timeloop");
  hint("a: 1\n", "no file of this program");
}

/// Mappings of the first time step by layer and shape.
std::vector<std::string> planned(const Json& plan) {
  std::vector<std::string> out;
  for (const Json& layer : plan["layers"]) {
    for (const Json& job : layer["jobs"]) {
      out.push_back(layer["name"].get<std::string>() + " " + job["mapping"].get<std::string>());
    }
  }
  return out;
}

TEST(Configuration, MapChoosesWhatARunUses) {
  const std::vector<std::vector<std::string>> cases = {
      {"zoo:resnet18", "--set", "precision=8", "--set", "glb.bytes_at_16_bit=1048576"},
      {"zoo:resnet18", "--set", "precision=2", "--set", "highway.enabled=true"},
      {"zoo:resnet50"},
      {"zoo:resnet20", "--set", "feature_maps=spill"},
      {"zoo:alexnet", "--set", "precision=4", "--set", "glb.allocation=bank", "--set",
       "glb.banks=32"},
      {"zoo:lstm300"},
      {"zoo:vgg16", "--set", "mapper.objective=energy"}};
  for (const std::vector<std::string>& more : cases) {
    std::vector<std::string> tail{accelerator(), "--network"};
    tail.insert(tail.end(), more.begin(), more.end());
    tail.emplace_back("--json");
    std::vector<std::string> map{"map"};
    map.insert(map.end(), tail.begin(), tail.end());
    std::vector<std::string> run{"run", "--dry-run"};
    run.insert(run.end(), tail.begin(), tail.end());
    const Outcome mapped = turnpike(map);
    const Outcome plan = turnpike(run);
    ASSERT_EQ(mapped.code, 0) << more[0] << mapped.err;
    ASSERT_EQ(plan.code, 0) << more[0] << plan.err;
    const std::vector<std::string> used = planned(Json::parse(plan.out));
    std::size_t found = 0;
    const Json chosen = Json::parse(mapped.out);
    for (const Json& group : chosen["layers"]) {
      for (const Json& layer : group["layers"]) {
        EXPECT_THAT(used, testing::Contains(layer.get<std::string>() + " " +
                                            group["chosen"]["mapping"].get<std::string>()))
            << more[0];
        ++found;
      }
      for (const Json& other : group["runners_up"]) {
        EXPECT_NE(other["letters"], group["chosen"]["letters"]);
      }
    }
    EXPECT_GT(found, 0U);
    EXPECT_LE(found, used.size());
  }
}

TEST(Configuration, ADryRunsPlanIsOneDocument) {
  const Outcome outcome =
      turnpike({"run", accelerator(), "--network", "zoo:resnet20", "--dry-run", "--json", "--set",
                "highway.enabled=true", "--set", "precision=2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json plan = Json::parse(outcome.out);
  EXPECT_EQ(plan["schema"], "turnpike-plan/1");
  const Json run =
      results_of(accelerator(), {"--set", "highway.enabled=true", "--set", "precision=2"});
  EXPECT_EQ(plan["policy"], run["policy"]);
  std::size_t compared = 0;
  for (const Json& layer : plan["layers"]) {
    for (const Json& simulated : run["layers"]) {
      if (simulated["name"] == layer["name"] && !layer["jobs"].empty()) {
        EXPECT_EQ(simulated["mapping"], layer["jobs"][0]["mapping"]);
        EXPECT_EQ(simulated["passes"], layer["passes"]);
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 20U);
  bool wide = false;
  for (const Json& tensor : plan["tensors"]) {
    EXPECT_TRUE(tensor["place"] == "glb" || tensor["place"] == "dram");
    EXPECT_FALSE(tensor["reason"].get<std::string>().empty()) << tensor;
    wide = wide || (tensor["stream"] == "highway" && tensor["bits"] == 8);
  }
  EXPECT_TRUE(wide);
}

}  // namespace
}  // namespace turnpike::smoke
