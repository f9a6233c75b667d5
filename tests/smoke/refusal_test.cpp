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
                  "--set", "glb.bytes_at_16_bit=4096", "--set", "feature_maps=spill"},
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
  for (const char* name : {"model.onnx", "model.tflite"}) {
    const std::string path = put(name, "bytes\n");
    expect_refused({"run", accelerator(), "--network", path}, 3, name);
    expect_refused({"model", "info", path}, 3, name);
    expect_refused({"trace", "check", path}, 3, "is no trace; a model of another");
  }
  for (const char* name : {"model.h5", "model.pt"}) {
    expect_refused({"run", accelerator(), "--network", put(name, "bytes\n")}, 3,
                   "runs as a trace, which NumPy can write: traces/FORMAT.md has the format");
    expect_refused({"trace", "check", scratch(name)}, 3, "is no trace; a model of another");
    expect_refused({"model", "info", scratch(name)}, 3, "is no network; a model of another");
    expect_refused({"run", accelerator(), "--network", "zoo:lstm300", "--weights", scratch(name)},
                   3, std::string{name} == "model.pt" ? "no zip archive" : "docs/weights.md");
  }
  const std::string empty = put("empty.npz", "");
  expect_refused({"trace", "check", empty}, 3, "is empty");
  expect_refused({"run", accelerator(), "--network", empty}, 3, "is empty");
  expect_refused({"trace", "check", scratch("")}, 3, "is a directory without trace.json");
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
  expect_refused({"list", "nets"}, 2, "zoo");
  expect_refused({"config", "schema", "acelerator"}, 2, "did you mean 'accelerator'?");
}

TEST(Refusal, MisspeltOptionsAreNamedBeforeAnythingMissing) {
  expect_refused({"run", accelerator(), "--netwrok", "x"}, 2, "did you mean '--network'?");
  expect_refused({"run", "-network", "x"}, 2, "did you mean '--network'?");
  expect_refused(
      {"run", "-j", "4"}, 2,
      "'-j': is no option of 'turnpike run'; 'turnpike sweep', 'turnpike model eval' have");
  expect_refused({"sweep", "--job=4"}, 2, "did you mean '--jobs'?");
  expect_refused({"--verison"}, 2, "did you mean '--version'?");
  expect_refused({"run", "--zzzzzzzz"}, 2, "known: ");
  expect_refused({"trace", "chek", "x"}, 2, "did you mean 'check'?");
  expect_refused({"help", "swep"}, 2, "did you mean 'sweep'?");
  expect_refused({"trace", "check"}, 2, "turnpike trace check --help");
  expect_refused({"run", accelerator(), "--network", "zoo:lstm300", "extra"}, 2, "extra");
}

TEST(Refusal, ValuesThatLookLikeOptionsAreValues) {
  expect_refused(run_with(accelerator(), {"--set", "--precision=2"}), 2, "--precision");
  expect_refused(run_with(accelerator(), {"--layers", "-nothing"}), 2, "matches no layer");
}

TEST(Refusal, AFileOfAnotherKindIsSaidToBeOne) {
  expect_refused({"sweep", accelerator()}, 2, "it is an accelerator, for turnpike run");
  expect_refused(run_with(repository("configs/sweeps/paper_fig6.yaml")), 2,
                 "it is a sweep, for turnpike sweep");
  expect_refused({"run", accelerator(), "--network", accelerator()}, 2, "it is an accelerator");
  expect_refused(run_with(put("timeloop.yaml", "architecture: {version: 0.4}\n")), 2,
                 "it is no file of this program");
}

TEST(Refusal, TextThatIsNoUtf8NamesItsPlace) {
  const std::string file = changed_accelerator("name: precision-highway", "name: caf\xe9");
  expect_refused(run_with(file), 2, "changed.yaml:5:10: byte 0xe9 is no UTF-8");
  std::string network = bytes_of(repository("configs/networks/residual_example.yaml"));
  network.insert(0, "# caf\xe9\n");
  expect_refused({"run", accelerator(), "--network", put("latin.yaml", network), "--json"}, 2,
                 "latin.yaml:1:6");
  expect_refused(run_with(accelerator(), {"--set", "name=caf\xe9"}), 2, "is no UTF-8");
  expect_refused(run_with(accelerator(), {"-o", scratch("caf\xe9")}), 2, "byte 0xe9 is no UTF-8");
  expect_refused({"run", accelerator(), "--network", "zoo:caf\xe9"}, 2, "is no UTF-8");
}

TEST(Refusal, BareNamesThatNameNothing) {
  expect_refused({"run", "precison-highway", "--network", "zoo:lstm300"}, 3,
                 "did you mean 'precision-highway'?");
  expect_refused({"run", accelerator(), "--network", "lstm300"}, 3, "did you mean 'zoo:lstm300'?");
  expect_refused({"run", accelerator(), "--network", "alexnett"}, 3, "'alexnet'");
  expect_refused({"sweep", "paper_fig5"}, 3, "did you mean 'paper_fig6'?");
}

/// A copy of configs/ in which one file has `from` replaced by `to`.
std::string changed_configs(const std::string& file, const std::string& from,
                            const std::string& to) {
  const std::string root = scratch("configs");
  std::filesystem::remove_all(root);
  std::filesystem::copy(repository("configs"), root, std::filesystem::copy_options::recursive);
  std::string text = bytes_of(root + "/" + file);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  put("configs/" + file, text);
  return root;
}

std::vector<std::string> with_configs(const std::string& root) {
  return {"--configs", root, "run", accelerator(), "--network", "zoo:lstm300"};
}

TEST(Refusal, ProfileWithAnUnknownPolicy) {
  expect_refused(
      with_configs(changed_configs("profiles/silicon.yaml", "clock: share", "clock: shares")), 2,
      "must be one of none, flip_flops");
  expect_refused(with_configs(changed_configs("profiles/silicon.yaml", "  leakage: true\n",
                                              "  leakage: true\n  leakge: true\n")),
                 2, "did you mean 'leakage'?");
  expect_refused(run_with(accelerator(), {"--set", "cost.clock=fast"}), 2, "cost.clock=fast");
}

TEST(Refusal, TableWithoutSourceOrRow) {
  const std::string root = changed_configs("technology/65nm/requant.csv", "16", "16");
  std::filesystem::remove(root + "/technology/65nm/requant.source");
  expect_refused(with_configs(root), 3, "requant.source");
  std::filesystem::remove(root + "/technology/65nm/requant.csv");
  expect_refused(with_configs(root), 3, "requant");
}

TEST(Refusal, WidthOutsideTheTables) {
  expect_refused(run_with(accelerator(), {"--set", "glb.bytes_at_16_bit=67108864"}), 2,
                 "not for 67108864 B");
}

TEST(Refusal, MeasuredPowerThatDoesNotFit) {
  const auto calibrate = [](const std::string& table) {
    return std::vector<std::string>{"calibrate",
                                    "clock",
                                    repository("configs/accelerators/eyeriss-chip.yaml"),
                                    "--network",
                                    repository("configs/networks/alexnet.yaml"),
                                    "--measured",
                                    table};
  };
  expect_refused(calibrate(scratch("none.csv")), 3, "none.csv");
  expect_refused(calibrate(put("power.csv", "layer,power_mW\nCONV1,332\n")), 3, "total_latency_ms");
  expect_refused(calibrate(put("power.csv", "layer,power_mW,total_latency_ms\nCONV9,332,20.9\n")),
                 2, "no layer 'CONV9'");
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
