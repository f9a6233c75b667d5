#include "sim/results/run_archive.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include "sim/base/database.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::results {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWindow = 32768;  ///< of deflate
constexpr std::size_t kMostNamed = 30;  ///< points in a message
constexpr std::size_t kMostUnpacked = 1U << 30U;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t end = text.find(at); end != std::string::npos; end = text.find(at, from)) {
    parts.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

/// Rows of equally many cells, each ending its line, as columns; nullopt for any other text. The
/// same for the columns gives the rows again.
std::optional<std::string> transposed(const std::string& text) {
  if (text.empty() || text.back() != '\n') {
    return std::nullopt;
  }
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : split(text.substr(0, text.size() - 1), '\n')) {
    rows.push_back(split(line, ','));
    if (rows.back().size() != rows.front().size()) {
      return std::nullopt;
    }
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t column = 0; column < rows.front().size(); ++column) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      out += (row == 0 ? "" : ",") + rows[row][column];
    }
    out += '\n';
  }
  return out;
}

/// A table by columns, if that gives it again.
std::optional<std::string> columns_of(const std::string& name, const std::string& text) {
  auto columns = name.ends_with(".csv") ? transposed(text) : std::nullopt;
  return columns && transposed(*columns) == text ? std::move(columns) : std::nullopt;
}

/// Place of a file among those packed.
std::size_t place_of(const std::string& name) {
  constexpr std::array<const char*, 6> kOrder = {
      "run.json", "config.resolved.yaml", "stats.txt", "layers.csv", "results.json", "counts.csv"};
  return static_cast<std::size_t>(std::find(kOrder.begin(), kOrder.end(), name) - kOrder.begin());
}

std::string window_of(const std::string& known) {
  return known.size() > kWindow ? known.substr(known.size() - kWindow) : known;
}

Bytef* bytes_of(std::string& text) {
  return reinterpret_cast<Bytef*>(text.data());
}

std::string deflated(std::string text, std::string known) {
  z_stream stream = {};
  ensure(deflateInit(&stream, Z_DEFAULT_COMPRESSION) == Z_OK, "deflate begins");
  if (!known.empty()) {
    deflateSetDictionary(&stream, bytes_of(known), static_cast<uInt>(known.size()));
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = bytes_of(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = bytes_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  ensure(code == Z_STREAM_END, "deflate has room for all");
  return out;
}

std::optional<std::string> inflated(std::string bytes, std::string known) {
  z_stream stream = {};
  ensure(inflateInit(&stream) == Z_OK, "inflate begins");
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int code = Z_OK;
  std::array<char, 65536> buffer;
  while (code == Z_OK && out.size() <= kMostUnpacked) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    code = inflate(&stream, Z_NO_FLUSH);
    if (code == Z_NEED_DICT) {
      code = inflateSetDictionary(&stream, bytes_of(known), static_cast<uInt>(known.size()));
    }
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return code == Z_STREAM_END ? std::optional{out} : std::nullopt;
}

std::string store_path(const std::string& place) {
  std::error_code ignored;
  return fs::is_directory(place, ignored) ? place + "/" + kStoreFile : place;
}

}  // namespace

std::string pack(const RunTexts& files, const std::string& known) {
  std::vector<std::string> names;
  for (const auto& [name, text] : files) {
    names.push_back(name);
  }
  // What is most like the known text comes first, while that is in deflate's window.
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return place_of(a) < place_of(b);
  });
  std::string head;
  std::string body;
  for (const std::string& name : names) {
    const std::string& text = files.at(name);
    const auto columns = columns_of(name, text);
    head += fmt::format("{} {} {}\n", columns ? 1 : 0, text.size(), name);
    body += columns.value_or(text);
  }
  return deflated(head + '\n' + body, window_of(known));
}

std::string known_of(const RunTexts& files) {
  constexpr std::size_t kShare = 14'000;  // of one file: all have their place in the window
  std::string known;
  for (const char* name :
       {"results.json", "layers.csv", "stats.txt", "run.json", "config.resolved.yaml"}) {
    if (const auto found = files.find(name); found != files.end()) {
      known += columns_of(name, found->second).value_or(found->second).substr(0, kShare);
    }
  }
  return window_of(known);
}

RunTexts unpack(const std::string& bytes, const std::string& known, const std::string& place) {
  const auto damaged = [&place]() -> FileError {
    return {{place, 0, 0}, "is damaged: its files cannot be unpacked"};
  };
  const auto text = inflated(bytes, window_of(known));
  const std::size_t end = text ? text->find("\n\n") : std::string::npos;
  if (end == std::string::npos) {
    throw damaged();
  }
  RunTexts files;
  std::size_t at = end + 2;
  for (const std::string& line : split(text->substr(0, end), '\n')) {
    const std::size_t blank = line.find(' ', 2);
    std::size_t size = 0;
    const bool read = blank != std::string::npos &&
                      std::from_chars(line.data() + 2, line.data() + blank, size).ec == std::errc{};
    if (!read || size > text->size() - at) {
      throw damaged();
    }
    std::string part = text->substr(at, size);
    at += part.size();
    if (line[0] == '1') {
      part = transposed(part).value_or("");
    }
    files.emplace(line.substr(blank + 1), std::move(part));
  }
  return files;
}

std::optional<std::pair<std::string, std::string>> store_and_point(const std::string& path) {
  std::error_code ignored;
  const std::size_t mark = path.rfind('#');
  if (mark == std::string::npos || fs::exists(path, ignored)) {
    return std::nullopt;
  }
  return std::pair{path.substr(0, mark), path.substr(mark + 1)};
}

RunTexts read_archived(const std::string& store, const std::string& point) {
  const std::string path = store_path(store);
  Database database = Database::open(path, Database::Mode::read);
  auto row = database.prepare(
      "SELECT p.files, (SELECT value FROM meta WHERE key = 'known') FROM points p WHERE p.id = ?1");
  row.bind(1, point);
  if (!row.next()) {
    std::vector<std::string> names;
    auto all = database.prepare("SELECT id FROM points");
    while (all.next()) {
      names.push_back(all.text(0));
    }
    throw FileError{{path, 0, 0},
                    fmt::format("has no point '{}'{}", point,
                                names.size() <= kMostNamed ? suggestion(point, names) : "")};
  }
  const std::string bytes = row.text(0);
  if (bytes.empty()) {
    throw FileError{{path, 0, 0},
                    fmt::format("has no files of the point '{}': it failed, or its run directory "
                                "was kept instead",
                                point)};
  }
  return unpack(bytes, row.text(1), path + "#" + point);
}

}  // namespace turnpike::results
