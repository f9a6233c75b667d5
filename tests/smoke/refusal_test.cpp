// What the program refuses: exit code and message.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

std::vector<std::string> run_with(const std::string& accelerator_file,
                                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run", accelerator_file, "--network", "zoo:lstm300"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Refusal, UnknownKeyWithLineAndSuggestion) {
  const std::string file = changed_accelerator("columns: 14", "colums: 14");
  expect_refused(run_with(file), 2, "lacks the required key 'columns'");
  const std::string extra = changed_accelerator("columns: 14", "columns: 14, colums: 14");
  expect_refused(run_with(extra), 2, "unknown key 'colums' in 'array'; did you mean 'columns'?");
  expect_refused(run_with(extra), 2, "changed.yaml:13:");
}

TEST(Refusal, RepeatedKey) {
  expect_refused(run_with(changed_accelerator("profile: silicon", "name: again")), 2,
                 "key 'name' is given twice");
}

TEST(Refusal, BitsOutsideOneToSixteen) {
  for (const char* bits : {"0", "17", "-1"}) {
    expect_refused(run_with(accelerator(), {"--set", std::string{"precision="} + bits}), 2,
                   "outside 1..16");
  }
  expect_refused(run_with(accelerator(), {"--set", "precision=two"}), 2, "must be an integer");
}

TEST(Refusal, UnknownKeyOnTheCommandLine) {
  expect_refused(run_with(accelerator(), {"--set", "highway.enable=true"}), 2,
                 "did you mean 'enabled'?");
  expect_refused(run_with(accelerator(), {"--set", "precision"}), 2, "must be key=value");
}

TEST(Refusal, LayerThatNoMappingFits) {
  expect_refused({"run", accelerator(), "--network", repository("configs/networks/alexnet.yaml"),
                  "--set", "glb.bytes_at_16_bit=64", "--set", "feature_maps=spill"},
                 2, "layer 'CONV1'");
}

TEST(Refusal, MissingFiles) {
  expect_refused(run_with(scratch("none.yaml")), 3, "none.yaml");
  expect_refused({"run", accelerator(), "--network", scratch("none.npz")}, 3, "none.npz");
  expect_refused({"run", accelerator(), "--network", scratch("none.yaml")}, 3, "none.yaml");
  expect_refused({"trace", "check", scratch("none.npz")}, 3, "none.npz");
  expect_refused({"config", "check", scratch("none.yaml")}, 3, "none.yaml");
  expect_refused({"compare", scratch("a"), scratch("b")}, 3, "is no run directory");
}

TEST(Refusal, FileOfAnotherKind) {
  const std::string text = put("notes.txt", "nothing\n");
  expect_refused({"run", accelerator(), "--network", text}, 3, "unsupported kind");
}

TEST(Refusal, TruncatedTrace) {
  const std::string whole = bytes_of(repository("traces/samples/tiny_residual.npz"));
  for (const std::size_t part : {whole.size() / 2, whole.size() - 10, std::size_t{3}}) {
    const std::string path = put("cut.npz", whole.substr(0, part));
    expect_refused({"run", accelerator(), "--network", path}, 3, "cut.npz");
    expect_refused({"trace", "check", path}, 3, "cut.npz");
  }
}

TEST(Refusal, CodeOutsideItsBits) {
  const std::string folder = scratch("narrow");
  std::filesystem::copy(repository("traces/samples/tiny_gru"), folder);
  auto json = nlohmann::ordered_json::parse(bytes_of(folder + "/trace.json"));
  json["tensors"]["x.q"]["bits"] = 1;
  put("narrow/trace.json", json.dump());
  expect_refused({"trace", "check", folder}, 3, "tensor 'x.q'");
  expect_refused({"run", accelerator(), "--network", folder}, 3, "tensor 'x.q'");
}

TEST(Refusal, UnknownNames) {
  expect_refused({"simulate"}, 2, "simulate");
  expect_refused({}, 2, "subcommand");
  expect_refused({"run", accelerator(), "--network", "zoo:resnet81"}, 2, "resnet18");
  expect_refused(run_with(accelerator(), {"--profile", "silcon"}), 2, "did you mean 'silicon'?");
  expect_refused(run_with(accelerator(), {"--set", "dram.device=lpddr3"}), 2, "lpddr3-1600");
  expect_refused(run_with(accelerator(), {"--layers", "nothing*"}), 2, "matches no layer");
  expect_refused({"list", "networks"}, 2, "zoo");
  expect_refused({"config", "schema", "acelerator"}, 2, "did you mean 'accelerator'?");
}

TEST(Refusal, OutputThatCannotBeWritten) {
  const std::string file = put("file", "in the way");
  const Outcome run = turnpike(run_with(accelerator(), {"-o", file + "/run"}));
  EXPECT_EQ(run.code, 3);
  EXPECT_NE(run.err.find(file + "/run"), std::string::npos) << run.err;
  expect_refused(
      {"trace", "convert", repository("traces/samples/tiny_lstm.npz"), file + "/copy.npz"}, 3,
      "copy.npz");
}

}  // namespace
}  // namespace turnpike::smoke
