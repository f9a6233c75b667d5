#include "models/language_task.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/convolution.hpp"
#include "models/float_engine.hpp"
#include "models/parallel.hpp"
#include "traces/npz.hpp"

namespace turnpike::models {
namespace {

/// Tokens whose logits are held at once.
constexpr std::int64_t kTokensAtOnce = 32;

constexpr std::array<std::string_view, 3> kEmbeddings = {"embedding", "embedding.weight",
                                                         "encoder.weight"};
constexpr std::array<std::string_view, 3> kDecoders = {"decoder", "fc", "linear"};

std::vector<float> read_table(const traces::NpzFile& file, const std::string& member,
                              const TensorShape& wanted, std::string_view what) {
  const auto fail = [&](const std::string& problem) {
    throw FileError{{.file = file.path()}, fmt::format("member '{}' {}", member, problem)};
  };
  if (!file.has(member)) {
    fail(fmt::format("is not there: {}", what));
  }
  const TensorShape shape = file.header(member).shape;
  bool fits = shape.size() == wanted.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    fits = wanted[i] < 0 || wanted[i] == shape[i];
  }
  if (!fits) {
    fail(fmt::format("of shape {} should be {}: {}", to_string(shape), to_string(wanted), what));
  }
  std::vector<float> values = file.tensor(member).converted<float>();
  if (!std::all_of(values.begin(), values.end(), [](float each) { return std::isfinite(each); })) {
    fail("has a value that is not finite");
  }
  return values;
}

/// The same network over another number of steps.
Network with_steps(const Network& network, std::int64_t steps) {
  Network out{network.name(), {steps, network.input_shape().at(1)}, 1};
  out.seed = network.seed;
  for (const Layer& each : network.layers()) {
    Layer layer = each;
    layer.steps = layer.is_recurrent() ? steps : layer.steps;
    out.add(std::move(layer));
  }
  return out;
}

/// Which member holds the text.
std::string text_member(const traces::NpzFile& file, const std::string& asked) {
  if (!asked.empty()) {
    return asked;
  }
  for (const char* name : {"ids", "tokens", "test"}) {
    if (file.has(name)) {
      return name;
    }
  }
  if (file.names().size() == 1) {
    return file.names().front();
  }
  throw FileError{{.file = file.path()},
                  fmt::format("has no member 'ids', 'tokens' or 'test'; --member names one of {}",
                              fmt::join(file.names(), ", "))};
}

std::vector<std::int64_t> read_ids(const traces::NpzFile& file, const std::string& member,
                                   std::int64_t words) {
  const auto fail = [&](const std::string& what) {
    throw FileError{{.file = file.path()}, fmt::format("member '{}' {}", member, what)};
  };
  if (!file.has(member)) {
    fail(fmt::format("is not there; there is {}", fmt::join(file.names(), ", ")));
  }
  const Tensor tensor = file.tensor(member);
  if (tensor.is_floating() || tensor.shape().size() != 1) {
    fail(fmt::format("is {} of shape {}, expected one integer a token", tensor.type_name(),
                     to_string(tensor.shape())));
  }
  std::vector<std::int64_t> ids = tensor.converted<std::int64_t>();
  const auto wrong =
      std::find_if(ids.begin(), ids.end(), [&](std::int64_t id) { return id < 0 || id >= words; });
  if (wrong != ids.end()) {
    fail(fmt::format("has the token {} at index {}, but there are {} words, from 0", *wrong,
                     wrong - ids.begin(), words));
  }
  return ids;
}

/// What the softmax reads is not stored first.
void hand_over(traces::Program& program) {
  traces::ProgramTensor& output = program.tensor(program.layers.back().output);
  if (!output.highway && program.layers.back().recurrent) {
    output.kind = traces::TensorKind::floating;
    output.bits = 32;
    output.scale = {1.0};
    output.zero_point = 0.0;
    output.is_signed = false;
  }
}

}  // namespace

bool is_word_table(const std::string& member) {
  return member == "fc_w" || member == "fc_b" ||
         std::find(kEmbeddings.begin(), kEmbeddings.end(), member) != kEmbeddings.end() ||
         std::any_of(kDecoders.begin(), kDecoders.end(), [&](std::string_view prefix) {
           return member == fmt::format("{}.weight", prefix) ||
                  member == fmt::format("{}.bias", prefix);
         });
}

