#include "traces/trace_file.hpp"

#include <algorithm>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "tests/traces/reference_engine.hpp"
#include "tests/traces/test_files.hpp"
#include "traces/npz.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_summary.hpp"

namespace turnpike::traces {
namespace {

namespace fs = std::filesystem;
using test::expect_file_error;
using test::sample;
using test::scratch;

const std::vector<std::string> kSamples = {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"};

void expect_unreadable(const std::string& path, std::string_view part) {
  expect_file_error([&] { static_cast<void>(read_trace(path)); }, part);
}

/// A copy of the tiny_gru sample to damage.
std::string directory_copy(const std::string& name) {
  fs::remove_all(scratch(name));
  fs::copy(sample("tiny_gru"), scratch(name));
  return scratch(name);
}

TEST(TraceFile, SamplesObeyTheArithmeticOfTheFormat) {
  for (const std::string& name : kSamples) {
    SCOPED_TRACE(name);
    const test::Difference difference = test::compare_outputs(read_trace(sample(name)));
    EXPECT_GT(difference.compared, 30);
    EXPECT_EQ(difference.codes_wrong, 0);
    EXPECT_LT(difference.float_error, 1e-14);
  }
}

TEST(TraceFile, ArchiveAndDirectoryHoldTheSameTrace) {
  for (const std::string& name : kSamples) {
    SCOPED_TRACE(name);
    const Trace trace = read_trace(sample(name));
    write_trace(trace, scratch("copy.npz"));
    EXPECT_EQ(read_trace(scratch("copy.npz")), trace);
    fs::remove_all(scratch("copy"));
    write_trace(trace, scratch("copy"));
    EXPECT_EQ(read_trace(scratch("copy")), trace);
    const std::string first = test::bytes_of(scratch("copy.npz"));
    write_trace(read_trace(scratch("copy")), scratch("copy.npz"));
    EXPECT_EQ(test::bytes_of(scratch("copy.npz")), first);
  }
}

TEST(TraceFile, WhatIsNoTraceIsRejected) {
  expect_unreadable("/no/such.npz", "/no/such.npz: no such file");
  expect_unreadable(scratch(""), "is a directory without trace.json");
  write_npz(scratch("plain.npz"), {{"x", Tensor{{1}, std::vector<float>{1}}}});
  expect_unreadable(scratch("plain.npz"), "no member '__trace__'");
}

TEST(TraceFile, MissingMembersAreNamed) {
  NamedTensors members = test::read_npz(sample("tiny_lstm.npz"));
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].first == "Wh") {
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  write_npz(scratch("missing.npz"), members);
  expect_unreadable(scratch("missing.npz"),
                    "missing.npz: tensor 'Wh' is declared, but there is no such member");
  const std::string directory = directory_copy("missing");
  fs::remove(directory + "/Wh.npy");
  expect_unreadable(directory, "tensor 'Wh' is declared, but there is no file 'Wh.npy'");
}

TEST(TraceFile, UnknownExtraMembersAreIgnored) {
  NamedTensors members = test::read_npz(sample("tiny_lstm.npz"));
  members.emplace_back("label", Tensor{{2}, std::vector<std::uint8_t>{1, 2}});
  write_npz(scratch("extra.npz"), members);
  EXPECT_EQ(read_trace(scratch("extra.npz")), read_trace(sample("tiny_lstm.npz")));
}

TEST(TraceFile, DamagedMembersAreNamed) {
  const std::string directory = directory_copy("damaged");
  const std::string bytes = test::bytes_of(directory + "/Wx.npy");
  std::ofstream{directory + "/Wx.npy", std::ios::binary} << bytes.substr(0, bytes.size() - 1);
  expect_unreadable(directory,
                    "damaged/Wx.npy: shape (4, 12) needs 48 bytes of data, but there "
                    "are 47");
}

TEST(TraceFile, CodesOutsideTheirBitsAreRejectedWhenRead) {
  NamedTensors members = test::read_npz(sample("tiny_lstm.npz"));
  for (auto& [name, tensor] : members) {
    if (name == "Wx") {
      auto codes = tensor.converted<std::int8_t>();
      codes[5] = 2;
      tensor = Tensor{tensor.shape(), codes};
    }
  }
  write_npz(scratch("codes.npz"), members);
  expect_unreadable(scratch("codes.npz"),
                    "codes.npz: tensor 'Wx': code 2 at index 5 is outside 2 bits (-2..1)");
}

TEST(TraceFile, NamesInADirectoryCannotLeaveIt) {
  Trace trace = read_trace(sample("tiny_gru"));
  trace.add_tensor(
      {{.name = "../outside", .kind = TensorKind::floating}, Tensor{{1}, std::vector<float>{1}}});
  expect_file_error([&] { write_trace(trace, scratch("outside")); },
                    "tensor '../outside': the name is no file name");
  EXPECT_FALSE(fs::exists(scratch("outside")));
  write_trace(trace, scratch("outside.npz"));
  EXPECT_EQ(read_trace(scratch("outside.npz")), trace);
  const std::string directory = directory_copy("inside");
  std::ofstream{directory + "/trace.json"} << trace_json(trace.program());
  expect_unreadable(directory, "the name is no file name");
}

TEST(TraceFile, ATraceIsItsProgramParametersAndActivationsPutTogether) {
  for (const char* name : {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"}) {
    SCOPED_TRACE(name);
    const Trace trace = read_trace(sample(name));
    auto [program, parameters, activations] = Trace{trace}.split();
    EXPECT_EQ(program, trace.program());
    EXPECT_EQ(parameters.size() + activations.size(), trace.tensors().size());
    for (const LayerEntry& layer : trace.layers) {
      EXPECT_TRUE(activations.has(layer.inputs[0]) && activations.has(layer.output));
      for (const std::string& weights : layer.weights) {
        EXPECT_EQ(parameters.at(weights), trace.tensor(weights).data);
      }
    }
    EXPECT_EQ(program.tensor(trace.layers[0].output).shape,
              trace.tensor(trace.layers[0].output).data.shape());
    const Trace again{program, std::move(parameters), std::move(activations)};
    EXPECT_EQ(again, trace);
  }
}

TEST(TraceFile, InvalidTracesAndFullDirectoriesAreNotWritten) {
  Trace trace = read_trace(sample("tiny_lstm.npz"));
  expect_file_error([&] { write_trace(trace, sample("tiny_gru")); },
                    "tiny_gru: exists already and is not an empty directory");
  trace.layers[0].inputs.pop_back();
  expect_file_error([&] { write_trace(trace, scratch("invalid.npz")); }, "takes 2 inputs, not 1");
  EXPECT_FALSE(fs::exists(scratch("invalid.npz")));
  expect_file_error([&] { write_trace(read_trace(sample("tiny_gru")), "/proc/nothing"); },
                    "/proc/nothing: cannot be written");
}

TEST(TraceFile, DamagedArchivesAreErrorsOrHarmless) {
  const std::string bytes = test::bytes_of(sample("tiny_lstm.npz"));
  const Trace original = read_trace(sample("tiny_lstm.npz"));
  Random random{11};
  SCOPED_TRACE("seed 11");
  for (int trial = 0; trial < 150; ++trial) {
    std::string damaged = bytes;
    const auto at =
        static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(bytes.size()) - 1));
    if (trial % 3 == 0) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(random.integer(0, 255));
    }
    try {
      EXPECT_EQ(read_trace(test::put("damaged.npz", damaged)), original) << at;
    } catch (const FileError&) {
    }
  }
}

