#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/network_file.hpp"
#include "models/ops/ops.hpp"

namespace turnpike::models {
namespace {

/// "1..2^20 or [rows, columns]", "an order of i,f,g,o".
std::string allowed_text(const LayerKey& key) {
  const bool number = key.type.starts_with("integer");
  const std::string range =
      number ? fmt::format("{}..{}", key.min,
                           key.max == kMaxExtent ? "2^20" : fmt::format("{}", key.max))
             : "";
  return fmt::format("{}{}{}", range, number && !key.form.empty() ? " or " : "", key.form);
}

/// One key as the operations that have it describe it.
class KeyOfOps {
 public:
  void add(std::string_view op, const LayerKey& key) {
    ops_.emplace_back(op);
    type_ = key.type;
    meaning_ = key.meaning;
    note(allowed_, allowed_text(key), op);
    note(absent_, std::string{key.absent}, op);
  }

  [[nodiscard]] NetworkKey described(const std::string& name) const {
    return {.key = "layers[]." + name,
            .type = type_,
            .allowed = text(allowed_),
            .absent = text(absent_),
            .meaning = fmt::format("{}: {}", fmt::join(ops_, ", "), meaning_)};
  }

 private:
  using Said = std::vector<std::pair<std::string, std::vector<std::string>>>;  ///< text, by whom

  static void note(Said& said, const std::string& text, std::string_view op) {
    const auto found = std::find_if(said.begin(), said.end(),
                                    [&text](const auto& each) { return each.first == text; });
    (found == said.end() ? said.emplace_back(text, std::vector<std::string>{}) : *found)
        .second.emplace_back(op);
  }

  /// "required for conv; the whole map for maxpool, avgpool".
  static std::string text(const Said& said) {
    std::string text;
    for (const auto& [what, ops] : said) {
      const bool all = said.size() == 1 && what != kRequired;
      text += fmt::format("{}{}{}", text.empty() ? "" : "; ", what,
                          all ? "" : fmt::format(" for {}", fmt::join(ops, ", ")));
    }
    return text;
  }

  std::vector<std::string> ops_;
  std::string type_;
  std::string meaning_;
  Said allowed_;
  Said absent_;
};

std::vector<NetworkKey> keys_of_operations() {
  std::vector<std::string> order;
  std::map<std::string, KeyOfOps> keys;
  for (const std::string& name : network_ops()) {
    traces::Op op = traces::Op::conv;
    static_cast<void>(from_string(name, op));
    for (const LayerKey& key : operation(op).keys) {
      const std::string of{key.key};
      if (!keys.contains(of)) {
        order.push_back(of);
      }
      keys[of].add(name, key);
    }
  }
  std::vector<NetworkKey> described;
  for (const std::string& key : order) {
    described.push_back(keys.at(key).described(key));
  }
  return described;
}

std::vector<NetworkKey> all_keys() {
  std::vector<NetworkKey> keys = {
      {"schema", "choice", "turnpike-network/1", "required", "kind and version of the file"},
      {"name", "text", "", "the file's path", "printed with every result"},
      {"batch", "integer", "1..65536", "1", "images"},
      {"seed", "integer", "0..2^62", "1", "of synthetic weights and inputs"},
      {"layers", "list", "at least one", "required", "layers in execution order"},
      {"layers[].name", "text", "each once", "required", "name of the layer"},
      {"layers[].op", "choice", fmt::format("{}", fmt::join(network_ops(), ", ")), "required",
       "what it computes"},
      {"layers[].from", "text or list", "names of layers before it", "the layer before",
       "its inputs"},
      {"layers[].input", "integer or list", "[C, H, W] or [features]; 1..2^20 each",
       "what arrives; required in the first layer",
       "input shape before padding; lstm and gru: features per step"}};
  for (NetworkKey& key : keys_of_operations()) {
    keys.push_back(std::move(key));
  }
  for (NetworkKey& key : std::vector<NetworkKey>{
           {"layers[].zeros.ifmap", "number", "0..1", "what arrives",
            "conv, fc: reads a synthetic tensor with this share of zeros"},
           {"layers[].zeros.ofmap", "number", "0..1", "what comes out",
            "conv, fc: bias is chosen for this share of zeros after the ReLU"},
           {"layers[].bits.weight", "integer", "1..16", "the machine's", "bits of the weights"},
           {"layers[].bits.activation", "integer", "1..16", "the machine's", "bits of the ifmap"},
           {"layers[].mapping", "mapping", "{kind, m, n, e, p, q, r, t}", "searched",
            "mapping for a kind of array, row_stationary if not named, with its letters"},
           {"layers[].width_tile", "integer", "1..2^20", "chosen by the mapper",
            "ofmap columns per tile"}}) {
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

const std::vector<NetworkKey>& network_keys() {
  static const std::vector<NetworkKey> keys = all_keys();
  return keys;
}

}  // namespace turnpike::models
