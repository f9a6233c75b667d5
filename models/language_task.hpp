#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/layer_measurement.hpp"
#include "models/quantize.hpp"

/// A recurrent network as a language model: which word comes next.
namespace turnpike::models {

/// What stands before and behind the recurrent layers, off the array and in float.
struct WordTables {
  std::int64_t words = 0;
  std::vector<float> embedding;     ///< [words][features of the network's input]
  std::vector<float> decoder;       ///< [words][features of its output]
  std::vector<float> decoder_bias;  ///< [words]

  /// From the file of the network's weights: `embedding` or `embedding.weight`, `encoder.weight`;
  /// `fc_w` [hidden][words] and `fc_b`, or `decoder`, `fc` or `linear` with `.weight`
  /// [words][hidden] and `.bias`. FileError, naming the member and its shape.
  static WordTables load(const std::string& path, const Network& network);
};
/// True for the members of a weights file that WordTables takes.
[[nodiscard]] bool is_word_table(const std::string& member);

struct TokenSettings {
  std::string data = {};                   ///< .npz with a member of token ids
  std::string member = {};                 ///< empty: the only one, or `ids`, `tokens`, `test`
  std::int64_t tokens = 0;                 ///< the first so many; 0: all
  std::int64_t streams = 10;               ///< read side by side, each from a state of 0
  std::string calibration_member = {};     ///< of the same file; empty: the member itself
  std::int64_t calibration_tokens = 4000;  ///< the first so many of it
  int threads = 1;
};

/// What one setting made of the text.
struct LanguageResult {
  std::vector<float> loss;          ///< -log p of each token, in nats
  std::vector<LayerResult> layers;  ///< on the first stream; none of the float network

  [[nodiscard]] double perplexity() const;
};
struct LanguageEvaluation {
  LanguageResult floating;
  std::vector<LanguageResult> settings;
};

class LanguageTask {
 public:
  LanguageTask(const Network& network, const std::string& weights, TokenSettings settings);

  /// The layer whose output the softmax reads hands it over as it is computed, before it is stored.
  [[nodiscard]] LanguageEvaluation evaluate(
      const std::vector<QuantizeOptions>& settings,
      const std::function<void(std::int64_t, std::int64_t)>& progress = {}) const;

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] const TokenSettings& settings() const { return settings_; }
  [[nodiscard]] std::int64_t stream_tokens() const { return steps_; }
  [[nodiscard]] std::string calibrated_on() const;

 private:
  [[nodiscard]] std::vector<float> embedded(const std::int64_t* ids, std::int64_t count) const;
  [[nodiscard]] std::vector<float> losses(const std::vector<double>& hidden,
                                          const std::int64_t* next) const;

  TokenSettings settings_;
  WordTables tables_;
  std::vector<std::int64_t> ids_;
  std::int64_t steps_ = 0;  ///< of a stream
  std::int64_t calibrated_ = 0;
  Network network_;  ///< of so many steps
  Calibration calibration_;
};

/// Mean of b - a over paired items, and its standard error.
[[nodiscard]] std::pair<double, double> paired_loss(const std::vector<float>& a,
                                                    const std::vector<float>& b);

}  // namespace turnpike::models
