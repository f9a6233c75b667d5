#include "models/ops/recurrent.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "models/engine.hpp"
#include "models/network_file.hpp"
#include "models/quantize.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

using traces::TensorEntry;
using traces::Trace;

double real(const TensorEntry& tensor, std::size_t i) {
  const double code = tensor.data.at(static_cast<std::int64_t>(i));
  return tensor.is_float() ? code : tensor.scale[0] * (code - tensor.zero_point);
}

/// What a reader of `tensor` sees of `value`.
double kept(const TensorEntry& tensor, double value) {
  if (tensor.is_float()) {
    return value;
  }
  return traces::dequantize(
      static_cast<double>(traces::quantize(value, tensor.scale[0], tensor.zero_point,
                                           tensor.min_code(), tensor.max_code())),
      tensor.scale[0], tensor.zero_point);
}

/// Highway bits (0: none), and whether g, tanh(c) and c are quantized as the paper does it.
class LstmAgainstFormulas : public testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(LstmAgainstFormulas, EveryStoredValueIsTheNaiveDoubleComputation) {
  const auto [highway_bits, apart] = GetParam();
  const Network given = read_network(TURNPIKE_SOURCE_DIR "/configs/networks/lstm_example.yaml");
  Network net{given.name(), given.input_shape(), 1};
  net.set_input(given.input());
  for (Layer layer : given.layers()) {
    layer.places.own_candidate = layer.places.coded_tanh = layer.places.tanh_of_computed = apart;
    net.add(std::move(layer));
  }
  QuantizeOptions options;
  options.weight_bits = 2;
  options.activation_bits = 3;
  options.highway = highway_bits != 0;
  options.highway_bits = highway_bits != 0 ? highway_bits : 8;
  const Trace trace = quantize(net, calibrate(net), options);
  const TensorEntry& x = trace.tensor("input.q");
  const TensorEntry& h_prev = trace.tensor("lstm.h_prev.q");
  const TensorEntry& wx = trace.tensor("lstm.wx");
  const TensorEntry& wh = trace.tensor("lstm.wh");
  const TensorEntry& gates = trace.tensor("lstm.gates");
  const TensorEntry& cell = trace.tensor("lstm.c");
  const TensorEntry& h = trace.tensor("lstm.h");
  const TensorEntry& candidate = apart ? trace.tensor("lstm.candidate") : gates;
  ASSERT_EQ(gates.data.shape(), (TensorShape{8, apart ? 300 : 400}));
  ASSERT_EQ(gates.is_float(), options.highway);
  if (apart && !options.highway) {
    // Three bits over [-1, 1] for g and tanh(c), over [0, 1] for the gates.
    for (const std::string name : {"lstm.candidate", "lstm.cell_tanh"}) {
      ASSERT_EQ(trace.tensor(name).bits, 3);
      ASSERT_DOUBLE_EQ(trace.tensor(name).scale[0], 2.0 / 7.0);
      ASSERT_DOUBLE_EQ(trace.tensor(name).zero_point, 3.5);
    }
    ASSERT_EQ(gates.bits, 3);
    ASSERT_DOUBLE_EQ(gates.scale[0], 1.0 / 7.0);
    ASSERT_EQ(gates.zero_point, 0.0);
  }
  std::vector<double> c(100, 0.0);
  std::vector<double> last(100, 0.0);
  for (std::size_t t = 0; t < 8; ++t) {
    std::vector<double> gate(400);
    for (std::size_t j = 0; j < 400; ++j) {
      double sum = static_cast<double>(net.layer("lstm").bias[j]);
      for (std::size_t i = 0; i < 64; ++i) {
        sum += real(x, t * 64 + i) * real(wx, i * 400 + j);
      }
      for (std::size_t i = 0; i < 100; ++i) {
        sum += real(h_prev, t * 100 + i) * real(wh, i * 400 + j);
      }
      ASSERT_NEAR(sum, real(trace.tensor("lstm.preact"), t * 400 + j), 1e-9);
      sum = real(trace.tensor("lstm.preact"), t * 400 + j);
      const bool g = j / 100 == 2;
      gate[j] = kept(g ? candidate : gates, g ? std::tanh(sum) : traces::sigmoid(sum));
      const double stored = !apart ? real(gates, t * 400 + j)
                            : g    ? real(candidate, t * 100 + j - 200)
                                   : real(gates, t * 300 + (j < 200 ? j : j - 100));
      ASSERT_NEAR(gate[j], stored, 1e-12);
    }
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_EQ(real(h_prev, t * 100 + i), kept(h_prev, last[i])) << t;
      const double computed = gate[100 + i] * c[i] + gate[200 + i] * gate[i];
      c[i] = kept(cell, computed);
      ASSERT_NEAR(c[i], real(cell, t * 100 + i), 1e-12);
      double squashed = std::tanh(apart ? computed : c[i]);
      if (apart) {
        squashed = kept(trace.tensor("lstm.cell_tanh"), squashed);
        ASSERT_NEAR(squashed, real(trace.tensor("lstm.cell_tanh"), t * 100 + i), 1e-12);
      }
      last[i] = kept(h, gate[300 + i] * squashed);
      ASSERT_NEAR(last[i], real(h, t * 100 + i), 1e-12);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(HighwayBits, LstmAgainstFormulas,
                         testing::Combine(testing::Values(0, 8, 32), testing::Bool()));

TEST(Recurrent, AFileMayStateWhereValuesAreQuantized) {
  const auto places = [](const std::string& keys) {
    return parse_network(
               "schema: turnpike-network/1\n"
               "layers: [{name: cell, op: lstm, input: 3, hidden: 2" +
                   keys + "}]\n",
               "lstm")
        .layer("cell")
        .places;
  };
  EXPECT_FALSE(places("").own_candidate || places("").coded_tanh || places("").tanh_of_computed);
  EXPECT_EQ(places("").highway_range, config::ActivationQuantizer::mse);
  const RecurrentPlaces stated =
      places(", candidate: own, cell_tanh: codes, tanh_of: computed, highway_range: max");
  EXPECT_TRUE(stated.own_candidate && stated.coded_tanh && stated.tanh_of_computed);
  EXPECT_EQ(stated.highway_range, config::ActivationQuantizer::max);
  EXPECT_THROW(static_cast<void>(places(", candidate: gate")), InputError);
  EXPECT_THROW(static_cast<void>(places(", highway_range: pact")), InputError);
}

/// Makes a tensor the real values a reader of it sees.
void make_real(TensorEntry& tensor) {
  std::vector<double> values;
  for (std::size_t i = 0; i < static_cast<std::size_t>(tensor.data.size()); ++i) {
    const double scale = tensor.axis ? tensor.scale[i % tensor.scale.size()] : tensor.scale[0];
    values.push_back(scale * (tensor.data.at(static_cast<std::int64_t>(i)) - tensor.zero_point));
  }
  tensor.data = Tensor{tensor.data.shape(), std::move(values)};
  tensor.kind = traces::TensorKind::floating;
  tensor.axis.reset();
  tensor.scale = {1.0};
  tensor.zero_point = 0.0;
}

TEST(Recurrent, AScalePerOutputStaysWithItsOutputBesideAFloatOperand) {
  const Network net = parse_network(
      "schema: turnpike-network/1\n"
      "layers: [{name: cell, op: gru, input: 3, hidden: 2, steps: 2}]\n",
      "gru");
  Trace trace = quantize(net, calibrate(net), {.weight_bits = 4, .activation_bits = 4});
  make_real(trace.tensor("input.q"));
  TensorEntry& weights = trace.tensor("cell.wx");
  weights.axis = 1;
  weights.scale = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  const Tensor mixed = compute_layer(trace, 0).at("cell.preact");
  make_real(weights);
  const Tensor real = compute_layer(trace, 0).at("cell.preact");
  for (std::int64_t i = 0; i < real.size(); ++i) {
    EXPECT_DOUBLE_EQ(mixed.at(i), real.at(i)) << i;
  }
}

}  // namespace
}  // namespace turnpike::models
