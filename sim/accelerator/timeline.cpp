#include "sim/accelerator/timeline.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"

namespace turnpike::accelerator {
namespace {

/// Where a track stands in the viewer: process, thread, their names.
struct Place {
  int process = 1;
  int thread = 1;
  const char* name = "";
  const char* category = "";
};

constexpr int kMachine = 1, kMemory = 2;

Place place_of(Track track) {
  switch (track) {
    case Track::layer:
      return {kMachine, 1, "layers", "layer"};
    case Track::pass:
      return {kMachine, 2, "passes", "pass"};
    case Track::bank_wait:
      return {kMachine, 5, "bank conflicts", "pass"};
    case Track::dram_stall:
    case Track::post_stall:
      return {kMachine, 3, "stalls", "stall"};
    case Track::post:
      return {kMachine, 4, "post-processing", "post"};
    case Track::filter_fetch:
      return {kMemory, 1, "filter fetch", "dram"};
    case Track::ifmap_fetch:
      return {kMemory, 2, "ifmap fetch", "dram"};
    case Track::skip_fetch:
      return {kMemory, 3, "skip operand fetch", "dram"};
    case Track::write_back:
      return {kMemory, 4, "write-back", "dram"};
  }
  fail_invariant("a track has a place", __FILE__, __LINE__);
}

bool is_stall(Track track) {
  return track == Track::dram_stall || track == Track::post_stall;
}

/// Microseconds, exactly.
std::string microseconds(Picoseconds time) {
  return fmt::format("{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
}

/// Quoted and escaped; bytes that are no UTF-8 become replacement characters.
std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Timeline::Timeline(const std::string& path, TimelineDetail detail)
    : path_{path}, detail_{detail}, file_{path} {
  if (!file_) {
    throw FileError{{path, 0, 0}, "cannot be written: " + std::generic_category().message(errno)};
  }
}

void Timeline::run_begins(const RunFacts& facts) {
  facts_ = facts;
  for (const RunFacts::Layer& layer : facts.layers) {
    layer_names_.push_back(json_string(layer.name));
  }
  file_ << fmt::format(
      "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"network\":{},\"clock_period_ps\":\"{}\","
      "\"detail\":\"{}\"}},\n\"traceEvents\":[",
      json_string(facts.network), facts.clock_period.count(),
      detail_ == TimelineDetail::blocks ? "blocks" : "passes");
  name_tracks();
}

void Timeline::name_tracks() {
  const auto name = [this](const char* what, int process, int thread, const char* text) {
    write_event(fmt::format(R"({{"name":"{}","ph":"M","pid":{},"tid":{},"args":{{"name":"{}"}}}})",
                            what, process, thread, text));
  };
  name("process_name", kMachine, 0, "accelerator");
  name("process_name", kMemory, 0, "DRAM");
  for (const Track track :
       {Track::layer, Track::pass, Track::dram_stall, Track::post, Track::bank_wait,
        Track::filter_fetch, Track::ifmap_fetch, Track::skip_fetch, Track::write_back}) {
    const Place place = place_of(track);
    name("thread_name", place.process, place.thread, place.name);
    write_event(fmt::format(
        R"({{"name":"thread_sort_index","ph":"M","pid":{},"tid":{},"args":{{"sort_index":{}}}}})",
        place.process, place.thread, place.thread));
  }
}

void Timeline::begins(const Activity& activity, Picoseconds at) {
  const auto track = static_cast<std::size_t>(activity.track);
  began_[track] = at;
  stalls_before_[track] = stalls_;
}

void Timeline::ends(const Activity& activity, Picoseconds at) {
  const auto track = static_cast<std::size_t>(activity.track);
  Block& block = blocks_[track];
  const bool stall = is_stall(activity.track);
  if ((stall || activity.track == Track::bank_wait) && at == began_[track]) {
    return;  // nothing had to be waited for
  }
  const bool joins = detail_ == TimelineDetail::blocks && !stall &&
                     activity.track != Track::layer && block.parts > 0 &&
                     block.first.layer == activity.layer && block.stalls == stalls_before_[track];
  if (!joins) {
    flush(block);
    block.first = activity;
    block.begin = began_[track];
    block.stalls = stalls_before_[track];
  }
  add(block, activity, at);
  stalls_ += stall ? 1 : 0;
}

void Timeline::add(Block& block, const Activity& activity, Picoseconds end) {
  ++block.parts;
  block.at_work += end - began_[static_cast<std::size_t>(activity.track)];
  block.end = end;
  block.low_bytes += activity.low_bytes;
  block.highway_bytes += activity.highway_bytes;
  block.values += activity.values;
  if (activity.pass != nullptr && detail_ == TimelineDetail::passes) {
    block.shape = facts_.array->describe(*activity.pass);
  }
  block.first.pass = nullptr;  // valid during the call only
}

std::string Timeline::args_of(const Block& block) const {
  const Track track = block.first.track;
  const RunFacts::Layer& layer = facts_.layers[block.first.layer];
  std::string args =
      fmt::format(R"("cycles":{})", (block.at_work.count() + facts_.clock_period.count() - 1) /
                                        facts_.clock_period.count());
  if (track == Track::layer) {
    return args + fmt::format(R"(,"op":{},"mapping":{})", json_string(layer.op),
                              json_string(layer.mapping));
  }
  if (is_stall(track)) {
    return args + fmt::format(R"(,"layer":{})", layer_names_[block.first.layer]);
  }
  if (track == Track::pass) {
    args += fmt::format(R"(,"passes":{},"first_pass":{},"mapping":{})", block.parts,
                        block.first.number, json_string(layer.mapping));
    return block.shape.empty() ? args
                               : args + fmt::format(R"(,"shape":{})", json_string(block.shape));
  }
  if (track == Track::bank_wait) {
    return args + fmt::format(R"(,"passes":{})", block.parts);
  }
  if (track == Track::post) {
    return args + fmt::format(R"(,"tiles":{},"values":{})", block.parts, block.values);
  }
  return args + fmt::format(R"(,"transfers":{},"low_bytes":{},"highway_bytes":{},"values":{})",
                            block.parts, block.low_bytes, block.highway_bytes, block.values);
}

void Timeline::flush(Block& block) {
  if (block.parts > 0) {
    const Place place = place_of(block.first.track);
    const std::string name = block.first.track == Track::dram_stall ? R"("waits for DRAM")"
                             : block.first.track == Track::post_stall
                                 ? R"("waits for post")"
                                 : layer_names_[block.first.layer];
    write_event(fmt::format(
        R"({{"name":{},"cat":"{}","ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"args":{{{}}}}})",
        name, place.category, place.process, place.thread, microseconds(block.begin),
        microseconds(block.end - block.begin), args_of(block)));
  }
  block = Block{};
}

void Timeline::write_event(const std::string& text) {
  file_ << (first_event_ ? "\n" : ",\n") << text;
  first_event_ = false;
}

void Timeline::run_ends(Picoseconds /*at*/) {
  for (Block& block : blocks_) {
    flush(block);
  }
  file_ << "\n]}\n";
}

void Timeline::close() {
  close_output(file_, path_);
}

}  // namespace turnpike::accelerator
