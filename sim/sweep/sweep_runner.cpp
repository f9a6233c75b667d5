#include "sim/sweep/sweep_runner.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/digest.hpp"
#include "sim/base/text.hpp"
#include "sim/report/result_files.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kErrorFile = "error.txt";

volatile std::sig_atomic_t interrupted = 0;
void note_interrupt(int) {
  interrupted = 1;
}

/// While it lives, Ctrl-C and TERM are noted instead of killing the process.
class InterruptGuard {
 public:
  InterruptGuard() {
    interrupted = 0;
    struct sigaction action = {};
    action.sa_handler = note_interrupt;
    sigaction(SIGINT, &action, &old_int_);
    sigaction(SIGTERM, &action, &old_term_);
  }
  ~InterruptGuard() {
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction old_int_ = {};
  struct sigaction old_term_ = {};
};

std::string file_text(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// What a file holds, or all files of a folder in the order of their names; "" if it is neither.
std::string text_under(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    return fs::is_regular_file(path, ignored) ? file_text(path) : "";
  }
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator{path}) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const std::string& file : files) {
    text += file + '\n' + file_text(file);
  }
  return text;
}

class Runner {
 public:
  Runner(const SweepFile& sweep, const SweepOptions& options)
      : sweep_{sweep},
        options_{options},
        technology_digest_{Digest{}.add(text_under(options.config_root + "/technology")).text()} {
    for (const PointSettings& settings : sweep.points) {
      Point point;
      point.settings = settings;
      point.directory = options.directory + "/" + settings.id();
      point.config = load(settings);  // every point is checked before the first one runs
      point.digest = digest_of(point.config);
      points_.push_back(std::move(point));
    }
  }

