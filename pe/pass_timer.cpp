#include "pe/pass_timer.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "pe/array_model_version.hpp"
#include "sim/base/digest.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/base/text.hpp"

namespace turnpike::pe {
namespace {

static_assert(std::is_trivially_copyable_v<PassShape> &&
              std::is_trivially_copyable_v<PassCounters>);
static_assert(std::has_unique_object_representations_v<PassShape>);

struct Record {
  PassShape shape;
  PassCounters counters;
};

std::string file_header() {
  return fmt::format("turnpike-passes {}\n", array_model_version());
}

/// Whether a memo can be there: devices and pipes are neither read nor replaced.
bool may_hold_memo(const std::string& path) {
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  return type == std::filesystem::file_type::regular ||
         type == std::filesystem::file_type::not_found;
}

/// The records of a memo file; none if it is missing, damaged or of another model version.
std::vector<Record> read_records(const std::string& path) {
  if (!may_hold_memo(path)) {
    return {};
  }
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();  // a read error leaves it short
  const std::string bytes = text.str();
  const std::string header = file_header();
  const std::size_t tail = sizeof(std::uint64_t);
  if (bytes.size() < header.size() + tail || !bytes.starts_with(header)) {
    return {};
  }
  const std::string_view body{bytes.data() + header.size(), bytes.size() - header.size() - tail};
  std::uint64_t digest = 0;
  std::memcpy(&digest, bytes.data() + bytes.size() - tail, tail);
  if (body.size() % sizeof(Record) != 0 || digest != digest_of(body)) {
    return {};
  }
  std::vector<Record> records(body.size() / sizeof(Record));
  if (!records.empty()) {
    std::memcpy(records.data(), body.data(), body.size());
  }
  return records;
}

}  // namespace

std::string array_model_version() {
  return kArrayModelVersion;
}

const PassCounters& PassTimer::foresee(const PassShape& shape) {
  const auto found = memo_.find(shape);
  if (found != memo_.end()) {
    return found->second;
  }
  ArrayCore core;
  core.begin(shape, nullptr);
  core.skip_load();
  while (!core.step()) {
  }
  ensure(core.drained(), "the array is drained at the end of a pass");
  if (mode_ == Mode::memo) {
    ++passes_simulated_;
    clocks_simulated_ += core.counters().cycles;
  }
  return memo_.emplace(shape, core.counters()).first->second;
}

const PassCounters& PassTimer::run(const PassShape& shape, PassOperands* operands) {
  ++passes_run_;
  const PassCounters& foreseen = foresee(shape);
  if (mode_ == Mode::memo) {
    ensure(operands == nullptr, "memo passes carry no data");
    sc_core::wait(array_.clock_period() * static_cast<double>(foreseen.cycles));
    return foreseen;
  }
  array_.start(shape, operands);
  sc_core::wait(array_.done());
  ++passes_simulated_;
  clocks_simulated_ += array_.counters().cycles;
  ensure(array_.counters() == foreseen, "passes of one shape take the same clocks and counts");
  return foreseen;
}

void PassTimer::load(const std::string& path) {
  for (const Record& record : read_records(path)) {
    memo_.emplace(record.shape, record.counters);
  }
}

void PassTimer::save(const std::string& path) const {
  if (!may_hold_memo(path)) {
    return;
  }
  std::map<PassShape, PassCounters> all = memo_;
  for (const Record& record : read_records(path)) {  // what another run saved meanwhile
    all.emplace(record.shape, record.counters);
  }
  std::string body;
  for (const auto& [shape, counters] : all) {
    Record record{shape, counters};
    std::string bytes(sizeof(Record), '\0');
    std::memcpy(bytes.data(), &record, sizeof(Record));
    body += bytes;
  }
  const std::uint64_t digest = digest_of(body);
  std::string tail(sizeof digest, '\0');
  std::memcpy(tail.data(), &digest, sizeof digest);
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
  try {
    write_output(path, file_header() + body + tail);
  } catch (const FileError&) {
    // a cache that cannot be written is no error
  }
}

}  // namespace turnpike::pe
