// SCALE-Sim's topology files, version 2 and 3: a line a layer,
//   Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter,
//   Strides,
// or, for matrix products, Layer, M, N, K. Maps are as they lie in memory: padding, if there is
// any, is part of them.

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/import/shape_files.hpp"
#include "models/import/shape_network.hpp"
#include "sim/base/files.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models::shapes {
namespace {

const std::vector<std::string> kConv = {"layer name",    "ifmap height", "ifmap width",
                                        "filter height", "filter width", "channels",
                                        "num filter",    "strides"};
const std::vector<std::string> kProduct = {"layer", "m", "n", "k"};
const std::vector<std::string> kMore = {"stride height", "stride width", "sparsity", "target"};

/// Words that files of different versions use for one column.
std::string known_word(const std::string& word) {
  static const std::map<std::string, std::string> same = {{"layer", "layer name"},
                                                          {"name", "layer name"},
                                                          {"layername", "layer name"},
                                                          {"num filters", "num filter"},
                                                          {"number of filters", "num filter"},
                                                          {"filters", "num filter"},
                                                          {"channel", "channels"},
                                                          {"stride", "strides"},
                                                          {"sparsitysupport", "sparsity"},
                                                          {"sparsityratio", "sparsity"},
                                                          {"sparsity ratio", "sparsity"}};
  const auto found = same.find(word);
  return found == same.end() ? word : found->second;
}

std::string trimmed(const std::string& text) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  const auto first = std::find_if_not(text.begin(), text.end(), space);
  const auto last = std::find_if_not(text.rbegin(), std::make_reverse_iterator(first), space);
  return {first, last.base()};
}

class Topology {
 public:
  Topology(std::string path, const ImportOptions& options)
      : path_{std::move(path)}, network_{path_, options} {}

  ImportedNetwork read() && {
    const std::string text = read_input(path_);
    std::size_t from = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while (from < text.size()) {
      const std::size_t end = std::min(text.find('\n', from), text.size());
      ++line_;
      read_line(text.substr(from, end - from));
      from = end + 1;
    }
    if (!header_) {
      fail("has no header line");
    }
    if (is_product_) {
      network_.note("a matrix product M, N, K is M x K values times K x N weights");
    } else {
      network_.note("maps are taken as they stand, padding included: the format has no other");
      network_.note(
          "the format has no groups: a depthwise layer is the convolution its row states");
    }
    return std::move(network_).finish();
  }

 private:
  [[noreturn]] void fail(std::string_view what) const { throw FileError{{path_, line_, 0}, what}; }

  void read_line(const std::string& line) {
    if (line.find('\0') != std::string::npos || line.size() > kLongestLine) {
      fail("is no line of text");
    }
    std::vector<std::string> fields = split(line);
    if (std::all_of(fields.begin(), fields.end(), [](const auto& f) { return f.empty(); })) {
      return;
    }
    if (!header_) {
      read_header(line, fields);
      return;
    }
    read_layer(fields);
  }

