// The conformance cases that ONNX ships with its releases (Debian: libonnx-testdata), where they
// are of operators that are read. Each is a model of one operator with inputs and outputs.
//
// The network has one input, the first; the other inputs of a case are bound as constants. A case
// whose inputs can all be constants is computed by folding as well.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/import/onnx_import.hpp"
#include "models/stated_lowering.hpp"
#include "tests/models/import/model_files.hpp"

namespace turnpike::models::onnx {
namespace {

namespace fs = std::filesystem;

const fs::path kData = "/usr/share/libonnx-testdata/data";

struct Case {
  fs::path folder;
  std::vector<Constant> inputs;
  std::vector<Constant> outputs;
};

std::vector<Constant> tensors(const fs::path& folder, const std::string& kind) {
  std::vector<Constant> out;
  for (int i = 0; fs::exists(folder / "test_data_set_0" / fmt::format("{}_{}.pb", kind, i)); ++i) {
    const fs::path path = folder / "test_data_set_0" / fmt::format("{}_{}.pb", kind, i);
    out.push_back(parse_tensor(test::bytes_of(path), path.string()));
  }
  return out;
}

/// Largest difference, or infinity for another number of values.
double difference(const std::vector<double>& got, const std::vector<double>& wanted) {
  double worst = got.size() == wanted.size() ? 0.0 : HUGE_VAL;
  for (std::size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
    worst = std::max(worst, std::fabs(got[i] - wanted[i]) / (1.0 + std::fabs(wanted[i])));
  }
  return worst;
}

/// What became of a case.
enum class Verdict { passed, wrong, refused };

struct Outcome {
  Verdict verdict = Verdict::refused;
  std::string why;
};

/// The values of the network's last layer; codes if it makes codes.
std::vector<double> run_network(const ImportedNetwork& imported, const Constant& input,
                                bool wants_codes) {
  Network network = imported.network;
  network.set_input(input.data.converted<float>());
  const std::string last = network.layers().back().name;
  if (wants_codes) {
    const StatedProgram stated = lower_stated(network, traces::Requantize::Rounding::twice);
    traces::Activations made =
        execute(stated.program, stated.parameters, stated_inputs(stated, network), Keep::all);
    return made.at(stated.program.layers.back().output).converted<double>();
  }
  std::vector<double> values;
  forward(network, [&](const FloatValue& value) {
    if (value.name == last) {
      values.assign(value.values.begin(), value.values.end());
    }
  });
  return values;
}

Outcome try_case(const Case& test, std::size_t data) {
  try {
    Model model = parse_model(test::bytes_of(test.folder / "model.onnx"), test.folder.string());
    std::vector<ValueInfo> inputs = model.inputs;
    if (test.inputs.size() != inputs.size() || data >= inputs.size() || test.outputs.empty()) {
      return {Verdict::refused, "has optional or sequence inputs"};
    }
    model.inputs = {inputs[data]};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (i != data) {
        model.constants.emplace(inputs[i].name, test.inputs[i]);
      }
    }
    const bool codes = !test.outputs[0].data.is_floating();
    const ImportedNetwork imported = OnnxImport{std::move(model), {}}.run();
    if (imported.network.batch() * element_count(imported.network.input_shape()) !=
        test.inputs[data].data.size()) {
      return {Verdict::refused, "runs part of the batch"};
    }
    if (!imported.notes.empty()) {
      return {Verdict::refused, "leaves something out: " + imported.notes[0]};
    }
    const std::vector<double> got = run_network(imported, test.inputs[data], codes);
    // A recurrent case's first output is Y, or the last state alone.
    std::vector<double> wanted = test.outputs[0].data.converted<double>();
    const double off = difference(got, wanted);
    return off <= 1e-4 ? Outcome{Verdict::passed, ""}
                       : Outcome{Verdict::wrong, fmt::format("off by {}", off)};
  } catch (const InputError& error) {
    return {Verdict::refused, error.what()};
  }
}

/// All inputs constants.
Outcome try_folding(const Case& test) {
  try {
    Model model = parse_model(test::bytes_of(test.folder / "model.onnx"), test.folder.string());
    if (model.nodes.size() != 1 || test.inputs.size() != model.inputs.size() ||
        test.outputs.empty()) {
      return {};
    }
    std::vector<const Constant*> operands;
    for (const std::string& name : model.nodes[0].inputs) {
      const auto found = std::find_if(model.inputs.begin(), model.inputs.end(),
                                      [&](const ValueInfo& each) { return each.name == name; });
      operands.push_back(
          found == model.inputs.end()
              ? nullptr
              : &test.inputs[static_cast<std::size_t>(found - model.inputs.begin())]);
    }
    const auto made = folded(model.nodes[0], model.opsets[""], operands, test.folder.string());
    if (!made) {
      return {};
    }
    const double off =
        difference(made->data.converted<double>(), test.outputs[0].data.converted<double>());
    const bool shape = made->data.shape() == test.outputs[0].data.shape();
    return off <= 1e-6 && shape ? Outcome{Verdict::passed, ""}
                                : Outcome{Verdict::wrong, fmt::format("folded, off by {}", off)};
  } catch (const InputError& error) {
    return {Verdict::refused, error.what()};
  }
}

TEST(Conformance, NoCaseOfASupportedOperatorIsWrong) {
  if (!fs::exists(kData)) {
    GTEST_SKIP() << "libonnx-testdata is not installed";
  }
  std::set<std::string> known;
  for (const OnnxOperator& each : all_operators()) {
    if (each.domain.empty()) {
      known.insert(std::string{each.name});
    }
  }
  int networks = 0;
  int foldings = 0;
  std::vector<std::string> refused;
  for (const char* part : {"node", "pytorch-converted", "pytorch-operator", "simple"}) {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator{kData / part}) {
      folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    for (const fs::path& folder : folders) {
      const std::string name = folder.filename().string();
      if (name.find("BFLOAT16_to_FLOAT") != std::string::npos) {
        continue;  // 1.12 encodes their input twice: 0.478 is stored as the bfloat16 of 16117
      }
      Case test{.folder = folder, .inputs = {}, .outputs = {}};
      try {
        const Model model = parse_model(test::bytes_of(folder / "model.onnx"), name);
        if (!std::all_of(model.nodes.begin(), model.nodes.end(), [&](const Node& node) {
              return node.domain.empty() && known.contains(node.op);
            })) {
          continue;
        }
        test.inputs = tensors(folder, "input");
        test.outputs = tensors(folder, "output");
      } catch (const InputError&) {
        continue;  // text, sequences, optional values
      }
      Outcome best{Verdict::refused, "no input is data"};
      for (std::size_t data = 0; data < test.inputs.size() && best.verdict == Verdict::refused;
           ++data) {
        const Outcome outcome = try_case(test, data);
        best = data == 0 || outcome.verdict != Verdict::refused ? outcome : best;
      }
      networks += best.verdict == Verdict::passed ? 1 : 0;
      EXPECT_NE(best.verdict, Verdict::wrong) << name << ": " << best.why;
      const Outcome folding = try_folding(test);
      foldings += folding.verdict == Verdict::passed ? 1 : 0;
      EXPECT_NE(folding.verdict, Verdict::wrong) << name << ": " << folding.why;
      if (best.verdict == Verdict::refused && folding.verdict != Verdict::passed) {
        refused.push_back(name + ": " + best.why);
      }
    }
  }
  std::cout << fmt::format("{} cases pass as networks, {} as constants; refused: {}\n{}\n",
                           networks, foldings, refused.size(), fmt::join(refused, "\n"));
  // Measured with libonnx-testdata 1.12.
  EXPECT_GE(networks, 80);
  EXPECT_GE(foldings, 60);
}

}  // namespace
}  // namespace turnpike::models::onnx
