#include "models/float_engine.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "models/network_file.hpp"
#include "models/ops/products.hpp"
#include "tests/models/naive.hpp"

namespace turnpike::models {
namespace {

std::map<std::string, std::vector<double>> values_of(const Network& net) {
  std::map<std::string, std::vector<double>> values;
  forward(net, [&](const FloatValue& value) {
    values[value.name] = {value.values.begin(), value.values.end()};
    EXPECT_EQ(element_count(value.shape), static_cast<std::int64_t>(value.values.size()));
  });
  return values;
}

std::vector<double> widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

void expect_near(const std::vector<double>& got, const std::vector<double>& wanted,
                 const std::string& name) {
  ASSERT_EQ(got.size(), wanted.size()) << name;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], wanted[i], 1e-4 * (1.0 + std::fabs(wanted[i]))) << name << " " << i;
  }
}

TEST(FloatEngine, AResidualNetworkEqualsNaiveLoopsInDouble) {
  const Network net = read_network(TURNPIKE_SOURCE_DIR "/configs/networks/residual_example.yaml");
  const auto got = values_of(net);
  std::map<std::string, std::vector<double>> wanted = {{"input", widened(net.input())}};
  for (const Layer& layer : net.layers()) {
    std::vector<double> out = wanted.at(layer.inputs[0]);
    if (layer.is_array()) {
      out = naive::convolve(conv_shape(layer, net.batch()), out, widened(layer.weights));
      const std::size_t inner = out.size() / layer.bias.size();
      for (std::size_t i = 0; i < out.size(); ++i) {
        const float scale = layer.scale.empty() ? 1.0F : layer.scale[i / inner];
        out[i] = out[i] * static_cast<double>(scale) + static_cast<double>(layer.bias[i / inner]);
      }
    } else if (layer.op == traces::Op::add) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] += wanted.at(layer.inputs[1])[i];
      }
    } else {  // the global pool
      std::vector<double> means;
      for (std::size_t c = 0; c < 32; ++c) {
        double sum = 0.0;
        for (std::size_t i = 0; i < 64; ++i) {
          sum += out[c * 64 + i];
        }
        means.push_back(sum / 64.0);
      }
      out = means;
    }
    if (layer.relu) {
      std::transform(out.begin(), out.end(), out.begin(),
                     [](double value) { return std::max(value, 0.0); });
    }
    wanted[layer.name] = out;
    expect_near(got.at(layer.name), out, layer.name);
  }
}

TEST(FloatEngine, AnLstmEqualsItsFormulas) {
  const Network net = read_network(TURNPIKE_SOURCE_DIR "/configs/networks/lstm_example.yaml");
  const auto got = values_of(net);
  const Layer& layer = net.layer("lstm");  // gates i, f, g, o
  std::vector<double> h(100, 0.0);
  std::vector<double> c(100, 0.0);
  std::vector<double> outputs;
  for (std::size_t t = 0; t < 8; ++t) {
    std::vector<double> a(400);
    for (std::size_t j = 0; j < 400; ++j) {
      a[j] = static_cast<double>(layer.bias[j]);
      for (std::size_t i = 0; i < 64; ++i) {
        a[j] += static_cast<double>(net.input()[t * 64 + i] * layer.weights[i * 400 + j]);
      }
      for (std::size_t i = 0; i < 100; ++i) {
        a[j] += h[i] * static_cast<double>(layer.recurrent_weights[i * 400 + j]);
      }
    }
    const auto sigmoid = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
    for (std::size_t i = 0; i < 100; ++i) {
      c[i] = sigmoid(a[100 + i]) * c[i] + sigmoid(a[i]) * std::tanh(a[200 + i]);
      h[i] = sigmoid(a[300 + i]) * std::tanh(c[i]);
    }
    outputs.insert(outputs.end(), h.begin(), h.end());
  }
  expect_near(got.at("lstm"), outputs, "lstm");
  EXPECT_EQ(got.at("classifier").size(), 8U * 50);
}

TEST(FloatEngine, PoolsAndSkipsDoWhatTheirNamesSay) {
  const std::string text =
      "schema: turnpike-network/1\n"
      "layers:\n"
      "  - {name: max, op: maxpool, input: [1, 3, 3], kernel: 2, stride: 1, pad: [1, 0, 0, 0]}\n"
      "  - {name: mean, op: avgpool, from: input, kernel: 2, stride: 1, pad: [1, 0, 0, 0]}\n"
      "  - {name: both, op: concat, from: [max, mean]}\n"
      "  - {name: product, op: mul, from: [max, mean]}\n"
      "  - {name: half, op: maxpool, from: input, kernel: 1, stride: 2}\n"
      "  - {name: sum, op: add, from: [half, input], skip: {stride: 2}, relu: false}\n";
  Network net = parse_network(text, "n.yaml");
  net.set_input({1, 2, 3, 4, 5, 6, 7, 8, -9});
  const auto got = values_of(net);
  EXPECT_EQ(got.at("max"), (std::vector<double>{2, 3, 5, 6, 8, 8}));
  EXPECT_EQ(got.at("mean"), (std::vector<double>{0.75, 1.25, 3, 4, 6, 2.5}));
  EXPECT_EQ(got.at("both").size(), 12U);
  EXPECT_EQ(got.at("product")[1], 3.75);
  EXPECT_EQ(got.at("sum"), (std::vector<double>{2, 6, 14, -18}));
}

}  // namespace
}  // namespace turnpike::models
