#include "sim/sweep/sweep_runner.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <new>
#include <set>

#include <fmt/format.h>

#include "sim/base/directory_lock.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/config/sources.hpp"
#include "sim/results/run_directory.hpp"
#include "sim/sweep/accuracy_store.hpp"
#include "sim/sweep/point_store.hpp"
#include "sim/sweep/process_pool.hpp"
#include "sim/sweep/shards.hpp"
#include "sim/sweep/sweep_directory.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// "killed by signal 9 (Killed), likely out of memory".
std::string killed_message(int signal) {
  return fmt::format("{}{} ({}){}", kKilledBy, signal, ::strsignal(signal),
                     signal == SIGKILL ? ", likely out of memory" : "");
}

/// A signal from outside, want of memory first, is not our bug; the others are crashes.
ExitCode code_of_signal(int signal) {
  for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    if (signal == crash) {
      return ExitCode::internal;
    }
  }
  return ExitCode::input_file;
}

constexpr const char* kHighwayKey = "highway.enabled";

/// Settings for all points that say nothing of one that is to have no highway.
bool is_of_the_highway(const std::string& setting) {
  return setting.starts_with("highway.bits=") || setting.starts_with("highway.storage=") ||
         setting.starts_with("highway.edges=");
}

/// Copies a run directory, run.json last: until then it counts as unfinished.
void copy_run(const std::string& from, const std::string& to) {
  fs::create_directories(to);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{from}) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.starts_with('.') && name != "run.json") {
      names.push_back(name);
    }
  }
  names.emplace_back("run.json");
  for (const std::string& name : names) {
    write_output(to + "/" + name, read_input(from + "/" + name));
  }
}

class Runner {
 public:
  Runner(const SweepFile& sweep, const SweepOptions& options)
      : sweep_{sweep},
        options_{options},
        request_{request_of(sweep, options)},
        places_{place_of(sweep.accelerator), place_of(sweep.network),
                sweep.weights.empty() ? "" : place_of(sweep.weights),
                canonical_path(options.config_root)} {
    for (const PointSettings& settings : sweep.points) {
      points_.push_back(point_of(settings));  // every point is checked before the first one runs
    }
    results_.resize(points_.size());
    exit_codes_.resize(points_.size(), 0);
  }

  [[nodiscard]] const std::vector<std::string>& request() const { return request_; }
  [[nodiscard]] std::vector<Point> points_at(const std::vector<std::size_t>& indices) const {
    std::vector<Point> out;
    for (const std::size_t i : indices) {
      out.push_back(points_[i]);
    }
    return out;
  }

  /// Reads what is finished.
  void resume() {
    start_ = Clock::now();
    for (std::size_t i = 0; i < points_.size(); ++i) {
      results_[i] = options_.force ? std::nullopt : store_.finished(points_[i]);
      resumed_ += results_[i] ? 1U : 0U;
    }
  }