  SweepOutcome run(const std::function<void(const SweepProgress&)>& progress) {
    const InterruptGuard guard;
    start_ = Clock::now();
    std::vector<std::size_t> todo;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (!options_.force && finished_digest(points_[i].directory) == points_[i].digest) {
        ++resumed_;
      } else {
        todo.push_back(i);
      }
    }
    if (!todo.empty()) {
      const auto weights = sweep_.weights.empty() ? std::nullopt : std::optional{sweep_.weights};
      workload_.emplace(Workload::open(sweep_.network, weights));
      workload_->prepare();
      tell_notes(todo);
    }
    run_all(todo, progress);
    return collect();
  }

  SweepOutcome status() {
    start_ = Clock::now();
    return collect();
  }

 private:
  struct Point {
    PointSettings settings;
    std::string directory;
    std::string digest;
    accelerator::AcceleratorConfig config;
    int exit_code = 0;
  };

  [[nodiscard]] accelerator::AcceleratorConfig load(const PointSettings& settings) const {
    accelerator::ConfigSources sources;
    sources.accelerator_file = sweep_.accelerator;
    sources.config_root = options_.config_root;
    sources.profile = options_.profile;
    sources.settings = options_.settings;
    for (const std::string& assignment : settings.assignments()) {
      sources.settings.push_back(assignment);
    }
    return accelerator::load_accelerator(sources);
  }

  [[nodiscard]] std::string digest_of(const accelerator::AcceleratorConfig& config) const {
    Digest digest;
    digest.add(options_.version + '\n' + config.resolved.to_yaml() + '\n');
    digest.add(sweep_.network + '\n' + sweep_.weights + '\n' + technology_digest_ + '\n');
    const ConfigNode* const prices = config.cost.find("energy_table");
    for (const std::string& file :
         {sweep_.network, sweep_.weights, prices == nullptr ? "" : prices->scalar}) {
      digest.add(Digest{}.add(text_under(file)).text());
    }
    return digest.text();
  }

  /// What there is to know of a trace on the machines of these points, each sentence once. What is
  /// wrong with a point is told when it runs.
  void tell_notes(const std::vector<std::size_t>& todo) const {
    if (!options_.note) {
      return;
    }
    std::set<std::string> told;
    for (const std::size_t i : todo) {
      accelerator::AcceleratorConfig config = points_[i].config;
      try {
        if (workload_->is_trace()) {
          static_cast<void>(workload_->trace(config));
        }
      } catch (const InputError&) {
        continue;
      }
      for (const std::string& note : workload_->notes(config)) {
        if (told.insert(note).second) {
          options_.note(note);
        }
      }
    }
  }

  void run_all(const std::vector<std::size_t>& todo,
               const std::function<void(const SweepProgress&)>& progress) {
    std::map<pid_t, std::size_t> running;
    std::size_t next = 0;
    std::size_t done = 0;
    while ((next < todo.size() && interrupted == 0) || !running.empty()) {
      while (next < todo.size() && interrupted == 0 &&
             running.size() < static_cast<std::size_t>(options_.jobs)) {
        const std::size_t point = todo[next++];
        running.emplace(start(points_[point]), point);
      }
      report(progress, done, todo.size());
      int status = 0;
      const pid_t ended = ::waitpid(-1, &status, 0);
      if (ended < 0) {
        if (errno == EINTR && interrupted != 0) {
          for (const auto& [child, point] : running) {
            ::kill(child, SIGKILL);
          }
        }
        continue;
      }
      const auto found = running.find(ended);
      if (found != running.end()) {
        points_[found->second].exit_code =
            WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(ExitCode::internal);
        running.erase(found);
        ++done;
      }
    }
    report(progress, done, todo.size());
  }

  void report(const std::function<void(const SweepProgress&)>& progress, std::size_t done,
              std::size_t total) const {
    if (progress) {
      const double seconds = elapsed();
      const double left =
          done == 0 ? 0.0 : seconds / static_cast<double>(done) * static_cast<double>(total - done);
      progress({done, total, resumed_, seconds, left});
    }
  }

  /// Runs one point in a child process; its result is its directory.
  pid_t start(const Point& point) {
    const pid_t child = ::fork();
    if (child < 0) {
      throw InternalError{"cannot start a process for a point"};
    }
    if (child == 0) {
      std::signal(SIGINT, SIG_IGN);  // the parent decides
      ::_exit(run_point(point));
    }
    return child;
  }

  [[nodiscard]] int run_point(const Point& point) const {
    const std::string error_file = point.directory + "/" + kErrorFile;
    std::error_code ignored;
    fs::remove(point.directory + "/run.json", ignored);
    fs::remove(error_file, ignored);
    try {
      const auto begin = Clock::now();
      ExperimentOptions experiment;
      experiment.config_root = options_.config_root;
      experiment.simulation.memo_file = options_.memo_file;
      const report::PricedRun run = run_experiment(point.config, *workload_, experiment);
      report::RunRecord record;
      record.version = options_.version;
      record.arguments = options_.arguments;
      record.timing = "memo";
      record.digests = {{"inputs", point.digest}};
      record.wall_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      report::write_run_directory(point.directory, run, record);
      return static_cast<int>(run.result.checks.all_passed() ? ExitCode::ok
                                                             : ExitCode::check_failed);
    } catch (const InputError& e) {
      return failed(error_file, e.what(), e.exit_code());
    } catch (const std::exception& e) {
      return failed(error_file, e.what(), ExitCode::internal);
    }
  }

  static int failed(const std::string& error_file, const char* what, ExitCode code) {
    std::error_code ignored;
    fs::create_directories(fs::path{error_file}.parent_path(), ignored);
    std::ofstream{error_file} << what;
    return static_cast<int>(code);
  }

  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  SweepOutcome collect() {
    SweepOutcome outcome;
    outcome.resumed = resumed_;
    for (const Point& point : points_) {
      PointResult result;
      result.settings = point.settings;
      result.profile = point.config.profile;
      if (finished_digest(point.directory) == point.digest) {
        read_point(point.directory, result);
        result.status = point.exit_code == 0 ? "ok" : "check_failed";
      } else if (fs::exists(point.directory + "/" + kErrorFile)) {
        result.status = "failed";
        result.message = file_text(point.directory + "/" + kErrorFile);
      }
      outcome.exit_code = std::max(outcome.exit_code, point.exit_code);
      outcome.points.push_back(std::move(result));
    }
    if (interrupted != 0) {
      outcome.exit_code = static_cast<int>(ExitCode::interrupted);
    }
    outcome.seconds = elapsed();
    return outcome;
  }

  const SweepFile& sweep_;
  const SweepOptions& options_;
  std::string technology_digest_;  ///< prices and memories are inputs, too
  std::vector<Point> points_;
  std::optional<Workload> workload_;
  std::size_t resumed_ = 0;
  Clock::time_point start_;
};

}  // namespace

SweepOutcome run_sweep(const SweepFile& sweep, const SweepOptions& options,
                       const std::function<void(const SweepProgress&)>& progress) {
  Runner runner{sweep, options};
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (error) {
    throw FileError{{options.directory, 0, 0}, "cannot be made: " + error.message()};
  }
  SweepOutcome outcome = runner.run(progress);
  report::write_file(options.directory + "/sweep.csv", sweep_csv(outcome.points));
  report::write_file(options.directory + "/sweep.json", sweep_json(outcome.points));
  return outcome;
}

SweepOutcome sweep_status(const SweepFile& sweep, const SweepOptions& options) {
  return Runner{sweep, options}.status();
}

}  // namespace turnpike::sweep
