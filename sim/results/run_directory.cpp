#include "sim/results/run_directory.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "sim/base/digest.hpp"
#include "sim/base/directory_lock.hpp"
#include "sim/base/files.hpp"
#include "sim/results/record_json.hpp"
#include "sim/results/result_files.hpp"
#include "sim/results/run_archive.hpp"

namespace turnpike::results {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kRecordFile = "run.json";
constexpr std::size_t kHead = 4096;  ///< bytes that tell what kind of file it is

/// A file of a run directory, and what each that a run wrote has near its beginning.
struct RunFile {
  const char* name;
  const char* mark;
  std::string (*text)(const pricing::PricedRun& run);
};

std::string config_text(const pricing::PricedRun& run) {
  return run.config.resolved.to_yaml(true);
}

constexpr std::array<RunFile, 5> kFiles = {{
    {"config.resolved.yaml", "turnpike-accelerator/", config_text},
    {"layers.csv", "name,op,mapping,", layers_csv},
    {"counts.csv", "component,action,item,", counts_csv},
    {"stats.txt", "cycles ", stats_text},
    {"results.json", "turnpike-results/", results_json},
}};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

/// Names outside UTF-8, which a path may be, with a mark in place of what JSON cannot hold.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The file's bytes if it is there and can be read.
std::optional<std::string> existing(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) {
    return std::nullopt;
  }
  try {
    return read_input(path);
  } catch (const FileError&) {
    return "";
  }
}

[[noreturn]] void refuse(const std::string& directory, const std::string& why) {
  throw InputError{{directory, 0, 0},
                   why + "; give another directory with -o, or --force to replace it"};
}

}  // namespace

void write_run_directory(const std::string& directory, const pricing::PricedRun& run,
                         const RunRecord& record, Replace replace) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    throw FileError{{directory, 0, 0}, "cannot be made: " + error.message()};
  }
  const DirectoryLock lock = DirectoryLock::take(directory);
  if (replace == Replace::equal) {
    check_replaceable(directory, record);  // another run may have come to be there meanwhile
  }
  remove_temporaries(directory);
  const std::string record_path = directory + "/" + kRecordFile;
  if (!fs::remove(record_path, error) && error) {
    throw FileError{{record_path, 0, 0}, "cannot be removed: " + error.message()};
  }
  const std::map<std::string, std::string> texts = run_texts(run, record);
  for (const RunFile& file : kFiles) {
    write_output(directory + "/" + file.name, texts.at(file.name));
  }
  for (const auto& [name, text] : run.price_tables) {
    fs::create_directories(fs::path{directory + "/" + name}.parent_path(), error);
    write_output(directory + "/" + name, text);
  }
  write_output(record_path, texts.at(kRecordFile));
}

std::string record_text(const RunRecord& record) {
  return text_of(to_json(record));
}

std::map<std::string, std::string> run_texts(const pricing::PricedRun& run,
                                             const RunRecord& record) {
  std::map<std::string, std::string> texts = run.price_tables;
  for (const RunFile& file : kFiles) {
    texts[file.name] = file.text(run);
  }
  RunRecord made = record;
  made.passes_simulated = run.result.passes_simulated;
  made.clocks_simulated = run.result.clocks_simulated;
  for (const auto& [name, text] : texts) {
    made.files[name] = Digest{}.add(text).text();
  }
  made.host = host_name();
  texts[kRecordFile] = record_text(made);
  return texts;
}

