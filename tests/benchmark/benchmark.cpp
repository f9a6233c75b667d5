// turnpike_benchmark: what runs and sweeps cost in CPU time and memory, measured on the program a
// user runs, as the tables of docs/speed.md. Takes about a minute.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>  // mkdtemp, getloadavg
#include <unistd.h>

#include "tests/benchmark/measured_process.hpp"

namespace turnpike::benchmark {
namespace {

namespace fs = std::filesystem;

constexpr int kRepetitions = 3;

/// A folder of this process for caches and results.
class Scratch {
 public:
  Scratch() : path_{(fs::temp_directory_path() / "turnpike-benchmark-XXXXXX").string()} {
    if (mkdtemp(path_.data()) == nullptr) {
      throw std::runtime_error{"no temporary folder"};
    }
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch(Scratch&&) = delete;
  Scratch& operator=(Scratch&&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string source(const std::string& path) {
  return std::string{TURNPIKE_SOURCE_DIR} + "/" + path;
}

/// The least CPU time of some repetitions (what disturbs only adds), with the peak of memory.
Usage least(const std::function<Usage()>& once, int repetitions) {
  Usage best = once();
  for (int i = 1; i < repetitions; ++i) {
    const Usage next = once();
    const double peak = std::max(best.peak_mebibytes, next.peak_mebibytes);
    best = next.cpu_seconds < best.cpu_seconds ? next : best;
    best.peak_mebibytes = peak;
  }
  return best;
}

enum class Kind { cold, warm, reference, plan };

class Benchmark {
 public:
  void runs();
  void sweeps();

 private:
  struct Workload {
    const char* name;
    std::string network;
    std::vector<std::string> settings;
  };
  [[nodiscard]] Usage run(const Workload& workload, Kind kind, int repetitions) const;
  void table_rows(const Workload& workload) const;
  void sweep(const char* file, const char* target) const;

  Scratch scratch_;
};

Usage Benchmark::run(const Workload& workload, Kind kind, int repetitions) const {
  std::vector<std::string> command{TURNPIKE_PROGRAM, "run",
                                   source("configs/accelerators/precision-highway.yaml"),
                                   "--network", workload.network};
  for (const std::string& setting : workload.settings) {
    command.insert(command.end(), {"--set", setting});
  }
  if (kind == Kind::plan) {
    command.emplace_back("--dry-run");
  } else {
    command.insert(command.end(), {"-o", scratch_ / "run"});
    command.insert(command.end(), {"--timing", kind == Kind::reference ? "reference" : "memo"});
  }
  if (kind != Kind::warm && kind != Kind::plan) {
    command.emplace_back("--no-memo-file");
  }
  const auto once = [&] { return measure(command, {{"XDG_CACHE_HOME", scratch_ / "cache"}}); };
  if (kind == Kind::warm) {
    static_cast<void>(once());  // fills the memo
  }
  return least(once, repetitions);
}

void Benchmark::table_rows(const Workload& workload) const {
  const Usage plan = run(workload, Kind::plan, kRepetitions);
  double memo_seconds = 0.0;
  for (const Kind kind : {Kind::cold, Kind::warm, Kind::reference}) {
    const Usage usage = run(workload, kind, kind == Kind::reference ? 1 : kRepetitions);
    const auto totals =
        nlohmann::json::parse(std::ifstream{scratch_ / "run" + "/results.json"}).at("totals");
    const double simulating = std::max(usage.cpu_seconds - plan.cpu_seconds, 1e-3);
    const double cycles = totals.at("cycles").get<double>();
    const char* const name = kind == Kind::cold   ? "memo, cold"
                             : kind == Kind::warm ? "memo, warm"
                                                  : "reference";
    memo_seconds = kind == Kind::warm ? simulating : memo_seconds;
    const std::string ratio =
        kind == Kind::reference ? fmt::format("{:.0f}", simulating / memo_seconds) : "";
    fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.0f} | {:.2f} | {:.1f} | {:.2f} | {} |\n",
               workload.name, name, usage.cpu_seconds, plan.cpu_seconds, usage.peak_mebibytes,
               cycles * 1e-6, cycles * 1e-6 / simulating,
               totals.at("macs").get<double>() * 1e-9 / simulating, ratio);
    std::fflush(stdout);
  }
}

void Benchmark::runs() {
  fmt::print(
      "| run | timing | CPU s | of these before the first cycle | peak MiB | M cycles | "
      "M cycles / CPU s | G MAC / CPU s | reference / warm memo |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  const std::string layer = source("tests/benchmark/conv128.yaml");
  table_rows({"3x3, 128 to 128, 28x28, 16 bit", layer, {"precision=16"}});
  table_rows({"the same, 2 bit", layer, {"precision=2"}});
  table_rows(
      {"ResNet-18, 2 bit, highway", "zoo:resnet18", {"precision=2", "highway.enabled=true"}});
}

void Benchmark::sweep(const char* file, const char* target) const {
  for (const char* kind : {"cold", "warm"}) {
    if (kind == std::string{"cold"}) {
      fs::remove_all(scratch_ / "sweep-cache");
    }
    const Usage usage = measure(
        {TURNPIKE_PROGRAM, "sweep", source(file), "--force", "-j", "2", "-o", scratch_ / "sweep"},
        {{"XDG_CACHE_HOME", scratch_ / "sweep-cache"}});
    fmt::print("| `{}` | {} | {:.1f} | {:.1f} | {:.0f} | {} |\n", file, kind, usage.cpu_seconds,
               usage.wall_seconds, usage.peak_mebibytes, target);
    std::fflush(stdout);
  }
}

void Benchmark::sweeps() {
  fmt::print(
      "\n| sweep of ten points, -j 2 | memo | CPU s | wall s | peak MiB, one process | target "
      "|\n|---|---|---|---|---|---|\n");
  sweep("configs/sweeps/paper_fig6.yaml", "20 s cold, aim 5 s");
  sweep("configs/sweeps/resnet50.yaml", "60 s");
}

std::string processor() {
  std::ifstream in{"/proc/cpuinfo"};
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown processor";
}

double load() {
  double average = 0.0;
  return getloadavg(&average, 1) == 1 ? average : -1.0;
}

int run_all() {
  const double before = load();
  Benchmark benchmark;
  benchmark.runs();
  benchmark.sweeps();
  char date[32] = "";
  const std::time_t now = std::time(nullptr);
  std::strftime(date, sizeof date, "%Y-%m-%d", std::gmtime(&now));
  fmt::print("\n{}, {} cores, g++ {}, {}; load average {:.1f} at the begin, {:.1f} at the end.\n",
             processor(), ::sysconf(_SC_NPROCESSORS_ONLN), __VERSION__, date, before, load());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace turnpike::benchmark

int main() {
  try {
    return turnpike::benchmark::run_all();
  } catch (const std::exception& e) {
    fmt::print(stderr, "turnpike_benchmark: {}\n", e.what());
    return EXIT_FAILURE;
  }
}
