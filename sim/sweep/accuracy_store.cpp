#include "sim/sweep/accuracy_store.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sim/base/digest.hpp"
#include "sim/base/files.hpp"

namespace turnpike::sweep {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kSchema = "turnpike-sweep-accuracy/1";

}  // namespace

std::string accuracy_source(const SweepFile& sweep) {
  const AccuracyRequest& data = *sweep.data;
  FileDigests digests;
  Digest digest;
  for (const std::string& file : {data.file, data.calibration, sweep.weights, sweep.network}) {
    digest.add(file + ' ' + digests.of(file) + '\n');
  }
  digest.add(fmt::format("{} {} {} {} {}", fmt::join(data.mean, ","),
                         fmt::join(data.deviation, ","), data.images, data.calibration_images,
                         data.repair));
  return digest.text();
}

AccuracyStore::AccuracyStore(std::string directory, std::string source)
    : path_{std::move(directory) + "/accuracy.json"}, source_{std::move(source)} {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path_, ignored)) {
    return;
  }
  const Json json = Json::parse(read_input(path_), nullptr, false);
  try {
    if (json.at("schema") != kSchema || json.at("source") != source_) {
      return;
    }
    for (const auto& [id, each] : json.at("points").items()) {
      entries_[id] = {each.at("identity").get<std::string>(),
                      {each.at("top1").get<double>(), each.at("standard_error").get<double>(),
                       each.at("images").get<std::int64_t>()}};
    }
  } catch (const Json::exception&) {
    entries_.clear();  // none of ours: all is measured again
  }
}

std::optional<AccuracyFigure> AccuracyStore::find(const std::string& id,
                                                  const std::string& identity) const {
  const auto found = entries_.find(id);
  return found == entries_.end() || found->second.identity != identity
             ? std::nullopt
             : std::optional{found->second.figure};
}

void AccuracyStore::put(const std::string& id, const std::string& identity,
                        const AccuracyFigure& figure) {
  entries_[id] = {identity, figure};
}

void AccuracyStore::write() const {
  Json points = Json::object();
  for (const auto& [id, entry] : entries_) {
    points[id] = {{"identity", entry.identity},
                  {"top1", entry.figure.top1},
                  {"standard_error", entry.figure.standard_error},
                  {"images", entry.figure.images}};
  }
  const Json json = {{"schema", kSchema}, {"source", source_}, {"points", std::move(points)}};
  write_output(path_, json.dump(2) + '\n');
}

}  // namespace turnpike::sweep