  /// Fields without the spaces around them and without a comment behind them.
  static std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> fields;
    std::size_t from = 0;
    while (from <= line.size()) {
      const std::size_t comma = std::min(line.find(',', from), line.size());
      std::string field = trimmed(line.substr(from, comma - from));
      from = comma + 1;
      if (field.starts_with('#')) {
        break;
      }
      fields.push_back(std::move(field));
    }
    while (!fields.empty() && fields.back().empty()) {
      fields.pop_back();
    }
    return fields;
  }

  void read_header(const std::string& line, const std::vector<std::string>& fields) {
    if (fields.size() < 2) {
      const bool other = line.find_first_of(";\t|") != std::string::npos;
      fail(other ? "fields are separated by commas" : "is no header of a topology file");
    }
    std::vector<std::string> words;
    for (const std::string& field : fields) {
      std::string word = field;
      std::transform(word.begin(), word.end(), word.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      words.push_back(known_word(word));
    }
    is_product_ = std::find(words.begin(), words.end(), "m") != words.end();
    const std::vector<std::string> needed =
        is_product_ ? std::vector<std::string>{"layer name", "m", "n", "k"} : kConv;
    std::vector<std::string> known = needed;
    known.insert(known.end(), kMore.begin(), kMore.end());
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].empty()) {
        continue;
      }
      if (std::find(known.begin(), known.end(), words[i]) == known.end()) {
        fail(fmt::format("unknown column '{}'{}", fields[i], suggestion(words[i], known)));
      }
      if (!columns_.emplace(words[i], i).second) {
        fail(fmt::format("column '{}' is given twice", fields[i]));
      }
    }
    const bool two_strides =
        columns_.contains("stride height") && columns_.contains("stride width");
    for (const std::string& word : needed) {
      if (!columns_.contains(word) && !(word == "strides" && two_strides)) {
        fail(fmt::format("lacks the column '{}'; a topology file begins with '{}' or '{}'", word,
                         fmt::join(kConv, ", "), fmt::join(kProduct, ", ")));
      }
    }
    width_ = fields.size();
    header_ = true;
  }

  [[nodiscard]] std::optional<std::string> field(const std::vector<std::string>& fields,
                                                 const std::string& column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() || found->second >= fields.size()
               ? std::nullopt
               : std::optional{fields[found->second]};
  }

  [[nodiscard]] std::int64_t count(const std::string& text, const std::string& column) const {
    constexpr std::size_t kMostDigits = 9;
    if (text.empty() || text.size() > kMostDigits ||
        text.find_first_not_of("0123456789") != std::string::npos || text[0] == '0') {
      fail(fmt::format("'{}' must be a whole number above 0, not '{}'", column, text));
    }
    return std::stoll(text);
  }

  [[nodiscard]] std::int64_t count_of(const std::vector<std::string>& fields,
                                      const std::string& column) const {
    return count(field(fields, column).value_or(""), column);
  }

  /// Rows, columns. A number behind the stride, in a column without a name, is the stride along the
  /// columns, as SCALE-Sim takes it; a word there is the target, one column early.
  [[nodiscard]] std::array<std::int64_t, 2> strides_of(const std::vector<std::string>& fields) {
    if (columns_.contains("stride height") && columns_.contains("stride width")) {
      return {count_of(fields, "stride height"), count_of(fields, "stride width")};
    }
    const std::int64_t rows = count_of(fields, "strides");
    const std::size_t next = columns_.at("strides") + 1;
    const bool named = std::any_of(columns_.begin(), columns_.end(),
                                   [next](const auto& each) { return each.second == next; });
    const bool word = next < fields.size() && columns_.contains("target") &&
                      fields[next].find_first_not_of("0123456789") != std::string::npos;
    if (named || next >= fields.size() || fields[next].empty() || word) {
      return {rows, rows};
    }
    return {rows, count(fields[next], "stride along the columns")};
  }

  void read_layer(const std::vector<std::string>& fields) {
    const std::string name = field(fields, "layer name").value_or("");
    if (name.empty()) {
      fail("has no name of a layer");
    }
    if (fields.size() > std::max(width_, columns_.size()) + 1) {
      fail(fmt::format("has {} fields under {} columns", fields.size(), width_));
    }
    if (const auto sparse = field(fields, "sparsity");
        sparse && !sparse->empty() && *sparse != "1:1") {
      network_.note("a stated sparsity of weights is not read: weights are dense");
    }
    PlacedLayer placed;
    placed.name = name;
    placed.spot = {path_, line_, 0};
    Einsum einsum;
    einsum.spot = placed.spot;
    if (is_product_) {
      einsum.sizes = {
          {"m", count_of(fields, "m")}, {"n", count_of(fields, "n")}, {"k", count_of(fields, "k")}};
      einsum.input = {{{"m"}}, {{"k"}}};
      einsum.weight = {{{"k"}}, {{"n"}}};
      einsum.output = {{{"m"}}, {{"n"}}};
    } else {
      fill_conv(fields, einsum);
    }
    placed.shape = layer_of(einsum);
    if (!is_product_ && placed.shape.input.size() == 3) {
      // What no window reaches is part of the map all the same.
      placed.shape.input[1] = count_of(fields, "ifmap height");
      placed.shape.input[2] = count_of(fields, "ifmap width");
    }
    network_.add(std::move(placed));
  }

  void fill_conv(const std::vector<std::string>& fields, Einsum& einsum) {
    const std::array<std::int64_t, 2> map = {count_of(fields, "ifmap height"),
                                             count_of(fields, "ifmap width")};
    const std::array<std::int64_t, 2> kernel = {count_of(fields, "filter height"),
                                                count_of(fields, "filter width")};
    const std::array<std::int64_t, 2> stride = strides_of(fields);
    for (std::size_t i = 0; i < 2; ++i) {
      if (kernel[i] > map[i]) {
        fail(fmt::format("a filter of {} x {} does not fit in a map of {} x {}", kernel[0],
                         kernel[1], map[0], map[1]));
      }
    }
    einsum.sizes = {{"y", (map[0] - kernel[0]) / stride[0] + 1},
                    {"x", (map[1] - kernel[1]) / stride[1] + 1},
                    {"r", kernel[0]},
                    {"s", kernel[1]},
                    {"c", count_of(fields, "channels")},
                    {"k", count_of(fields, "num filter")}};
    einsum.input = {{{"c"}}, {{"y", stride[0]}, {"r"}}, {{"x", stride[1]}, {"s"}}};
    einsum.weight = {{{"k"}}, {{"c"}}, {{"r"}}, {{"s"}}};
    einsum.output = {{{"k"}}, {{"y"}}, {{"x"}}};
  }

  static constexpr std::size_t kLongestLine = 4096;
  std::string path_;
  ShapeNetwork network_;
  int line_ = 0;
  bool header_ = false;
  bool is_product_ = false;
  std::map<std::string, std::size_t> columns_;
  std::size_t width_ = 0;
};

}  // namespace

ImportedNetwork import_scale_sim(const std::string& path, const ImportOptions& options) {
  return Topology{path, options}.read();
}

}  // namespace turnpike::models::shapes
