#include "sim/results/counts_file.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/base/csv_table.hpp"
#include "sim/base/error.hpp"
#include "sim/results/record_csv.hpp"

namespace turnpike::results {
namespace {

using accelerator::bytes_of;
using accelerator::LayerResult;

void read_cell(const CsvTable& table, std::size_t row, const std::string& column,
               std::string& value) {
  value = table.text(row, column);
}

void read_cell(const CsvTable& table, std::size_t row, const std::string& column, bool& value) {
  value = table.text(row, column) == "true";
}

void read_cell(const CsvTable& table, std::size_t row, const std::string& column, double& value) {
  value = table.number(row, column);
}

void read_cell(const CsvTable& table, std::size_t row, const std::string& column,
               std::uint64_t& value) {
  const std::string& text = table.text(row, column);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw FileError{table.spot(row),
                    fmt::format("'{}' must be a whole number, not '{}'", column, text)};
  }
}

void read_cell(const CsvTable& table, std::size_t row, const std::string& column, Item& value) {
  const std::optional<Item> item = Item::named(table.text(row, column));
  if (!item) {
    throw FileError{table.spot(row), fmt::format("'{}' is no item of docs/action_vocabulary.md",
                                                 table.text(row, column))};
  }
  value = *item;
}

template <class Word>
requires requires(std::string_view text, Word word) {
  from_string(text, word);
}
void read_cell(const CsvTable& table, std::size_t row, const std::string& column, Word& value) {
  if (!from_string(table.text(row, column), value)) {
    throw FileError{table.spot(row), fmt::format("'{}' is no {}", table.text(row, column), column)};
  }
}

StoredCount read_count(const CsvTable& table, std::size_t row) {
  StoredCount line;
  for_each_field<StoredCount>([&](const auto& field) {
    using Place = std::remove_cvref_t<decltype(field.place)>;
    if constexpr (is_stored<Place, StoredCount>) {
      Fetched<Place, StoredCount> value{};
      read_cell(table, row, std::string{field.label.name}, value);
      store(field.place, line, std::move(value));
    }
  });
  if (!parse_widths(table.text(row, "bits"), line.key)) {
    throw FileError{table.spot(row),
                    fmt::format("'{}' is no width of an action", table.text(row, "bits"))};
  }
  if (const std::string why = refusal(line.key); !why.empty()) {
    throw FileError{table.spot(row), why};
  }
  return line;
}

/// Buffer bits of a layer from its counted lines (accounting.cpp counts both in one place).
void complete_layer(const std::string& path, LayerResult& layer) {
  accelerator::Traffic bits;
  std::uint64_t slots = 0;
  for (const auto& [key, count] : layer.counts) {
    const std::uint64_t moved = count * static_cast<std::uint64_t>(key.bits);
    if (key.component == Component::mac) {
      slots += count;
    } else if (key.component == Component::glb_filter && key.action == Action::read) {
      bits.filter += moved;
    } else if (key.component == Component::glb && key.item == "transfer") {
      layer.glb_transfer_bits += moved;
    } else if (key.component == Component::glb) {
      (key.stream == Stream::highway ? bits.highway
       : key.item == "ifmap"         ? bits.ifmap
       : key.item == "psum"          ? bits.psum
                                     : bits.ofmap) += moved;
    }
  }
  const auto same = [](std::uint64_t counted, std::uint64_t stated) {
    return bytes_of(counted) == bytes_of(stated);
  };
  const accelerator::Traffic& stated = layer.glb_bits;
  if (!same(bits.ifmap, stated.ifmap) || !same(bits.filter, stated.filter) ||
      !same(bits.psum, stated.psum) || !same(bits.ofmap, stated.ofmap) ||
      !same(bits.highway, stated.highway) || slots < layer.macs) {
    throw FileError{{path, 0, 0},
                    fmt::format("does not belong to results.json: the counts of layer '{}' give "
                                "other buffer bytes or MACs",
                                layer.name)};
  }
  layer.glb_bits = bits;
}

}  // namespace

std::string counts_csv(const pricing::PricedRun& run) {
  std::string out = csv_header<StoredCount>();
  for (const cost::EnergyRow& row : run.energy.rows) {
    out += csv_row(StoredCount{run.energy.layers[row.layer], row.key, row.count, row.energy.count(),
                               row.interpolated});
  }
  return out;
}

std::vector<StoredCount> read_counts(const RunDirectory& directory,
                                     accelerator::RunResult& result) {
  const std::string path = directory.path("counts.csv");
  const CsvTable table = CsvTable::from_string(directory.text("counts.csv"), path);
  std::vector<StoredCount> counts;
  std::size_t layer = 0;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const StoredCount& line = counts.emplace_back(read_count(table, row));
    while (layer < result.layers.size() && result.layers[layer].name != line.layer) {
      ++layer;
    }
    if (layer == result.layers.size()) {
      throw FileError{
          table.spot(row),
          fmt::format("layer '{}' is not in results.json, or not in this order", line.layer)};
    }
    if (!result.layers[layer].counts.emplace(line.key, line.count).second) {
      throw FileError{table.spot(row), "this action of the layer stands here twice"};
    }
    result.midrise = result.midrise || line.key.midrise;
  }
  for (LayerResult& each : result.layers) {
    complete_layer(path, each);
  }
  return counts;
}

bool parse_widths(const std::string& text, ActionKey& key) {
  key.bits = key.weight_bits = key.psum_bits = 0;
  key.midrise = false;
  if (text.empty()) {
    return true;
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&at, end](int& value) {
    const auto [next, error] = std::from_chars(at, end, value);
    at = next;
    return error == std::errc{} && value > 0;
  };
  const auto sign = [&at, end](char c) { return at != end && *at == c && ++at != end; };
  if (!number(key.bits)) {
    return false;
  }
  if (at == end) {
    return true;
  }
  if (!sign('x') || !number(key.weight_bits)) {
    return false;
  }
  key.midrise = sign('m');
  return sign('+') && number(key.psum_bits) && at == end;
}

}  // namespace turnpike::results
