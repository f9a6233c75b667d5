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

struct Record {
  PassKey key;
  PassResult result;
};
static_assert(std::is_trivially_copyable_v<Record> &&
              std::has_unique_object_representations_v<Record>);

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

/// Steps a pass whose time is not known yet.
const PassResult& PassTimer::step(const PassKey& key, const PassOperands* operands) {
  unremembered_ = model_.time(key, operands);
  if (mode_ == Mode::memo) {
    ++passes_simulated_;
    clocks_simulated_ += unremembered_.cycles;
  }
  return unremembered_;
}

const PassResult& PassTimer::foresee(const PassKey& key, const PassOperands* operands) {
  if (model_.data_matters()) {
    ensure(operands != nullptr, "a pass whose time depends on its data comes with them");
    return step(key, operands);
  }
  const auto found = memo_.find(key);
  if (found != memo_.end()) {
    return found->second;
  }
  return memo_.emplace(key, step(key, nullptr)).first->second;
}

const PassResult& PassTimer::run(const PassKey& key, const PassResult& foreseen,
                                 PassOperands* operands) {
  ++passes_run_;
  if (mode_ == Mode::memo) {
    sc_core::wait(array_.clock_period() * static_cast<double>(foreseen.cycles));
    return foreseen;
  }
  array_.start(key, operands);
  sc_core::wait(array_.done());
  ++passes_simulated_;
  const PassResult result = array_.result();
  clocks_simulated_ += result.cycles;
  ensure(result == foreseen, "passes of one shape take the same clocks and counts");
  return foreseen;
}

void PassTimer::load(const std::string& path) {
  for (const Record& record : read_records(path)) {
    memo_.emplace(record.key, record.result);
  }
}

void PassTimer::save(const std::string& path) const {
  if (!may_hold_memo(path)) {
    return;
  }
  std::map<PassKey, PassResult> all = memo_;
  for (const Record& record : read_records(path)) {  // what another run saved meanwhile
    all.emplace(record.key, record.result);
  }
  std::string body;
  for (const auto& [key, result] : all) {
    Record record{key, result};
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
