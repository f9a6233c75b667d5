// Whole models to networks and programs; what is refused, and how it is said.

#include <cmath>
#include <fstream>
#include <regex>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/import/import_model.hpp"
#include "models/import/onnx_import.hpp"
#include "models/import/tflite_import.hpp"
#include "models/stated_lowering.hpp"
#include "tests/models/import/model_files.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::models {
namespace {

using testing::HasSubstr;

template <class Read>
std::string refusal(Read read) {
  try {
    read();
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

/// A model changed before it is imported.
std::string refused_onnx(const std::string& name, const std::function<void(onnx::Model&)>& change) {
  return refusal([&] {
    onnx::Model model = onnx::read_model(test::kModels + name);
    change(model);
    ImportedNetwork imported = onnx::OnnxImport{std::move(model), {}}.run();
    if (imported.network.is_stated()) {
      static_cast<void>(stated_trace(imported.network));
    }
  });
}

TEST(Import, ResidualNetFoldsItsStepsIntoLayers) {
  const ImportedNetwork imported = import_network(test::kModels + "residual.onnx");
  std::vector<std::string> names;
  for (const Layer& layer : imported.network.layers()) {
    names.push_back(layer.name);
  }
  EXPECT_THAT(names, testing::ElementsAre("conv1", "conv2", "s", "p", "a", "fc"));
  EXPECT_TRUE(imported.network.layer("conv1").relu);
  EXPECT_EQ(imported.network.layer("conv1").scale.size(), 4U);  // the batch norm
  EXPECT_EQ(imported.network.layer("s").clip, (std::array{0.0F, 6.0F}));
  EXPECT_FALSE(imported.network.is_stated());
  EXPECT_THAT(imported.notes, testing::ElementsAre(HasSubstr("'softmax' (Softmax) at the end")));
}

TEST(Import, EveryStatedModelRunsAndItsTraceIsValid) {
  for (const char* name : {"qcdq.onnx", "qonnx.onnx", "small.tflite"}) {
    const ImportedNetwork imported = import_network(test::kModels + name);
    ASSERT_TRUE(imported.network.is_stated()) << name;
    const traces::Trace trace = stated_trace(imported.network);
    EXPECT_NO_THROW(traces::validate_trace(trace, {name})) << name;
    const traces::Program again =
        traces::parse_trace_json(traces::trace_json(trace.program()), {name});
    EXPECT_EQ(again.layers, trace.layers) << name;
  }
}

TEST(Import, CodesOfQcdqHaveTheBitsOfTheClip) {
  const traces::Trace trace = stated_trace(import_network(test::kModels + "qcdq.onnx").network);
  EXPECT_EQ(trace.tensor("q0.q").bits, 4);
  EXPECT_TRUE(trace.tensor("q0.q").is_signed);
  EXPECT_EQ(trace.tensor(trace.layers.at(0).weights.at(0)).scale.size(), 4U);
}

TEST(Import, TheProgramAgreesWithTheFloatNetworkOnItsGrids) {
  // The float pass quantizes at the same places: values differ by float32 rounding only, but a code
  // on a border may go either way.
  for (const char* name : {"qcdq.onnx", "qonnx.onnx"}) {
    const ImportedNetwork imported = import_network(test::kModels + name);
    const traces::Trace trace = stated_trace(imported.network);
    const traces::TensorEntry& output = trace.tensor(trace.layers.back().output);
    std::vector<float> values;
    forward(imported.network, [&](const FloatValue& value) {
      values.assign(value.values.begin(), value.values.end());
    });
    ASSERT_EQ(static_cast<std::int64_t>(values.size()), output.data.size()) << name;
    int differ = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double code = output.data.at(static_cast<std::int64_t>(i));
      const double real = output.is_float() ? code : output.scale[0] * (code - output.zero_point);
      differ += std::fabs(real - static_cast<double>(values[i])) > 1e-4 ? 1 : 0;
    }
    EXPECT_LE(differ, 1) << name;
  }
}

TEST(Import, RefusesByNodeAndReason) {
  EXPECT_THAT(refused_onnx("residual.onnx", [](onnx::Model& m) { m.nodes[2].op = "Selu"; }),
              HasSubstr("node 'r1' (Selu): operator Selu is not supported"));
  EXPECT_THAT(refused_onnx("residual.onnx", [](onnx::Model& m) { m.opsets[""] = 99; }),
              HasSubstr("operator set 99"));
  EXPECT_THAT(refused_onnx("residual.onnx",
                           [](onnx::Model& m) {
                             m.nodes[0].attributes["dilations"] = std::vector<std::int64_t>{2, 2};
                           }),
              HasSubstr("node 'c1' (Conv): is dilated"));
  EXPECT_THAT(
      refused_onnx("residual.onnx", [](onnx::Model& m) { m.inputs[0].shape[2] = std::nullopt; }),
      HasSubstr("leaves an extent open"));
  EXPECT_THAT(refused_onnx("residual.onnx",
                           [](onnx::Model& m) {
                             m.constants["conv2.weight"] = m.constants["conv1.weight"];
                           }),
              HasSubstr("node 'c2' (Conv): has weights of shape [4, 3, 3, 3]"));
  EXPECT_THAT(refused_onnx("gru.onnx",
                           [](onnx::Model& m) {
                             m.nodes[0].attributes["direction"] = std::string{"bidirectional"};
                           }),
              HasSubstr("node 'gru' (GRU): runs bidirectional"));
}

TEST(Import, RefusesBrokenFiles) {
  const std::string whole = test::bytes_of(test::kModels + "residual.onnx");
  EXPECT_THAT(refusal([&] {
                static_cast<void>(onnx::parse_model(whole.substr(0, whole.size() / 2), "cut.onnx"));
              }),
              HasSubstr("cut off"));
  const std::string lite = test::bytes_of(test::kModels + "small.tflite");
  for (std::size_t size = 0; size < lite.size(); size += 7) {
    EXPECT_NE(refusal([&] {
                static_cast<void>(tflite::parse_model(lite.substr(lite.size() - size), "cut"));
              }),
              "")
        << size;
  }
}

TEST(Import, TheDocumentationListsTheOperatorsAndTheirVersions) {
  const std::string page = test::bytes_of(std::string{TURNPIKE_SOURCE_DIR} + "/docs/importing.md");
  const std::size_t from = page.find("<!-- operators");
  const std::string table = page.substr(from, page.find("What each may be") - from);
  std::set<std::string> known;
  for (const ImportedOperator& each : imported_operators()) {
    if (each.domain == "tflite") {
      EXPECT_THAT(page, HasSubstr(each.name)) << each.name;
      continue;
    }
    known.insert(fmt::format("{} {}-{}", each.name, each.first, each.last));
  }
  std::set<std::string> listed;
  const std::regex entry{"[A-Za-z]+ [0-9]+-[0-9]+"};
  for (std::sregex_iterator i{table.begin(), table.end(), entry}, end; i != end; ++i) {
    listed.insert(i->str());
  }
  EXPECT_EQ(listed, known);
}

TEST(FixedPoint, FactorsAreThoseOfTheSpecification) {
  EXPECT_EQ(fixed_point_factor(0.5).multiplier, std::int64_t{1} << 30);
  EXPECT_EQ(fixed_point_factor(0.5).shift, 0);
  EXPECT_EQ(fixed_point_factor(3.0).multiplier, std::int64_t{3} << 29);
  EXPECT_EQ(fixed_point_factor(3.0).shift, 2);
  EXPECT_EQ(fixed_point_factor(0x1.0p-40).multiplier, 0);
  EXPECT_EQ(fixed_point_factor(1.0 - 0x1.0p-40).multiplier, std::int64_t{1} << 30);
}

}  // namespace
}  // namespace turnpike::models
