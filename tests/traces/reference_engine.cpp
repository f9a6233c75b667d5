#include "tests/traces/reference_engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace turnpike::traces::test {
namespace {

using Reals = std::vector<double>;

double round_even(double v) {  // own rounding: half to even
  const double below = std::floor(v);
  const double rest = v - below;
  if (rest != 0.5) {
    return rest < 0.5 ? below : below + 1.0;
  }
  return std::fmod(below, 2.0) == 0.0 ? below : below + 1.0;
}

double code_of(const TensorEntry& t, double v) {
  const double code = round_even(v / t.scale[0] + t.zero_point);
  return std::clamp(code, static_cast<double>(t.min_code()), static_cast<double>(t.max_code()));
}

double real_of(const TensorEntry& t, double code) {
  return t.is_float() ? code : t.scale[0] * (code - t.zero_point);
}

Reals reals(const TensorEntry& t) {
  Reals values = t.data.converted<double>();
  for (double& v : values) {
    v = real_of(t, v);
  }
  return values;
}

bool fractional(double zero_point) {
  return zero_point != std::floor(zero_point);
}

/// Operands and factor of one sum of products.
class Product {
 public:
  Product(const TensorEntry& x, const TensorEntry& w)
      : x_{x},
        w_{w},
        x_values_{x.data.converted<double>()},
        w_values_{w.data.converted<double>()},
        integer_{!x.is_float() && !w.is_float()},
        x_fractional_{fractional(x.zero_point)} {}

  void clear() { acc_ = sum_w_ = 0, real_ = 0.0; }

  void add(std::int64_t x_index, std::int64_t w_index) {
    const double xq = x_values_[static_cast<std::size_t>(x_index)];
    const double wq = w_values_[static_cast<std::size_t>(w_index)];
    if (integer_) {
      const auto x = static_cast<std::int64_t>(xq) -
                     (x_fractional_ ? 0 : static_cast<std::int64_t>(x_.zero_point));
      const auto code = static_cast<std::int64_t>(wq);
      const std::int64_t w = w_.kind == TensorKind::midrise
                                 ? 2 * code + 1
                                 : code - static_cast<std::int64_t>(w_.zero_point);
      acc_ += x * w;
      sum_w_ += w;
    } else {
      real_ += real_of(x_, xq) * weight(wq);
    }
  }

  [[nodiscard]] double real(std::int64_t channel) const {
    const double scale_w = w_.scale[w_.axis ? static_cast<std::size_t>(channel) : 0];
    if (!integer_) {
      return w_.is_float() ? real_ : scale_w * real_;
    }
    double v = static_cast<double>(acc_);
    if (x_fractional_) {
      v -= x_.zero_point * static_cast<double>(sum_w_);
    }
    return v * (x_.scale[0] * scale_w * (w_.kind == TensorKind::midrise ? 0.5 : 1.0));
  }

 private:
  /// Weight in units of its scale, for the float path.
  [[nodiscard]] double weight(double code) const {
    return w_.is_float() ? code : code - w_.zero_point;
  }

  const TensorEntry& x_;
  const TensorEntry& w_;
  Reals x_values_;
  Reals w_values_;
  bool integer_ = false;
  bool x_fractional_ = false;
  std::int64_t acc_ = 0;
  std::int64_t sum_w_ = 0;
  double real_ = 0.0;
};

class Evaluator {
 public:
  Evaluator(const Trace& trace, const LayerEntry& layer)
      : t_{trace}, l_{layer}, x_{trace.tensor(layer.inputs[0])}, y_{trace.tensor(layer.output)} {}

  [[nodiscard]] std::vector<NamedValues> run() {
    switch (l_.op) {
      case Op::conv:
        return finish(conv());
      case Op::fc:
        return finish(fc());
      case Op::lstm:
      case Op::gru:
        return recurrent();
      case Op::add:
        return finish(add());
      case Op::mul:
        return finish(mul());
      case Op::maxpool:
      case Op::avgpool:
        return finish(pool());
      case Op::concat:
        return finish(concat());
      case Op::quantize:
        return {store(y_, reals(x_))};
      case Op::affine:
        return finish(reals(x_));
    }
    throw std::logic_error{"op"};
  }

 private:
  static std::int64_t at(const TensorShape& s, std::int64_t n, std::int64_t c, std::int64_t h,
                         std::int64_t w) {
    return ((n * s[1] + c) * s[2] + h) * s[3] + w;
  }

  static NamedValues store(const TensorEntry& t, Reals values) {
    if (!t.is_float()) {
      for (double& v : values) {
        v = code_of(t, v);
      }
    }
    return {t.name, values};
  }