std::optional<Asked> asked_for(const std::string& directory) {
  const auto text = existing(directory + "/" + kRecordFile);
  const Json json = text ? Json::parse(*text, nullptr, false) : Json{};
  if (!json.is_object() || json.value("schema", Json{}) != RunRecord::kSchema) {
    return std::nullopt;
  }
  const auto list = [&json](const char* key) {
    std::vector<std::string> out;
    for (const Json& value : json.value(key, Json::array())) {
      out.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return out;
  };
  return Asked{list("request"), list("arguments")};
}

void check_replaceable(const std::string& directory, const RunRecord& record) {
  const auto asked = asked_for(directory);
  if (asked) {
    if (asked->request != record.request && asked->arguments != record.arguments) {
      refuse(
          directory,
          fmt::format("holds another run ({})",
                      fmt::join(asked->request.empty() ? asked->arguments : asked->request, ", ")));
    }
    return;
  }
  // A run.json that is no JSON was damaged, and what stands beside it tells whose it was.
  const auto text = existing(directory + "/" + kRecordFile);
  const bool beside_results = existing(directory + "/results.json").has_value();
  if (text && (Json::accept(*text) || !beside_results)) {
    refuse(directory, "holds a run.json that no run wrote");
  }
  for (const RunFile& file : kFiles) {
    const auto bytes = existing(directory + "/" + file.name);
    if (bytes && !bytes->empty() && bytes->substr(0, kHead).find(file.mark) == std::string::npos) {
      refuse(directory, fmt::format("holds a file {} that no run wrote", file.name));
    }
  }
}

RunDirectory RunDirectory::of(std::map<std::string, std::string> texts,
                              const std::string& directory) {
  RunDirectory out;
  out.directory_ = directory;
  out.on_disk_ = false;
  out.texts_ = std::move(texts);
  out.read_record();
  out.check_digests();
  return out;
}

RunDirectory RunDirectory::open(const std::string& directory) {
  std::error_code ignored;
  if (const auto stored = store_and_point(directory)) {
    const fs::path store{stored->first};
    const fs::path folder = store.filename() == kStoreFile ? store.parent_path() : store;
    const std::string beside = (folder / stored->second).string();
    return fs::is_directory(beside, ignored)
               ? open(beside)
               : of(read_archived(stored->first, stored->second), directory);
  }
  if (!fs::is_directory(directory, ignored)) {
    throw FileError{{directory, 0, 0}, "is no run directory"};
  }
  RunDirectory out;
  out.directory_ = directory;
  out.read_record();
  out.check_digests();
  return out;
}

void RunDirectory::check_digests() {
  if (has_digests_) {
    for (const RunFile& file : kFiles) {
      record_.files.emplace(file.name, "");  // one whose digest was taken out matches none
    }
  }
  for (const auto& [name, digest] : record_.files) {
    if (Digest{}.add(text(name)).text() != digest) {
      throw FileError{{path(name), 0, 0},
                      "does not belong to run.json: it was changed, or is of another run"};
    }
  }
}

void RunDirectory::read_record() {
  const SourceSpot spot{path(kRecordFile), 0, 0};
  const Json json = traces::parse_json(text(kRecordFile), spot, "run");
  const JsonPart part{json, spot, "run"};
  if (part.map().get_string("schema") != RunRecord::kSchema) {
    part.map().fail(fmt::format("'schema' is not '{}'", RunRecord::kSchema));
  }
  read_fields(part, record_);
  // One of these that is missing was taken out; versions without digests had none of them.
  const traces::JsonMap map = part.map();
  has_digests_ = map.has("files") || map.has("inputs") || map.has("request");
}

const std::string& RunDirectory::text(const std::string& name) const {
  const auto found = texts_.find(name);
  if (found != texts_.end()) {
    return found->second;
  }
  if (!on_disk_) {
    throw FileError{{directory_, 0, 0}, fmt::format("is no finished run: it has no {}", name)};
  }
  std::string bytes;
  try {
    bytes = read_input(path(name));
  } catch (const FileError& error) {
    throw FileError{{directory_, 0, 0},
                    fmt::format("is no finished run directory: {}", error.what())};
  }
  return texts_.emplace(name, std::move(bytes)).first->second;
}

std::string RunDirectory::digest(const std::string& name) const {
  const auto& digests = record_.digests;
  const auto found = std::find_if(digests.begin(), digests.end(),
                                  [&name](const auto& digest) { return digest.first == name; });
  return found == digests.end() ? "" : found->second;
}

}  // namespace turnpike::results
