#include "sim/base/config_node.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/base/config_map.hpp"

namespace turnpike {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(ConfigNode, LaterOriginsWinKeyByKey) {
  ConfigNode node = ConfigNode::from_string("a: 1\nb: {c: 2, d: 3}\n", "file.yaml");
  node.merge(ConfigNode::from_string("b: {c: 9}\n", "profile.yaml"));
  node.set("b.e.f={x: [1, 2]}");
  EXPECT_EQ(node.to_yaml(), "a: 1\nb:\n  c: 9\n  d: 3\n  e:\n    f:\n      x: [1, 2]\n");
  EXPECT_EQ(node.find("b")->find("c")->spot.file, "profile.yaml");
  EXPECT_THAT(node.to_yaml(true), HasSubstr("c: 9  # profile.yaml:1:8"));
}

TEST(ConfigNode, ASetValueIsBlamedOnTheOption) {
  ConfigNode node = ConfigNode::from_string("precision: 16\n", "a.yaml");
  node.set("precision=17");
  ConfigMap map{node, "(top)"};
  EXPECT_THAT([&] { static_cast<void>(map.get_int("precision", 1, 16)); },
              ThrowsMessage<InputError>("--set precision=17: 'precision' is 17, outside 1..16"));
}

TEST(ConfigNode, ASetWithoutAKeyOrAValueIsAnError) {
  ConfigNode node = ConfigNode::from_string("a: 1\n", "a.yaml");
  for (const char* const wrong :
       {"a", "=2", "a=", "a= ", ".a=1", "a.=1", "a..b=1", ".=1", "a=null"}) {
    EXPECT_THROW(node.set(wrong), InputError) << wrong;
  }
  EXPECT_EQ(node.to_yaml(), "a: 1\n");
}

TEST(ConfigNode, ASetMappingMergesAndAnEmptyOneReplaces) {
  ConfigNode node = ConfigNode::from_string("a: {b: 1, c: 2}\n", "a.yaml");
  node.set("a={c: 3}");
  EXPECT_EQ(node.to_yaml(), "a:\n  b: 1\n  c: 3\n");
  node.set("a={}");
  EXPECT_EQ(node.to_yaml(), "a: {}\n");
}

TEST(ConfigNode, FillingKeepsWhatIsThereAndTellsWhatItReplaced) {
  ConfigNode node = ConfigNode::from_string("a: 1\nb: {c: 2}\n", "file.yaml");
  node.fill_from(ConfigNode::from_string("b: {c: 9, d: 4}\ne: 5\n", "profile.yaml"));
  EXPECT_EQ(node.to_yaml(true),
            "a: 1  # file.yaml:1:4\nb:\n  c: 2  # file.yaml:2:8; over 9 of profile.yaml:1:8\n"
            "  d: 4  # profile.yaml:1:14\ne: 5  # profile.yaml:2:4\n");
}

TEST(ConfigNode, OriginsComeBackFromTheirComments) {
  ConfigNode node;
  for (const std::string origin :
       {"a.yaml:3:4", "--set a=1; over 2 of a.yaml:3:4; over [1, 2] of b of c.yaml:1:1",
        "the workload's own", "a:b", ":1:2", "--set x=a:1:02"}) {
    node.kind = ConfigNode::Kind::mapping;
    node.entries.assign(1, {"k", ConfigNode::from_string("1", "x")});
    node.entries[0].second.restore_origin(origin);
    EXPECT_EQ(node.to_yaml(true), "k: 1  # " + origin + "\n");
  }
}

TEST(ConfigNode, AFileThatCannotBeReadSaysWhy) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path{testing::TempDir()} / "turnpike_unreadable";
  fs::create_directories(folder);
  std::ofstream{folder / "empty.yaml"};
  std::ofstream{folder / "comments.yaml"} << "# nothing\n";
  std::ofstream{folder / "locked.yaml"} << "a: 1\n";
  fs::permissions(folder / "locked.yaml", fs::perms::none);
  std::map<std::string, std::string> causes = {
      {folder / "absent.yaml", "cannot be opened: No such file or directory"},
      {folder / "empty.yaml", "is empty"},
      {folder / "comments.yaml", "holds nothing but comments"},
      {folder, "is a directory, not a file"}};
  if (::geteuid() != 0) {  // root may read everything
    causes[folder / "locked.yaml"] = "cannot be opened: Permission denied";
  }
  for (const auto& [path, cause] : causes) {
    try {
      static_cast<void>(ConfigNode::from_file(path));
      FAIL() << path;
    } catch (const FileError& e) {
      EXPECT_EQ(e.what(), path + ": " + cause);
      EXPECT_EQ(e.exit_code(), ExitCode::input_file);
    }
  }
  fs::remove_all(folder);
}

TEST(ConfigNode, SeveralDocumentsAreAnError) {
  for (const char* const text : {"a: 1\n---\nb: 2\n", "a: 1\n...\n'b', 2]\n"}) {
    EXPECT_THAT([&] { static_cast<void>(ConfigNode::from_string(text, "a.yaml")); },
                ThrowsMessage<InputError>("a.yaml: holds more than one YAML document"));
  }
}

TEST(ConfigNode, AnchorsAreAnError) {
  EXPECT_THAT([] { static_cast<void>(ConfigNode::from_string("a: &x [1]\nb: *x\n", "a.yaml")); },
              ThrowsMessage<InputError>("a.yaml:1:4: anchors (&, *) are not supported"));
}

}  // namespace
}  // namespace turnpike
