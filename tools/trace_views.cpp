#include "tools/trace_views.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/printable.hpp"
#include "sim/report/text_table.hpp"
#include "tools/output.hpp"
#include "traces/trace_diff.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_stats.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMebibyte = 0x1.0p20;
constexpr std::int64_t kSilentBytes = std::int64_t{64} << 20U;

Json diff_json(const traces::TraceDifference& found) {
  Json json = {{"schema", "turnpike-trace-diff/1"},
               {"equal", found.none()},
               {"tensors_compared", found.tensors_compared},
               {"program", found.program},
               {"tensors", Json::array()}};
  for (const traces::TensorDifference& each : found.tensors) {
    json["tensors"].push_back({{"tensor", each.tensor},
                               {"layer", each.layer},
                               {"shape_a", each.shape_a},
                               {"shape_b", each.shape_b},
                               {"elements", each.elements},
                               {"differing", each.differing},
                               {"first", each.first},
                               {"a", each.a},
                               {"b", each.b},
                               {"largest", each.largest}});
  }
  return json;
}

std::string diff_text(const traces::TraceDifference& found, report::TableWidth width) {
  if (found.none()) {
    return fmt::format("equal: the programs, and the values of {} tensors\n",
                       found.tensors_compared);
  }
  std::string out;
  for (const std::string& line : found.program) {
    out += printable(line) + '\n';
  }
  if (found.tensors.empty()) {
    return out + fmt::format("the values of all {} tensors are equal\n", found.tensors_compared);
  }
  report::TextTable table{{"tensor", "layer", "differ", "of", "first at", "A", "B", "largest"}};
  table.left({1});
  for (const traces::TensorDifference& each : found.tensors) {
    const bool alike = each.shape_a == each.shape_b;
    table.add({each.tensor, each.layer, alike ? fmt::format("{}", each.differing) : "shape",
               fmt::format("{}", each.elements),
               alike ? fmt::format("[{}]", fmt::join(each.first, ",")) : "",
               alike ? fmt::format("{}", each.a) : turnpike::to_string(each.shape_a),
               alike ? fmt::format("{}", each.b) : turnpike::to_string(each.shape_b),
               alike ? fmt::format("{}", each.largest) : ""});
  }
  const traces::TensorDifference& first = found.tensors.front();
  return out + table.to_string(width) +
         fmt::format(
             "{} of {} tensors differ, first '{}'{}\n", found.tensors.size(),
             found.tensors_compared, printable(first.tensor),
             first.layer.empty() ? "" : fmt::format(" of layer '{}'", printable(first.layer)));
}

std::string kind_text(const traces::TensorStats& stats) {
  using traces::TensorKind;
  return stats.kind == TensorKind::floating  ? "float"
         : stats.kind == TensorKind::midrise ? "midrise"
         : stats.is_signed                   ? "signed"
                                             : "unsigned";
}

Json stats_json(const std::string& network, const std::vector<traces::TensorStats>& all) {
  Json json = {
      {"schema", "turnpike-trace-stats/1"}, {"network", network}, {"tensors", Json::array()}};
  for (const traces::TensorStats& stats : all) {
    json["tensors"].push_back({{"tensor", stats.tensor},
                               {"kind", kind_text(stats)},
                               {"bits", stats.bits},
                               {"elements", stats.elements},
                               {"zero_fraction", stats.zeros},
                               {"low", stats.low},
                               {"high", stats.high}});
    if (stats.kind != traces::TensorKind::floating) {
      json["tensors"].back().update({{"bits_used", stats.bits_used},
                                     {"entropy", stats.entropy},
                                     {"bit_entropy", stats.bit_entropy}});
    }
  }
  return json;
}

/// Entropies of bits, the highest bit first, in tenths: "a" is a whole bit, "-" one that never
/// changes.
std::string bits_text(const std::vector<double>& entropy) {
  std::string text;
  for (auto bit = entropy.rbegin(); bit != entropy.rend(); ++bit) {
    const auto tenths = static_cast<int>(std::lround(*bit * 10));
    text += *bit == 0 ? '-' : tenths == 10 ? 'a' : static_cast<char>('0' + tenths);
  }
  return text;
}

std::string stats_text(const std::vector<traces::TensorStats>& all, report::TableWidth width) {
  report::TextTable table{
      {"tensor", "kind", "bits", "used", "entropy", "zeros %", "low", "high", "by bit"}};
  table.left({1, 8});
  for (const traces::TensorStats& stats : all) {
    const bool codes = stats.kind != traces::TensorKind::floating;
    table.add({stats.tensor, kind_text(stats), fmt::format("{}", stats.bits),
               codes ? fmt::format("{}", stats.bits_used) : "",
               codes ? fmt::format("{:.2f}", stats.entropy) : "",
               fmt::format("{:.1f}", 100 * stats.zeros), fmt::format("{:.6g}", stats.low),
               fmt::format("{:.6g}", stats.high), bits_text(stats.bit_entropy)});
  }
  return table.to_string(width) +
         "used: bits that hold all codes; entropy: of the codes, bits an element; by bit:\n"
         "entropy of each bit in tenths, highest first, a for 1, - for a constant bit\n";
}

}  // namespace

ReadingProgress::ReadingProgress(const traces::OpenTrace& trace, const CommonOptions& common)
    : common_{common}, trace_{trace}, total_{trace.bytes()} {
  shown_ = total_ > kSilentBytes;
  if (shown_) {
    const traces::Program& program = trace.program();
    print_note(common_,
               fmt::format("reading {}: {} layers, {} tensors, {:.1f} MiB", program.network,
                           program.layers.size(), program.tensors().size(),
                           static_cast<double>(total_) / kMebibyte));
  }
}

void ReadingProgress::note(const std::string& tensor) {
  done_ += trace_.bytes(tensor);
  if (!shown_ || (done_ - noted_ < total_ / 100 && done_ < total_)) {
    return;
  }
  noted_ = done_;
  const double share = static_cast<double>(done_) / static_cast<double>(total_);
  print_note(common_, fmt::format("{:5.1f} % up to {}", 100.0 * share, tensor));
}

int diff_traces(const std::string& a, const std::string& b, bool json,
                const CommonOptions& common) {
  const traces::TraceDifference found =
      traces::difference(traces::open_trace(a), traces::open_trace(b));
  if (json) {
    print_json(diff_json(found).dump(2));
  } else {
    print_text(common, diff_text(found, table_width(common)));
  }
  return static_cast<int>(found.none() ? ExitCode::ok : ExitCode::check_failed);
}

int show_trace_stats(const std::string& path, bool json, const CommonOptions& common) {
  const traces::OpenTrace trace = traces::open_trace(path);
  ReadingProgress progress{trace, common};
  std::vector<traces::TensorStats> all;
  for (const traces::ProgramTensor& tensor : trace.program().tensors()) {
    all.push_back(traces::stats_of(trace, tensor.name));
    progress.note(tensor.name);
  }
  if (json) {
    print_json(stats_json(trace.program().network, all).dump(2));
  } else {
    print_text(common, stats_text(all, table_width(common)));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace turnpike::tools