  std::vector<NamedValues> finish(Reals values) const {
    const TensorShape& shape = y_.data.shape();
    const std::size_t inner = values.size() / static_cast<std::size_t>(shape[0] * shape[1]);
    for (const PostStep& step : l_.post) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        const auto channel =
            static_cast<std::int64_t>(i / inner % static_cast<std::size_t>(shape[1]));
        if (step.kind == PostStep::Kind::scale) {
          values[i] *= t_.tensor(step.tensor).data.at(channel);
        } else if (step.kind == PostStep::Kind::bias) {
          values[i] += t_.tensor(step.tensor).data.at(channel);
        } else if (step.kind == PostStep::Kind::relu) {
          values[i] = values[i] > 0.0 ? values[i] : 0.0;
        }
      }
    }
    return {store(y_, std::move(values))};
  }

  Reals conv() const {
    const TensorEntry& w = t_.tensor(l_.weights[0]);
    const TensorShape& in = x_.data.shape();
    const TensorShape& filter = w.data.shape();
    const TensorShape& out = y_.data.shape();
    Product product{x_, w};
    Reals values;
    for (std::int64_t n = 0; n < out[0]; ++n) {
      for (std::int64_t m = 0; m < out[1]; ++m) {
        const std::int64_t first = m / (filter[0] / l_.groups) * filter[1];
        for (std::int64_t e = 0; e < out[2]; ++e) {
          for (std::int64_t f = 0; f < out[3]; ++f) {
            product.clear();
            for (std::int64_t c = 0; c < filter[1]; ++c) {
              for (std::int64_t r = 0; r < filter[2]; ++r) {
                for (std::int64_t s = 0; s < filter[3]; ++s) {
                  const std::int64_t h = e * l_.stride[0] + r - l_.pad.top;
                  const std::int64_t v = f * l_.stride[1] + s - l_.pad.left;
                  if (h >= 0 && h < in[2] && v >= 0 && v < in[3]) {
                    product.add(at(in, n, first + c, h, v), at(filter, m, c, r, s));
                  }
                }
              }
            }
            values.push_back(product.real(m));
          }
        }
      }
    }
    return values;
  }

  Reals fc() const {
    const TensorEntry& w = t_.tensor(l_.weights[0]);
    const std::int64_t columns = w.data.shape()[1];
    Product product{x_, w};
    Reals values;
    for (std::int64_t n = 0; n < x_.data.shape()[0]; ++n) {
      for (std::int64_t m = 0; m < w.data.shape()[0]; ++m) {
        product.clear();
        for (std::int64_t c = 0; c < columns; ++c) {
          product.add(n * columns + c, m * columns + c);
        }
        values.push_back(product.real(m));
      }
    }
    return values;
  }

  Reals add() const {
    Reals values = reals(x_);
    const TensorEntry& edge = t_.tensor(l_.inputs[1]);
    const Reals other = reals(edge);
    const SkipEdge skip = l_.skip.value_or(SkipEdge{});
    const TensorShape& out = x_.data.shape();
    const TensorShape& in = edge.data.shape();
    if (in == out && skip.stride == 1) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] += other[i];
      }
      return values;
    }
    const bool both_ends = skip.channel_pad > 0 && out[1] - in[1] == 2 * skip.channel_pad;
    for (std::int64_t n = 0; n < in[0]; ++n) {
      for (std::int64_t c = 0; c < in[1]; ++c) {
        for (std::int64_t e = 0; e < out[2]; ++e) {
          for (std::int64_t f = 0; f < out[3]; ++f) {
            const std::int64_t to = at(out, n, c + (both_ends ? skip.channel_pad : 0), e, f);
            values[static_cast<std::size_t>(to)] +=
                other[static_cast<std::size_t>(at(in, n, c, e * skip.stride, f * skip.stride))];
          }
        }
      }
    }
    return values;
  }

  Reals mul() const {
    Reals values = reals(x_);
    const Reals other = reals(t_.tensor(l_.inputs[1]));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] *= other[i];
    }
    return values;
  }

  Reals pool() const {
    const Reals in = reals(x_);
    const TensorShape& shape = x_.data.shape();
    const bool global = l_.kernel[0] == 0;
    const std::int64_t rows = global ? shape[2] : l_.kernel[0];
    const std::int64_t columns = global ? shape[3] : l_.kernel[1];
    const std::int64_t e_end = global ? 1 : y_.data.shape()[2];
    const std::int64_t f_end = global ? 1 : y_.data.shape()[3];
    Reals values;
    for (std::int64_t plane = 0; plane < shape[0] * shape[1]; ++plane) {
      for (std::int64_t e = 0; e < e_end; ++e) {
        for (std::int64_t f = 0; f < f_end; ++f) {
          double most = -std::numeric_limits<double>::infinity();
          double sum = 0.0;
          for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t s = 0; s < columns; ++s) {
              const std::int64_t h = e * l_.stride[0] + r - l_.pad.top;
              const std::int64_t w = f * l_.stride[1] + s - l_.pad.left;
              if (h >= 0 && h < shape[2] && w >= 0 && w < shape[3]) {
                const double v =
                    in[static_cast<std::size_t>((plane * shape[2] + h) * shape[3] + w)];
                most = std::max(most, v);
                sum += v;
              }
            }
          }
          values.push_back(l_.op == Op::maxpool ? most : sum / static_cast<double>(rows * columns));
        }
      }
    }
    return values;
  }

  Reals concat() const {
    Reals values;
    for (std::int64_t n = 0; n < x_.data.shape()[0]; ++n) {
      for (const std::string& name : l_.inputs) {
        const Reals in = reals(t_.tensor(name));
        const auto image = static_cast<std::ptrdiff_t>(in.size()) / x_.data.shape()[0];
        values.insert(values.end(), in.begin() + n * image, in.begin() + (n + 1) * image);
      }
    }
    return values;
  }

  /// Stores one step's value in `kept`; gives back what a reader sees.
  static double keep(const TensorEntry* t, double v, Reals& kept) {
    kept.push_back(t == nullptr || t->is_float() ? v : code_of(*t, v));
    return t == nullptr || t->is_float() ? v : real_of(*t, kept.back());
  }

  const TensorEntry* named(const std::string& name) const {
    return name.empty() ? nullptr : &t_.tensor(name);
  }

  std::vector<NamedValues> recurrent() {
    const Recurrent& cell = *l_.recurrent;
    const std::int64_t hidden = cell.hidden;
    c_.assign(static_cast<std::size_t>(hidden), 0.0);
    h_ = c_;
    for (std::size_t i = 0; i < 2; ++i) {
      products_.emplace_back(t_.tensor(l_.inputs[i]), t_.tensor(l_.weights[i]));
    }
    for (std::int64_t step = 0; step < cell.steps; ++step) {
      for (std::int64_t k = 0; k < hidden; ++k) {
        l_.op == Op::lstm ? lstm_cell(step, k) : gru_cell(step, k);
      }
    }
    std::vector<NamedValues> out{{l_.output, kept_h_}};
    if (!cell.cell.empty()) {
      out.push_back({cell.cell, kept_c_});
    }
    if (!cell.cell_tanh.empty()) {
      out.push_back({cell.cell_tanh, kept_tanh_});
    }
    if (!cell.preact.empty()) {
      out.push_back({cell.preact, in_file_order(preact_)});
    }
    const Reals gates = in_file_order(gates_);
    const std::int64_t apart =
        cell.candidate.empty() ? -1 : position(l_.op == Op::lstm ? 'g' : 'n');
    NamedValues own{cell.candidate, {}};
    NamedValues others{cell.gates, {}};
    for (std::size_t i = 0; i < gates.size(); ++i) {
      const std::int64_t block = static_cast<std::int64_t>(i) / hidden % gate_count();
      (block == apart ? own : others).values.push_back(gates[i]);
    }
    for (NamedValues* each : {&own, &others}) {
      if (!each->tensor.empty()) {
        out.push_back(std::move(*each));
      }
    }
    return out;
  }

  std::int64_t position(char gate) const {
    return static_cast<std::int64_t>(l_.recurrent->gate_order.find(gate) / 2);
  }
  std::int64_t gate_count() const { return l_.op == Op::lstm ? 4 : 3; }

  /// Products of the step's input and hidden vector with column `gate` of cell k.
  std::pair<double, double> products(std::int64_t step, std::int64_t k, char gate) {
    const std::int64_t column = position(gate) * l_.recurrent->hidden + k;
    std::pair<double, double> result;
    for (std::size_t i = 0; i < 2; ++i) {
      const TensorEntry& w = t_.tensor(l_.weights[i]);
      Product& product = products_[i];
      product.clear();
      for (std::int64_t c = 0; c < w.data.shape()[0]; ++c) {
        product.add(step * w.data.shape()[0] + c, c * w.data.shape()[1] + column);
      }
      (i == 0 ? result.first : result.second) = product.real(column);
    }
    return result;
  }

  double bias(std::int64_t k, char gate) const {
    const TensorEntry* b = named(l_.recurrent->bias);
    return b == nullptr ? 0.0 : b->data.at(position(gate) * l_.recurrent->hidden + k);
  }

  /// Gates come cell by cell; kept as [step][k][gate position], sorted when all are there.
  double gate(char name, double preact, double value) {
    preact_by_gate_[static_cast<std::size_t>(position(name))] = preact;
    Reals one;
    const bool own = !l_.recurrent->candidate.empty() && (name == 'g' || name == 'n');
    const double seen =
        keep(named(own ? l_.recurrent->candidate : l_.recurrent->gates), value, one);
    gate_by_gate_[static_cast<std::size_t>(position(name))] = one[0];
    return seen;
  }

  void end_of_cell() {
    const auto gates = static_cast<std::size_t>(gate_count());
    preact_.insert(preact_.end(), preact_by_gate_, preact_by_gate_ + gates);
    gates_.insert(gates_.end(), gate_by_gate_, gate_by_gate_ + gates);
  }

  Reals in_file_order(const Reals& by_cell) const {
    const auto hidden = static_cast<std::size_t>(l_.recurrent->hidden);
    const auto gates = static_cast<std::size_t>(gate_count());
    Reals out(by_cell.size());
    for (std::size_t i = 0; i < by_cell.size(); ++i) {
      const std::size_t step = i / (hidden * gates);
      const std::size_t k = i / gates % hidden;
      out[(step * gates + i % gates) * hidden + k] = by_cell[i];
    }
    return out;
  }

  static double sigma(double v) { return 1.0 / (1.0 + std::exp(-v)); }

  void lstm_cell(std::int64_t step, std::int64_t k) {
    double value[4] = {};
    const std::string names = "figo";
    for (std::size_t i = 0; i < 4; ++i) {
      const auto [x, h] = products(step, k, names[i]);
      const double preact = x + h + bias(k, names[i]);
      value[i] = gate(names[i], preact, names[i] == 'g' ? std::tanh(preact) : sigma(preact));
    }
    end_of_cell();
    const auto at_k = static_cast<std::size_t>(k);
    const double computed = value[0] * c_[at_k] + value[1] * value[2];
    c_[at_k] = keep(named(l_.recurrent->cell), computed, kept_c_);
    const double tanh =
        keep(named(l_.recurrent->cell_tanh),
             std::tanh(l_.recurrent->tanh_of_computed ? computed : c_[at_k]), kept_tanh_);
    keep(&y_, value[3] * tanh, kept_h_);
  }

  void gru_cell(std::int64_t step, std::int64_t k) {
    const auto [rx, rh] = products(step, k, 'r');
    const auto [zx, zh] = products(step, k, 'z');
    const auto [nx, nh] = products(step, k, 'n');
    const double r_in = rx + rh + bias(k, 'r');
    const double r = gate('r', r_in, sigma(r_in));
    const double z_in = zx + zh + bias(k, 'z');
    const double z = gate('z', z_in, sigma(z_in));
    const double n_in = (nx + bias(k, 'n')) + r * nh;
    const double n = gate('n', n_in, std::tanh(n_in));
    end_of_cell();
    double& h = h_[static_cast<std::size_t>(k)];
    h = keep(&y_, (1.0 - z) * n + z * h, kept_h_);
  }

  const Trace& t_;
  const LayerEntry& l_;
  const TensorEntry& x_;
  const TensorEntry& y_;
  std::vector<Product> products_;  // of the input and of the hidden vector
  Reals c_, h_, kept_c_, kept_h_, kept_tanh_, preact_, gates_;
  double preact_by_gate_[4] = {};
  double gate_by_gate_[4] = {};
};

}  // namespace

std::vector<NamedValues> evaluate(const Trace& trace, const LayerEntry& layer) {
  return Evaluator{trace, layer}.run();
}

Difference compare_outputs(const Trace& trace) {
  Difference difference;
  for (const LayerEntry& layer : trace.layers) {
    for (const auto& [name, values] : evaluate(trace, layer)) {
      const TensorEntry& expected = trace.tensor(name);
      const Reals known = expected.data.converted<double>();
      const auto [low, high] = std::minmax_element(known.begin(), known.end());
      const double range = std::max(*high - *low, 1e-30);
      if (values.size() != known.size()) {
        throw std::logic_error{"size of " + name};
      }
      for (std::size_t i = 0; i < values.size(); ++i) {
        ++difference.compared;
        if (expected.is_float()) {
          difference.float_error =
              std::max(difference.float_error, std::fabs(values[i] - known[i]) / range);
        } else if (values[i] != known[i]) {
          ++difference.codes_wrong;
        }
      }
    }
  }
  return difference;
}

}  // namespace turnpike::traces::test
