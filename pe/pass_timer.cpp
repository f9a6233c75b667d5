#include "pe/pass_timer.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <type_traits>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "pe/array_model_version.hpp"
#include "sim/base/error.hpp"
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

}  // namespace

std::string array_model_version() {
  return kArrayModelVersion;
}

const PassCounters& PassTimer::run(const PassShape& shape, PassOperands* operands) {
  ++passes_run_;
  if (mode_ == Mode::memo) {
    ensure(operands == nullptr, "memo passes carry no data");
    const auto found = memo_.find(shape);
    if (found != memo_.end()) {
      sc_core::wait(array_.clock_period() * static_cast<double>(found->second.cycles));
      return found->second;
    }
  }
  array_.start(shape, operands);
  sc_core::wait(array_.done());
  ++passes_simulated_;
  clocks_simulated_ += array_.counters().cycles;
  if (mode_ == Mode::memo) {
    return memo_.emplace(shape, array_.counters()).first->second;
  }
  last_ = array_.counters();
  return last_;
}

void PassTimer::load(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  const std::string header = file_header();
  const std::size_t tail = sizeof(std::uint64_t);
  if (bytes.size() < header.size() + tail || !bytes.starts_with(header)) {
    return;
  }
  const std::string_view body{bytes.data() + header.size(), bytes.size() - header.size() - tail};
  std::uint64_t digest = 0;
  std::memcpy(&digest, bytes.data() + bytes.size() - tail, tail);
  if (body.size() % sizeof(Record) != 0 || digest != fnv1a(body)) {
    return;
  }
  for (std::size_t at = 0; at < body.size(); at += sizeof(Record)) {
    Record record;
    std::memcpy(&record, body.data() + at, sizeof(Record));
    memo_.emplace(record.shape, record.counters);
  }
}

void PassTimer::save(const std::string& path) const {
  std::string body;
  for (const auto& [shape, counters] : memo_) {
    Record record{shape, counters};
    std::string bytes(sizeof(Record), '\0');
    std::memcpy(bytes.data(), &record, sizeof(Record));
    body += bytes;
  }
  const std::uint64_t digest = fnv1a(body);
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
  const std::string temporary = fmt::format("{}.{}", path, ::getpid());
  {
    std::ofstream out{temporary, std::ios::binary};
    out << file_header() << body;
    out.write(reinterpret_cast<const char*>(&digest), sizeof digest);
    if (!out.flush()) {
      out.close();
      std::filesystem::remove(temporary, ignored);
      return;  // a cache that cannot be written is no error
    }
  }
  std::filesystem::rename(temporary, path, ignored);
}

}  // namespace turnpike::pe