WordTables WordTables::load(const std::string& path, const Network& network) {
  const traces::NpzFile file = traces::NpzFile::open(path);
  WordTables tables;
  std::string embedding{kEmbeddings.front()};
  for (const std::string_view name : kEmbeddings) {
    embedding = file.has(std::string{name}) ? std::string{name} : embedding;
  }
  const std::int64_t features = network.input_shape().at(1);
  const std::int64_t hidden = network.shape_of(network.layers().back().name).at(1);
  tables.embedding = read_table(file, embedding, {-1, features},
                                "a language model needs an embedding, [words][inputs]");
  tables.words = file.header(embedding).shape.at(0);
  if (file.has("fc_w")) {
    const std::vector<float> turned =
        read_table(file, "fc_w", {hidden, tables.words}, "the decoder, [hidden][words]");
    tables.decoder.resize(turned.size());
    for (std::int64_t h = 0; h < hidden; ++h) {
      for (std::int64_t w = 0; w < tables.words; ++w) {
        tables.decoder[static_cast<std::size_t>(w * hidden + h)] =
            turned[static_cast<std::size_t>(h * tables.words + w)];
      }
    }
    tables.decoder_bias = read_table(file, "fc_b", {tables.words}, "the decoder's bias");
    return tables;
  }
  std::string decoder{kDecoders.front()};
  for (const std::string_view name : kDecoders) {
    decoder = file.has(fmt::format("{}.weight", name)) ? std::string{name} : decoder;
  }
  tables.decoder = read_table(file, decoder + ".weight", {tables.words, hidden},
                              "a language model needs a decoder, [words][hidden]");
  tables.decoder_bias = file.has(decoder + ".bias")
                            ? read_table(file, decoder + ".bias", {tables.words}, "its bias")
                            : std::vector<float>(static_cast<std::size_t>(tables.words), 0.0F);
  return tables;
}

double LanguageResult::perplexity() const {
  const double sum = std::accumulate(loss.begin(), loss.end(), 0.0);
  return std::exp(sum / static_cast<double>(std::max<std::size_t>(loss.size(), 1)));
}

LanguageTask::LanguageTask(const Network& network, const std::string& weights,
                           TokenSettings settings)
    : settings_{std::move(settings)},
      tables_{WordTables::load(weights, network)},
      network_{with_steps(network, 1)} {
  const traces::NpzFile file = traces::NpzFile::open(settings_.data);
  settings_.member = text_member(file, settings_.member);
  ids_ = read_ids(file, settings_.member, tables_.words);
  if (settings_.tokens > 0 && settings_.tokens < static_cast<std::int64_t>(ids_.size())) {
    ids_.resize(static_cast<std::size_t>(settings_.tokens));
  }
  steps_ = (static_cast<std::int64_t>(ids_.size()) - 1) / settings_.streams;
  if (steps_ < 1) {
    throw FileError{{.file = settings_.data},
                    fmt::format("member '{}' has {} tokens, too few for {} streams",
                                settings_.member, ids_.size(), settings_.streams)};
  }
  std::vector<std::int64_t> other =
      settings_.calibration_member.empty()
          ? ids_
          : read_ids(file, settings_.calibration_member, tables_.words);
  calibrated_ = std::min(settings_.calibration_tokens, static_cast<std::int64_t>(other.size()));
  const Network calibrating = with_steps(network, calibrated_);
  calibration_ = calibrate(calibrating, embedded(other.data(), calibrated_), 1);
  network_ = with_steps(network, steps_);
}

std::vector<float> LanguageTask::embedded(const std::int64_t* ids, std::int64_t count) const {
  const std::int64_t features = network_.input_shape().at(1);
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(count * features));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = tables_.embedding.begin() + ids[i] * features;
    values.insert(values.end(), row, row + features);
  }
  return values;
}

