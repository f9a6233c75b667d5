#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace turnpike {

/// A mapping as files and tables hold it: the kind of array it is for, and its letters in the
/// kind's order. What the letters mean only the kind knows.
struct Mapping {
  /// Of mappings that do not name their kind.
  static constexpr std::string_view kDefaultKind = "row_stationary";
  struct Letter {
    std::string name;
    std::int64_t value = 0;
    friend bool operator==(const Letter&, const Letter&) = default;
  };

  std::string kind{kDefaultKind};
  std::vector<Letter> letters;

  /// Which of the keys of a mapping in a file are letters: the seven of the default kind, whether
  /// they are there or not; of another kind, whose letters its array checks, every key but `kind`.
  [[nodiscard]] static std::vector<std::string> letters_among(std::string_view kind,
                                                              std::vector<std::string> keys) {
    if (kind == kDefaultKind) {
      return {"m", "n", "e", "p", "q", "r", "t"};
    }
    std::erase(keys, "kind");
    return keys;
  }

  [[nodiscard]] bool has(std::string_view letter) const { return find(letter) != letters.end(); }
  /// 0 if there is no such letter.
  [[nodiscard]] std::int64_t value(std::string_view letter) const {
    const auto found = find(letter);
    return found == letters.end() ? 0 : found->value;
  }
  friend bool operator==(const Mapping&, const Mapping&) = default;

 private:
  [[nodiscard]] std::vector<Letter>::const_iterator find(std::string_view letter) const {
    return std::find_if(letters.begin(), letters.end(),
                        [letter](const Letter& l) { return l.name == letter; });
  }
};

}  // namespace turnpike
