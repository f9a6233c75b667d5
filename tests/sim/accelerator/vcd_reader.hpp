#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace turnpike::accelerator::test {

/// A value change dump as its standard defines it, as far as we write it: an independent reader.
struct Vcd {
  using Value = std::optional<std::uint64_t>;                    ///< nothing: x
  std::map<std::string, std::map<std::uint64_t, Value>> values;  ///< by full name, then time
  std::set<std::uint64_t> times;
  std::uint64_t begin = 0, end = 0;
  std::map<std::string, int> bits;

  /// Value of a signal at a time.
  [[nodiscard]] Value at(const std::string& name, std::uint64_t time) const {
    const auto& changes = values.at("accelerator." + name);
    auto next = changes.upper_bound(time);
    return next == changes.begin() ? Value{} : std::prev(next)->second;
  }
};

inline Vcd read_vcd(const std::string& text) {
  Vcd vcd;
  std::istringstream in{text};
  std::vector<std::string> scopes;
  std::map<std::string, std::string> names;
  std::string token;
  bool definitions = true;
  bool started = false;
  std::uint64_t time = 0;
  const auto change = [&vcd, &time, &names, &started](const std::string& code, Vcd::Value value) {
    EXPECT_TRUE(started) << "a value before the first time";
    EXPECT_TRUE(names.contains(code)) << code;
    vcd.values[names[code]][time] = value;
  };
  while (in >> token) {
    if (token == "$comment" || token == "$version" || token == "$timescale") {
      std::string unit;
      while (in >> unit && unit != "$end") {
        EXPECT_TRUE(token != "$timescale" || unit == "1" || unit == "ps");
      }
    } else if (token == "$scope") {
      std::string kind, name;
      in >> kind >> name >> token;
      scopes.push_back(name + ".");
    } else if (token == "$upscope") {
      EXPECT_FALSE(scopes.empty());
      scopes.pop_back();
      in >> token;
    } else if (token == "$var") {
      EXPECT_TRUE(definitions);
      std::string kind, code, name, word;
      int bits = 0;
      in >> kind >> bits >> code >> name;
      while (in >> word && word != "$end") {
      }
      std::string full;
      for (const std::string& scope : scopes) {
        full += scope;
      }
      EXPECT_FALSE(names.contains(code)) << "one code, two signals";
      names[code] = full + name;
      vcd.bits[full + name] = bits;
    } else if (token == "$enddefinitions") {
      in >> token;
      definitions = false;
      EXPECT_TRUE(scopes.empty());
    } else if (token == "$dumpvars" || token == "$end") {
    } else if (token[0] == '#') {
      const std::uint64_t next = std::stoull(token.substr(1));
      EXPECT_TRUE(!started || next > time) << "time " << next << " after " << time;
      vcd.begin = started ? vcd.begin : next;
      started = true;
      time = vcd.end = next;
      vcd.times.insert(next);
    } else if (token[0] == 'b') {
      std::string code;
      in >> code;
      EXPECT_LE(token.size() - 1, 64U);
      change(code, token == "bx" ? Vcd::Value{} : std::stoull(token.substr(1), nullptr, 2));
    } else {
      EXPECT_TRUE(token[0] == '0' || token[0] == '1' || token[0] == 'x') << token;
      change(token.substr(1), token[0] == 'x' ? Vcd::Value{} : Vcd::Value{token[0] == '1'});
    }
  }
  EXPECT_FALSE(definitions);
  return vcd;
}

}  // namespace turnpike::accelerator::test