std::vector<float> LanguageTask::losses(const std::vector<double>& hidden,
                                        const std::int64_t* next) const {
  const std::vector<float> state{hidden.begin(), hidden.end()};
  const std::int64_t width = static_cast<std::int64_t>(state.size()) / steps_;
  std::vector<float> logits(static_cast<std::size_t>(kTokensAtOnce * tables_.words));
  std::vector<float> loss;
  for (std::int64_t first = 0; first < steps_; first += kTokensAtOnce) {
    const std::int64_t count = std::min(kTokensAtOnce, steps_ - first);
    convolve<float>({.batch = count, .channels = width, .filters = tables_.words},
                    state.data() + first * width, tables_.decoder.data(), logits.data());
    for (std::int64_t i = 0; i < count; ++i) {
      float* const row = logits.data() + i * tables_.words;
      float largest = -std::numeric_limits<float>::infinity();
      for (std::int64_t w = 0; w < tables_.words; ++w) {
        row[w] += tables_.decoder_bias[static_cast<std::size_t>(w)];
        largest = std::max(largest, row[w]);
      }
      double sum = 0.0;
      for (std::int64_t w = 0; w < tables_.words; ++w) {
        sum += static_cast<double>(std::exp(row[w] - largest));
      }
      loss.push_back(
          static_cast<float>(std::log(sum) + static_cast<double>(largest - row[next[first + i]])));
    }
  }
  return loss;
}

LanguageEvaluation LanguageTask::evaluate(
    const std::vector<QuantizeOptions>& settings,
    const std::function<void(std::int64_t, std::int64_t)>& progress) const {
  std::vector<QuantizedNetwork> networks;
  for (const QuantizeOptions& options : settings) {
    networks.push_back(quantize_network(network_, calibration_, options));
    hand_over(networks.back().program);
  }
  const auto streams = static_cast<std::size_t>(settings_.streams);
  std::vector<std::vector<std::vector<float>>> loss(
      streams, std::vector<std::vector<float>>(networks.size() + 1));
  std::vector<LayerMeasurement> layers(networks.size());
  std::mutex counting;
  std::int64_t done = 0;
  parallel_for(settings_.streams, settings_.threads, [&](std::int64_t stream) {
    const std::int64_t* const ids = ids_.data() + stream * steps_;
    const std::vector<float> input = embedded(ids, steps_);
    FloatValues reference;
    const FloatVisitor visitor{[&](const FloatValue& value) {
      if (network_.has_layer(value.name)) {
        reference[value.name] = {value.values.begin(), value.values.end()};
      }
    }};
    forward(network_, {input, 1}, visitor);
    const std::vector<float>& last = reference.at(network_.layers().back().name);
    auto& found = loss[static_cast<std::size_t>(stream)];
    found[0] = losses({last.begin(), last.end()}, ids + 1);
    for (std::size_t i = 0; i < networks.size(); ++i) {
      Execution execution{networks[i].program, networks[i].parameters,
                          input_codes(networks[i].program, input, network_.input_shape()),
                          Keep::outputs};
      found[i + 1] = losses(run_measured(networks[i].program, execution,
                                         stream == 0 ? &reference : nullptr, layers[i]),
                            ids + 1);
      const std::scoped_lock lock{counting};
      ++done;
      if (progress) {
        progress(done, settings_.streams * static_cast<std::int64_t>(networks.size()));
      }
    }
  });
  LanguageEvaluation result;
  result.settings.resize(networks.size());
  for (const auto& stream : loss) {
    for (std::size_t i = 0; i < stream.size(); ++i) {
      auto& all = i == 0 ? result.floating.loss : result.settings[i - 1].loss;
      all.insert(all.end(), stream[i].begin(), stream[i].end());
    }
  }
  for (std::size_t i = 0; i < networks.size(); ++i) {
    result.settings[i].layers = layers[i].results(network_);
  }
  return result;
}

std::string LanguageTask::calibrated_on() const {
  return fmt::format(
      "the first {} tokens of '{}'", calibrated_,
      settings_.calibration_member.empty() ? settings_.member : settings_.calibration_member);
}

std::pair<double, double> paired_loss(const std::vector<float>& a, const std::vector<float>& b) {
  ensure(a.size() == b.size() && !a.empty(), "pairs are pairs");
  const auto n = static_cast<double>(a.size());
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(b[i]) - static_cast<double>(a[i]);
    sum += difference;
    squares += difference * difference;
  }
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean) / std::max(1.0, n - 1.0))};
}

}  // namespace turnpike::models