/// A sample with one member replaced, the archive deflated.
std::string with_member(const std::string& file, const std::string& member, Tensor tensor) {
  NamedTensors members = test::read_npz(sample("tiny_lstm.npz"));
  for (auto& [name, value] : members) {
    if (name == member) {
      value = std::move(tensor);
    }
  }
  write_npz(scratch(file), members, NpzCompression::deflated);
  return scratch(file);
}

/// The same with the last bytes of a member's data changed: who reads them fails.
std::string damaged_at_its_end(const std::string& path, const std::string& member) {
  std::string bytes = test::bytes_of(path);
  const std::size_t start = bytes.find(member + ".npy");
  const std::size_t next =
      std::min(bytes.find("PK\x03\x04", start), bytes.find("PK\x01\x02", start));
  for (std::size_t i = next - 40; i < next - 20; ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ 0x55);
  }
  return test::put("damaged_end.npz", bytes);
}

TEST(TraceFile, ShapesAreRefusedBeforeAnyDataIsRead) {
  constexpr std::int64_t kZeros = std::int64_t{1} << 24U;
  std::vector<std::int8_t> data(static_cast<std::size_t>(kZeros));
  Random random{3};
  for (std::size_t i = data.size() - 256; i < data.size(); ++i) {  // damage must change something
    data[i] = static_cast<std::int8_t>(random.integer(-128, 127));
  }
  const std::string path = with_member("zeros.npz", "Wx", Tensor{{kZeros}, std::move(data)});
  EXPECT_LT(fs::file_size(path), 100'000U);
  const std::string damaged = damaged_at_its_end(path, "Wx");
  expect_file_error([&] { static_cast<void>(NpzFile::open(damaged).tensor("Wx")); },
                    "member 'Wx': ");
  expect_unreadable(damaged, "tensor 'Wx' has shape [16777216], expected [6, 20]");
}

TEST(TraceFile, BigTensorsThatNoLayerNamesAreRefused) {
  NamedTensors members = test::read_npz(sample("tiny_lstm.npz"));
  constexpr std::int64_t kZeros = (std::int64_t{64} << 20U) + 1;
  for (auto& [name, value] : members) {
    if (name == kTraceMember) {
      const auto text = value.converted<char>();
      std::string json{text.begin(), text.end()};
      json.replace(json.find("\"tensors\": {"), 12,
                   "\"tensors\": {\"spare\": {\"bits\": 8, \"kind\": \"uniform\", "
                   "\"scale\": 1, \"zero_point\": 0}, ");
      value = Tensor{{static_cast<std::int64_t>(json.size())},
                     std::vector<std::uint8_t>(json.begin(), json.end())};
    }
  }
  members.emplace_back(
      "spare", Tensor{{kZeros}, std::vector<std::uint8_t>(static_cast<std::size_t>(kZeros))});
  write_npz(scratch("spare.npz"), members, NpzCompression::deflated);
  expect_unreadable(scratch("spare.npz"),
                    "tensor 'spare' has 67108865 bytes, but no layer names it");
}

TEST(TraceFile, JsonOfManyMegabytesIsRefused) {
  constexpr std::int64_t kBlanks = (std::int64_t{64} << 20U) + 1;
  const std::string path = with_member(
      "json.npz", kTraceMember,
      Tensor{{kBlanks},
             std::vector<std::uint8_t>(static_cast<std::size_t>(kBlanks), std::uint8_t{' '})});
  expect_unreadable(path, "member '__trace__': holds 67108865 bytes of text, more than 67108864");
}

TEST(TraceFile, AbsentEmptyAndDirectoriesAreThreeMessages) {
  expect_unreadable(scratch("absent.npz"), "no such file");
  expect_unreadable(test::put("empty.npz", ""), "is empty");
  fs::create_directories(scratch("folder"));
  expect_unreadable(scratch("folder"), "is a directory without trace.json: no trace");
}

TEST(TraceFile, NamesThatAreNotUtf8AreRefusedWithTheirPlace) {
  const std::string folder = directory_copy("latin");
  std::string json = test::bytes_of(folder + "/trace.json");
  json.replace(json.find("gru0"), 4,
               "gr\xfc"
               "0");
  test::put("latin/trace.json", json);
  expect_unreadable(folder, "trace.json: trace JSON: not valid JSON: parse error at line ");
}

bool has_numpy() {
  return std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") == 0;
}

/// The trace that the script below a heading of the format page writes.
Trace example_of(const std::string& heading, const std::string& arguments = "") {
  const std::string page = test::bytes_of(std::string{TURNPIKE_SOURCE_DIR} + "/traces/FORMAT.md");
  const std::size_t start = page.find("```python\n", page.find("\n## " + heading + "\n")) + 10;
  const std::string script =
      test::put("example.py", page.substr(start, page.find("```", start) - start));
  EXPECT_EQ(std::system(
                fmt::format("/usr/bin/python3 {} {} {}", script, scratch("example.npz"), arguments)
                    .c_str()),
            0);
  return read_trace(scratch("example.npz"));
}

TEST(TraceFile, TheExampleOfTheFormatPageIsATrace) {
  if (!has_numpy()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  const test::Difference difference = test::compare_outputs(example_of("A complete example"));
  EXPECT_EQ(difference.compared, 64 + 10);
  EXPECT_EQ(difference.codes_wrong, 0);
  EXPECT_LT(difference.float_error, 1e-14);
}

TEST(TraceFile, TheResidualBlocksOfTheFormatPageAreTracesWithAndWithoutHighway) {
  if (!has_numpy()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  for (const bool highway : {true, false}) {
    const Trace trace = example_of("Residual blocks on a highway", highway ? "" : "plain");
    EXPECT_EQ(trace.highway.enabled, highway);
    EXPECT_EQ(trace.tensor("b1.out").highway, highway);
    EXPECT_EQ(trace.tensor("b1.out").bits, highway ? 8 : 2);
    EXPECT_THAT(summarize(trace).notes, testing::IsEmpty());
    const test::Difference difference = test::compare_outputs(trace);
    EXPECT_EQ(difference.compared, (highway ? 9 : 6) * 144);
    EXPECT_EQ(difference.codes_wrong, 0);
    EXPECT_LT(difference.float_error, 1e-14);
  }
}

TEST(TraceFile, TheSamplesAreWhatTheirScriptMakes) {
  if (!has_numpy()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  EXPECT_EQ(
      std::system(fmt::format("/usr/bin/python3 {} --check", sample("make_samples.py")).c_str()),
      0);
}

/// Three traces made with PyTorch and numpy: 39 layers of a ResNet-20, 16 steps of an LSTM.
class RealTraces : public testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] static std::string path() {
    const char* const models = std::getenv("TURNPIKE_MODELS");
    return models == nullptr ? "" : std::string{models} + "/traces/" + GetParam() + ".npz";
  }
};

TEST_P(RealTraces, AreReadAndWrittenUnchanged) {
  if (path().empty()) {
    GTEST_SKIP() << "TURNPIKE_MODELS is not set: the real traces are not tested";
  }
  const Trace trace = read_trace(path());
  write_trace(trace, scratch("real.npz"));
  EXPECT_EQ(read_trace(scratch("real.npz")), trace);
}

TEST_P(RealTraces, ObeyTheArithmeticOfTheFormat) {
  if (path().empty()) {
    GTEST_SKIP() << "TURNPIKE_MODELS is not set: the real traces are not tested";
  }
  const test::Difference difference = test::compare_outputs(read_trace(path()));
  EXPECT_GT(difference.compared, 10000);
  EXPECT_EQ(difference.codes_wrong, 0);
  EXPECT_LT(difference.float_error, 1e-5);
  RecordProperty("compared", std::to_string(difference.compared));
}

INSTANTIATE_TEST_SUITE_P(TraceFile, RealTraces,
                         testing::Values("resnet20_w2a2_qat9_highway",
                                         "resnet20_w2a2_qat9_nohighway",
                                         "ptb_lstm100_w2a2_highway_16steps"));

}  // namespace
}  // namespace turnpike::traces