  [[nodiscard]] std::vector<std::size_t> unfinished_points() const {
    std::vector<std::size_t> todo;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (!results_[i]) {
        todo.push_back(i);
      }
    }
    return todo;
  }

  void run(const std::function<void(const SweepProgress&)>& progress) {
    const std::vector<std::size_t> todo = unfinished_points();
    std::size_t done = 0;
    const auto tell = [&] { report(progress, done, todo.size()); };
    tell();
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (results_[i]) {
        clear_failure(points_[i]);
      }
    }
    if (todo.empty()) {
      return;
    }
    open_workload();
    ProcessPool pool{options_.jobs, [this](std::size_t i) { return run_point(points_[i]); }};
    const auto started = [this](std::size_t i) { clear_leftovers(points_[i]); };
    const auto ended = [&](std::size_t i, const TaskEnd& end) {
      note_end(i, end);
      ++done;
      tell();
    };
    interrupted_ = !pool.run(todo, started, ended);
    for (const std::size_t i : todo) {
      remove_temporaries(points_[i].directory);
      DirectoryLock::clear(points_[i].directory);
      if (interrupted_ && !results_[i]) {  // it may have been killed when all was written
        results_[i] = store_.finished(points_[i]);
      }
    }
  }

  /// Copies from the directory of a shard what is not finished here.
  void adopt(const std::string& shard) {
    std::optional<AccuracyStore> theirs, ours;
    if (sweep_.data) {
      theirs.emplace(shard, accuracy_source(sweep_));
      ours.emplace(options_.directory, accuracy_source(sweep_));
    }
    for (std::size_t i = 0; i < points_.size(); ++i) {
      Point there = points_[i];
      there.directory = shard + "/" + there.settings.id();
      if (!results_[i] && store_.finished(there)) {
        clear_leftovers(points_[i]);
        copy_run(there.directory, points_[i].directory);
        results_[i] = store_.finished(points_[i]);
      } else if (!results_[i] && unfinished(there).status != "missing") {
        write_failure(points_[i], unfinished(there).message);
      }
      const std::string id = points_[i].settings.id();
      if (const auto figure = theirs ? theirs->find(id, points_[i].identity) : std::nullopt) {
        ours->put(id, points_[i].identity, *figure);
      }
    }
    if (ours) {
      ours->write();
    }
  }

  /// Accuracies of the points that have results: those in store, and with `measure` the others.
  void add_accuracies(bool measure) {
    if (!sweep_.data) {
      return;
    }
    AccuracyStore store{options_.directory, accuracy_source(sweep_)};
    std::vector<std::size_t> todo;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (!results_[i] || !results_[i]->has_results()) {
        continue;
      }
      results_[i]->accuracy = store.find(points_[i].settings.id(), points_[i].identity);
      if (!results_[i]->accuracy) {
        todo.push_back(i);
      }
    }
    if (!measure || todo.empty() || interrupted_) {
      return;
    }
    std::vector<config::AcceleratorConfig> configs;
    for (const std::size_t i : todo) {
      configs.push_back(points_[i].config);
    }
    const auto weights = sweep_.weights.empty() ? std::nullopt : std::optional{sweep_.weights};
    const auto found = measure_accuracy(sweep_.network, weights, *sweep_.data, configs);
    for (std::size_t i = 0; i < todo.size(); ++i) {
      results_[todo[i]]->accuracy = found[i];
      store.put(points_[todo[i]].settings.id(), points_[todo[i]].identity, found[i]);
    }
    store.write();
  }

  SweepOutcome outcome() {
    SweepOutcome outcome;
    outcome.request = request_;
    outcome.resumed = resumed_;
    outcome.interrupted = interrupted_;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      outcome.points.push_back(results_[i] ? *results_[i] : unfinished(points_[i]));
      const ExitCode verdict =
          outcome.points.back().status == "check_failed" ? ExitCode::check_failed : ExitCode::ok;
      outcome.exit_code = std::max({outcome.exit_code, exit_codes_[i], static_cast<int>(verdict)});
    }
    if (interrupted_) {
      outcome.exit_code = static_cast<int>(ExitCode::interrupted);
    }
    outcome.seconds = elapsed();
    return outcome;
  }

 private:
  Point point_of(const PointSettings& settings) const {
    Point point;
    point.settings = settings;
    point.directory = options_.directory + "/" + settings.id();
    const InputRecorder recorder;
    config::ConfigSources sources;
    sources.accelerator_file = sweep_.accelerator;
    sources.config_root = options_.config_root;
    sources.profile = options_.profile;
    const std::vector<std::string> assignments = settings.assignments();
    std::copy_if(options_.settings.begin(), options_.settings.end(),
                 std::back_inserter(sources.settings), [&settings](const std::string& setting) {
                   return !is_of_the_highway(setting) || settings.value(kHighwayKey) != "false";
                 });
    std::copy(assignments.begin(), assignments.end(), std::back_inserter(sources.settings));
    point.config = config::load_accelerator(sources);
    point.inputs = recorder.files();
    point.identity = identity_of(options_.version, point.config, places_);
    point.request = request_;
    for (const std::string& assignment : assignments) {
      point.request.push_back("point " + assignment);
    }
    return point;
  }

  void open_workload() {
    const InputRecorder recorder;
    const auto weights = sweep_.weights.empty() ? std::nullopt : std::optional{sweep_.weights};
    workload_.emplace(Workload::open(sweep_.network, weights, sweep_.data));
    for (const std::size_t i : unfinished_points()) {
      workload_->check(points_[i].config);
    }
    workload_->prepare();
    workload_inputs_ = recorder.files();
    tell_notes(unfinished_points());
  }

  /// What there is to know of a trace on the machines of these points, each sentence once. What is
  /// wrong with a point is told when it runs.
  void tell_notes(const std::vector<std::size_t>& todo) const {
    if (!options_.note) {
      return;
    }
    std::set<std::string> told;
    for (const std::size_t i : todo) {
      config::AcceleratorConfig config = points_[i].config;
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

  void report(const std::function<void(const SweepProgress&)>& progress, std::size_t done,
              std::size_t total) const {
    if (progress) {
      const double seconds = elapsed();
      const double left =
          done == 0 ? 0.0 : seconds / static_cast<double>(done) * static_cast<double>(total - done);
      progress({done, total, resumed_, seconds, left});
    }
  }

  /// In a process of its own; the result is the point's directory.
  [[nodiscard]] TaskEnd run_point(const Point& point) const {
    const auto failed = [](ExitCode code, const char* what) {
      return TaskEnd{static_cast<int>(code), 0, what};
    };
    try {
      simulate(point);
      return {};
    } catch (const InputError& e) {
      return failed(e.exit_code(), e.what());
    } catch (const std::bad_alloc&) {
      return failed(ExitCode::input_file, "out of memory");
    } catch (const std::exception& e) {
      return failed(ExitCode::internal, e.what());
    }
  }

  void simulate(const Point& point) const {
    const auto begin = Clock::now();
    const InputRecorder recorder;
    RunOptions experiment;
    experiment.config_root = options_.config_root;
    experiment.simulation.memo_file = options_.memo_file;
    const pricing::PricedRun run = turnpike::run(point.config, *workload_, experiment);
    results::RunRecord record;
    record.version = options_.version;
    record.arguments = options_.arguments;
    record.request = point.request;
    record.timing = "memo";
    record.digests = {{"inputs", point.identity}};
    record.inputs = point.inputs;  // as they were when the sweep began
    record.inputs.insert(workload_inputs_.begin(), workload_inputs_.end());
    record.inputs.insert(recorder.files().begin(), recorder.files().end());
    record.wall_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    results::write_run_directory(point.directory, run, record);
  }

  /// The verdict is in the directory, not in the process's exit code. One killed when all was
  /// written is finished, as a resumed sweep would take it; with `--force` what is there may be an
  /// older run.
  void note_end(std::size_t index, const TaskEnd& end) {
    const Point& point = points_[index];
    if (end.signal != 0 && !options_.force) {
      results_[index] = store_.finished(point);
    }
    if (results_[index]) {
      return;
    }
    if (end.signal != 0) {
      fail(index, code_of_signal(end.signal), killed_message(end.signal), "killed");
    } else if (end.exit_code != 0) {
      fail(index, static_cast<ExitCode>(end.exit_code), end.message, "failed");
    } else {
      results_[index] = store_.finished(point);
      if (!results_[index]) {
        fail(index, ExitCode::input_file,
             "its directory or what it was made from changed while it ran", "failed");
      }
    }
  }

  void fail(std::size_t index, ExitCode code, const std::string& message, const char* status) {
    write_failure(points_[index], message);
    exit_codes_[index] = static_cast<int>(code);
    PointResult result = unfinished(points_[index]);
    result.status = status;
    result.message = message;
    results_[index] = std::move(result);
  }

  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  const SweepFile& sweep_;
  const SweepOptions& options_;
  std::vector<std::string> request_;
  std::vector<std::string> places_;
  std::vector<Point> points_;
  std::vector<std::optional<PointResult>> results_;  ///< of points that ended, now or before
  std::vector<int> exit_codes_;                      ///< of points that failed now
  PointStore store_;
  std::optional<Workload> workload_;
  std::map<std::string, std::string> workload_inputs_;
  std::size_t resumed_ = 0;
  bool interrupted_ = false;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

SweepOutcome run_sweep(const SweepFile& sweep, const SweepOptions& options,
                       const std::function<void(const SweepProgress&)>& progress) {
  Runner runner{sweep, options};
  const SweepDirectory directory = SweepDirectory::open(options.directory);
  runner.resume();
  if (!options.force) {
    directory.check_replaceable(runner.request(), runner.points_at(runner.unfinished_points()));
  }
  runner.run(progress);
  runner.add_accuracies(true);
  SweepOutcome outcome = runner.outcome();
  outcome.unwritten = directory.write(outcome.points, outcome.request);
  return outcome;
}

SweepOutcome merge_shards(const SweepFile& sweep, const SweepOptions& options,
                          const std::vector<std::string>& shards) {
  for (const std::string& shard : shards) {
    std::error_code ignored;
    if (!fs::is_directory(shard, ignored)) {
      throw FileError{{shard, 0, 0}, "is no directory of a shard"};
    }
  }
  Runner runner{sweep, options};
  const SweepDirectory directory = SweepDirectory::open(options.directory);
  runner.resume();
  if (!options.force) {
    directory.check_replaceable(runner.request(), runner.points_at(runner.unfinished_points()));
  }
  for (const std::string& shard : shards) {
    runner.adopt(shard);
  }
  runner.add_accuracies(false);
  SweepOutcome outcome = runner.outcome();
  outcome.unwritten = directory.write(outcome.points, outcome.request);
  return outcome;
}

SweepOutcome sweep_status(const SweepFile& sweep, const SweepOptions& options) {
  Runner runner{sweep, options};
  runner.resume();
  runner.add_accuracies(false);
  return runner.outcome();
}

}  // namespace turnpike::sweep
