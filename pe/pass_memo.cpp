#include "pe/pass_memo.hpp"

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

const PassResult* PassMemo::find(const PassKey& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? nullptr : &found->second;
}

const PassResult& PassMemo::time(const ArrayModel& model, const PassKey& key) {
  ensure(!model.data_matters(), "a pass whose time depends on its data is not remembered");
  const auto found = known_.find(key);
  if (found != known_.end()) {
    return found->second;
  }
  ++stepped_;
  saved_ = false;
  news_.push_back(key);
  return known_.emplace(key, model.time(key, nullptr)).first->second;
}

std::string PassMemo::take_news() {
  std::string bytes;
  for (const PassKey& key : news_) {
    const Record record{key, known_.at(key)};
    bytes.append(reinterpret_cast<const char*>(&record), sizeof record);
  }
  news_.clear();
  return bytes;
}

void PassMemo::merge(std::string_view news) {
  ensure(news.size() % sizeof(Record) == 0, "whole records");
  for (; !news.empty(); news.remove_prefix(sizeof(Record))) {
    Record record;
    std::memcpy(&record, news.data(), sizeof record);
    saved_ = !known_.emplace(record.key, record.result).second && saved_;
  }
}

void PassMemo::load(const std::string& path) {
  for (const Record& record : read_records(path)) {
    known_.emplace(record.key, record.result);
  }
}

void PassMemo::save(const std::string& path) {
  if (saved_ || !may_hold_memo(path)) {
    return;
  }
  std::map<PassKey, PassResult> all;
  for (const Record& record : read_records(path)) {  // what another run saved meanwhile
    all.emplace(record.key, record.result);
  }
  for (const auto& known : known_) {
    if (all.size() >= kMostSaved) {
      break;
    }
    all.insert(known);
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
  saved_ = true;
}

}  // namespace turnpike::pe
