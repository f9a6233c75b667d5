// The small subcommands.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using Json = nlohmann::json;

std::string output_of(const std::vector<std::string>& arguments) {
  const Outcome outcome = turnpike(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return outcome.out;
}

TEST(Command, HelpAndVersionGoToStdout) {
  EXPECT_NE(output_of({"--help"}).find("sensitivity"), std::string::npos);
  EXPECT_TRUE(output_of({"--version"}).starts_with("turnpike "));
}

TEST(Command, ListsPlainNames) {
  EXPECT_NE(("\n" + output_of({"list", "zoo"})).find("\nresnet18\n"), std::string::npos);
  EXPECT_NE(("\n" + output_of({"list", "profiles"})).find("\nsilicon\n"), std::string::npos);
  EXPECT_NE(("\n" + output_of({"list", "devices"})).find("\nlpddr3-1600\n"), std::string::npos);
  EXPECT_NE(("\n" + output_of({"list", "technologies"})).find("\n65nm\n"), std::string::npos);
  EXPECT_TRUE(Json::parse(output_of({"list", "zoo", "--json"})).is_array());
}

TEST(Command, HelpAndVersionAreCommandsToo) {
  EXPECT_EQ(output_of({"help"}), output_of({"--help"}));
  EXPECT_EQ(output_of({"help", "trace", "check"}), output_of({"trace", "check", "--help"}));
  EXPECT_EQ(output_of({"version"}), output_of({"--version"}));
  EXPECT_EQ(output_of({"-V"}), output_of({"--version"}));
}

TEST(Command, ListedNamesAreTaken) {
  for (const char* kind : {"accelerators", "networks", "sweeps"}) {
    const Json names = Json::parse(output_of({"list", kind, "--json"}));
    EXPECT_GE(names.size(), 2U) << kind;
    for (const Json& name : names) {
      const std::string word = name;
      const std::vector<std::string> command =
          kind == std::string{"accelerators"} ? std::vector<std::string>{"area", word}
          : kind == std::string{"networks"}
              ? std::vector<std::string>{"model", "info", word}
              : std::vector<std::string>{"sweep", word, "--status", "-o", scratch("none")};
      output_of(command);
    }
  }
}

TEST(Command, ListsNothingOfAFolderThatIsNotThere) {
  for (const char* kind : {"accelerators", "networks", "sweeps", "profiles", "technologies"}) {
    expect_refused({"list", kind, "--configs", scratch("nowhere")}, 3, "nowhere");
  }
}

TEST(Command, AFileOfTheCurrentFolderComesBeforeAName) {
  const std::string folder = scratch("own");
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(changed_accelerator("name: precision-highway", "name: my-own"),
                             folder + "/precision-highway",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(shell(folder, "turnpike area precision-highway").out.starts_with("my-own:"));
  EXPECT_TRUE(shell(scratch(""), "turnpike area precision-highway").out.starts_with("precision-"));
}

TEST(Command, EveryShippedConfigurationIsValid) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{repository("configs")}) {
    if (entry.path().extension() == ".yaml") {
      EXPECT_NE(output_of({"config", "check", entry.path().string(), "--wide"}).find("a valid"),
                std::string::npos);
      ++files;
    }
  }
  EXPECT_GT(files, 15);
}

TEST(Command, ConfigShowGivesOriginsAndAValidFile) {
  const std::string text = output_of({"config", "show", accelerator(), "--set", "precision=4"});
  EXPECT_NE(text.find("precision: 4  # --set precision=4"), std::string::npos) << text;
  EXPECT_NE(text.find("profiles/silicon.yaml:"), std::string::npos);
  EXPECT_EQ(turnpike({"config", "check", put("resolved.yaml", text)}).code, 0);
}

TEST(Command, MapRanksFourMappings) {
  const Json json = Json::parse(
      output_of({"map", accelerator(), "--network", "zoo:alexnet", "--layers", "conv?", "--json"}));
  ASSERT_GE(json.at("layers").size(), 3U);
  std::size_t runners_up = 0;  // none where no other could be better by its bound
  for (const Json& layer : json.at("layers")) {
    runners_up += layer.at("runners_up").size();
    for (const Json& next : layer.at("runners_up")) {
      // The plan takes a mapping 1 % slower for less energy; 0: dropped on the way.
      const auto stepped = next.at("stepped_cycles").get<double>();
      EXPECT_TRUE(stepped == 0.0 ||
                  1.01 * stepped >= layer.at("chosen").at("stepped_cycles").get<double>());
    }
  }
  EXPECT_GE(runners_up, json.at("layers").size());
  EXPECT_NE(output_of({"map", accelerator(), "--network", "zoo:lstm300"}).find("chosen"),
            std::string::npos);
}

TEST(Command, AreaSumsItsParts) {
  const Json json = Json::parse(output_of({"area", accelerator(), "--json"}));
  double sum = 0.0;
  for (const Json& part : json.at("parts")) {
    sum += part.at("area_um2").get<double>();
  }
  EXPECT_NEAR(sum * 1e-6, json.at("area_mm2").get<double>(), 1e-9);
  EXPECT_NE(output_of({"area", accelerator()}).find("profile silicon:"), std::string::npos);
}

TEST(Command, ModelInfoCountsTheMacsOfTheLstm) {
  const Json json = Json::parse(
      output_of({"model", "info", "zoo:lstm300", "--precision", "2", "--highway", "--json"}));
  EXPECT_EQ(json.at("macs"), 720000);
  EXPECT_EQ(json.at("highway").size(), 2U);
  EXPECT_EQ(json.at("macs_by_bits")[0].at("weight_bits"), 2);
}

TEST(Command, ExportedTraceRunsAndConverts) {
  const std::string trace = scratch("lstm.npz");
  output_of({"model", "quantize", "zoo:lstm300", "-o", trace, "--precision", "2x4"});
  EXPECT_NE(output_of({"trace", "check", trace}).find("valid trace"), std::string::npos);
  const Json info = Json::parse(output_of({"trace", "info", trace, "--json"}));
  EXPECT_EQ(info.at("layers")[0].at("weight_bits"), 2);
  EXPECT_EQ(info.at("layers")[0].at("input_bits"), 4);
  output_of({"trace", "convert", trace, scratch("folder")});
  output_of({"trace", "convert", scratch("folder"), scratch("back.npz")});
  EXPECT_EQ(bytes_of(trace), bytes_of(scratch("back.npz")));
  const Json run = Json::parse(output_of({"run", accelerator(), "--network", trace, "--json"}));
  EXPECT_EQ(run.at("precision").at("weight"), 2);
  EXPECT_EQ(run.at("precision").at("activation"), 4);
}

TEST(Command, ModelEvalGivesAnErrorForEachLayer) {
  const Json json =
      Json::parse(output_of({"model", "eval", "zoo:lstm300", "--precision", "8", "--json"}));
  EXPECT_EQ(json.at("layers").size(), 1U);
  EXPECT_LT(json.at("layers")[0].at("cosine_error").get<double>(), 0.05);
}

}  // namespace
}  // namespace turnpike::smoke
