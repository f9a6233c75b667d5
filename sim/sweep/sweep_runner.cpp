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
#include <fmt/ranges.h>

#include "sim/base/digest.hpp"
#include "sim/base/directory_lock.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/config/sources.hpp"
#include "sim/results/run_directory.hpp"
#include "sim/sweep/accuracy_store.hpp"
#include "sim/sweep/packet.hpp"
#include "sim/sweep/point_columns.hpp"
#include "sim/sweep/point_store.hpp"
#include "sim/sweep/process_pool.hpp"
#include "sim/sweep/shards.hpp"
#include "sim/sweep/sweep_directory.hpp"
#include "sim/sweep/sweep_store.hpp"

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

/// Parts of what a child tells: passes and values it found out, then, where the store takes them,
/// files, digest of values, row, inputs, and what makes later files smaller.
constexpr std::size_t kPartsOfRow = 2;

constexpr const char* kHighwayKey = "highway.enabled";

/// Settings for all points that say nothing of one that is to have no highway.
bool is_of_the_highway(const std::string& setting) {
  return setting.starts_with("highway.bits=") || setting.starts_with("highway.storage=") ||
         setting.starts_with("highway.edges=");
}

class Runner {
 public:
  Runner(const SweepFile& sweep, const SweepOptions& options)
      : sweep_{sweep},
        options_{options},
        keep_{options.keep.value_or(sweep.points.size() <= kMostDirectories ? Keep::runs
                                                                            : Keep::none)},
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

  /// The database of the sweep, made if need be. Where run directories are kept it only repeats
  /// them: what is wrong with it is told at the end. Else a damaged one is refused, or done away
  /// with by `force`.
  void open_store() {
    try {
      database_.emplace(SweepStore::open(options_.directory));
    } catch (const FileError& error) {
      if (keep_ == Keep::runs && !options_.force) {
        store_trouble_ = error.what();
        return;
      }
      if (!options_.force) {
        throw FileError{{options_.directory, 0, 0},
                        fmt::format("{}; with --force what it held is run again", error.what())};
      }
      const std::string path = options_.directory + "/" + results::kStoreFile;
      for (const char* part : {"", "-wal", "-shm"}) {
        std::error_code ignored;
        fs::remove(path + part, ignored);
      }
      database_.emplace(SweepStore::open(options_.directory));
    }
    const std::string asked = fmt::format("{}", fmt::join(request_, ", "));
    const std::string held = database_->request();
    if (!held.empty() && held != asked) {
      if (!options_.force) {
        throw InputError{{options_.directory, 0, 0},
                         fmt::format("holds another sweep ({}); give another directory with -o, or "
                                     "--force to replace what is there",
                                     held)};
      }
      database_->clear();
    }
    database_->put_request(asked);
    values_.merge(database_->values());
  }
  /// To look only; none is made.
  void look_at_store() { database_ = SweepStore::open_to_read(options_.directory); }

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
      results_[i] = options_.force ? std::nullopt : finished(i);
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
    known_ = database_ ? database_->known() : "";
    open_workload();
    passes_ = std::make_shared<pe::PassMemo>();
    if (!options_.memo_file.empty()) {
      passes_->load(options_.memo_file);
    }
    const std::vector<ProcessPool::Tasks> groups = groups_of(todo);
    ProcessPool pool{options_.jobs, [this](std::size_t i) { return run_point(points_[i]); }};
    const auto started = [this](std::size_t i) {
      if (keep_ == Keep::runs) {
        clear_leftovers(points_[i]);
      }
    };
    const auto ended = [&](std::size_t i, const TaskEnd& end) {
      take_over(i, end.result);
      note_end(i, end);
      ++done;
      tell();
    };
    interrupted_ = !pool.run(groups, started, ended);
    if (!options_.memo_file.empty()) {
      passes_->save(options_.memo_file);
    }
    for (const std::size_t i : keep_ == Keep::runs ? todo : std::vector<std::size_t>{}) {
      remove_temporaries(points_[i].directory);
      DirectoryLock::clear(points_[i].directory);
      if (interrupted_ && !results_[i]) {  // it may have been killed when all was written
        results_[i] = store_.finished(points_[i]);
      }
    }
  }

  /// Takes what is finished in a shard's run directories or database and is not here.
  void adopt(const std::string& shard) {
    std::optional<AccuracyStore> theirs, ours;
    if (sweep_.data) {
      theirs.emplace(shard, accuracy_source(sweep_));
      ours.emplace(options_.directory, accuracy_source(sweep_));
    }
    auto database = SweepStore::open_to_read(shard);
    known_ = database_ ? database_->known() : "";
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (!results_[i]) {
        adopt_point(i, shard, database ? &*database : nullptr);
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

  /// Rows of points that were told by their run directories. Why it failed, or "".
  [[nodiscard]] std::string fill_store() {
    if (!database_) {
      return store_trouble_;
    }
    try {
      database_->begin();
      for (std::size_t i = 0; i < points_.size(); ++i) {
        const bool repeated = keep_ == Keep::runs || by_directory_.contains(i);
        if (results_[i] && repeated && !database_->holds(points_[i], *results_[i])) {
          SweepStore::Provenance made;
          if (results_[i]->has_results()) {
            made.inputs = results::RunDirectory::open(points_[i].directory).record().inputs;
          }
          database_->put(points_[i], *results_[i], made);
        }
      }
      database_->put_values(news_);
      database_->commit();
      database_.reset();  // others may read it now, and what was beside it is in it
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
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
      outcome.points.push_back(results_[i] ? *results_[i] : why_unfinished(points_[i]));
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

  /// Points of one trace together: whoever runs some of them makes it once.
  [[nodiscard]] std::vector<ProcessPool::Tasks> groups_of(const std::vector<std::size_t>& todo) {
    std::vector<ProcessPool::Tasks> groups;
    std::map<std::string, std::size_t> known;
    for (const std::size_t i : todo) {
      const auto [found, added] = known.emplace(trace_of(points_[i]), groups.size());
      if (added) {
        groups.emplace_back();
      }
      groups[found->second].push_back(i);
    }
    for (const ProcessPool::Tasks& group : groups) {
      for (const std::size_t i : group) {
        points_[i].shares_trace = group.size() > 1;
      }
    }
    return groups;
  }

  /// Digest of what a point's trace is made from.
  [[nodiscard]] std::string trace_of(const Point& point) const {
    Digest digest;
    digest.add(options_.version + '\n' + workload_->trace_name(point.config) + '\n');
    for (const std::string& place : places_) {
      digest.add(place + '\n');
    }
    for (const auto& [name, bytes] : workload_inputs_) {
      digest.add(name + ' ' + bytes + '\n');
    }
    return digest.text();
  }

  /// What a child found out besides its point's results: passes and values the next ones know.
  void take_over(std::size_t index, const std::string& bytes) {
    if (bytes.empty()) {
      return;
    }
    const std::vector<std::string> parts = unpacked_texts(bytes);
    passes_->merge(parts.at(0));
    values_.merge(parts.at(1));
    news_ += parts.at(1);
    if (parts.size() > kPartsOfRow) {
      store_point(index, parts);
    }
  }
  /// Nothing is kept of a point that cannot be stored: the sweep ends, and resumes here.
  /// A point of a shard, if it is finished there; else why it is not, if that is known.
  void adopt_point(std::size_t index, const std::string& shard, SweepStore* theirs) {
    const Point& point = points_[index];
    Point there = point;
    there.directory = shard + "/" + point.settings.id();
    std::optional<PointResult> result = store_.finished(there);
    if (!result && theirs != nullptr) {
      result = theirs->finished(point, digests_);
      there.directory = shard + "#" + point.settings.id();
    }
    if (result) {
      try {
        copy_in(index, *result, results::RunDirectory::open(there.directory));
        return;
      } catch (const FileError&) {
        // a row whose run directory is gone: it counts as missing
      }
    }
    PointResult why = unfinished(there);
    if (why.status == "missing" && theirs != nullptr) {
      why = theirs->failure(point).value_or(why);
    }
    if (why.status == "missing") {
      return;
    }
    if (keep_ == Keep::runs) {
      write_failure(point, why.message);
    } else {
      database_->put(point, why, {});
    }
  }
  /// The first files make those that are packed later smaller.
  void learn(const std::string& text) {
    if (known_.empty()) {
      database_->put_known(text);
      known_ = database_->known();
    }
  }

  void copy_in(std::size_t index, const PointResult& result, const results::RunDirectory& from) {
    const Point& point = points_[index];
    results::RunTexts files;
    for (const auto& [name, digest] : from.record().files) {
      if (name.empty() || name != fs::path{name}.filename() || name.starts_with('.')) {
        throw FileError{{from.path("run.json")}, fmt::format("'{}' is no name of a file", name)};
      }
      files.emplace(name, from.text(name));
    }
    if (keep_ == Keep::none) {
      files.emplace("run.json", from.text("run.json"));
      learn(results::known_of(files));
      database_->put(point, result,
                     {from.record().inputs, results::pack(files, known_), from.digest("values")});
      by_directory_.erase(index);
      results_[index] = result;
      return;
    }
    clear_leftovers(point);
    fs::create_directories(point.directory);
    for (const auto& [name, text] : files) {
      write_output(point.directory + "/" + name, text);
    }
    write_output(point.directory + "/run.json", from.text("run.json"));  // now it counts
    results_[index] = store_.finished(point);
  }
  void store_point(std::size_t index, const std::vector<std::string>& parts) {
    PointResult result;
    result.settings = points_[index].settings;
    std::vector<DatabaseValue> row;
    for (const std::string& value : unpacked_texts(parts.at(4))) {
      row.push_back(value_of(value));
    }
    ensure(set_columns(result, row), "a child's row has the columns of every point");
    std::map<std::string, std::string> inputs;
    const std::vector<std::string> files = unpacked_texts(parts.at(5));
    for (std::size_t i = 0; i + 1 < files.size(); i += 2) {
      inputs.emplace(files[i], files[i + 1]);
    }
    database_->begin();
    learn(parts.at(6));
    database_->put(points_[index], result, {inputs, parts.at(2), parts.at(3)});
    database_->put_values(std::exchange(news_, {}));
    database_->commit();
    by_directory_.erase(index);
    results_[index] = std::move(result);
  }
  [[nodiscard]] std::string found_out(std::vector<std::string> point) const {
    std::vector<std::string> parts = {passes_->take_news(), values_.take_news()};
    std::move(point.begin(), point.end(), std::back_inserter(parts));
    return packed_texts(parts);
  }

  [[nodiscard]] std::optional<PointResult> finished(std::size_t index) {
    const Point& point = points_[index];
    if (keep_ == Keep::none && database_) {
      if (auto result = database_->finished(point, digests_)) {
        return result;
      }
    }
    by_directory_.insert(index);
    return store_.finished(point);
  }
  [[nodiscard]] PointResult why_unfinished(const Point& point) {
    if (keep_ == Keep::none && database_) {
      if (auto result = database_->failure(point)) {
        return *result;
      }
    }
    return unfinished(point);
  }

  [[nodiscard]] results::RunRecord record_of(const Point& point) const {
    results::RunRecord record;
    record.version = options_.version;
    record.arguments = options_.arguments;
    record.request = point.request;
    record.timing = "memo";
    record.digests = {{"inputs", point.identity}};
    record.inputs = inputs_of(point);
    return record;
  }
  /// As they were when the sweep began.
  [[nodiscard]] std::map<std::string, std::string> inputs_of(const Point& point) const {
    std::map<std::string, std::string> inputs = point.inputs;
    inputs.insert(workload_inputs_.begin(), workload_inputs_.end());
    return inputs;
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
      return TaskEnd{static_cast<int>(code), 0, what, {}};
    };
    try {
      return {0, 0, {}, found_out(simulate(point))};
    } catch (const InputError& e) {
      return failed(e.exit_code(), e.what());
    } catch (const std::bad_alloc&) {
      return failed(ExitCode::input_file, "out of memory");
    } catch (const std::exception& e) {
      return failed(ExitCode::internal, e.what());
    }
  }

  /// Where no run directory is kept, what the store takes of it.
  [[nodiscard]] std::vector<std::string> simulate(const Point& point) const {
    const auto begin = Clock::now();
    const InputRecorder recorder;
    RunOptions experiment;
    experiment.config_root = options_.config_root;
    experiment.passes = passes_;
    if (options_.values == ValueChecks::once && point.shares_trace) {
      experiment.simulation.values = &values_;
      experiment.simulation.trace = trace_of(point);
    }
    const pricing::PricedRun run = turnpike::run(point.config, *workload_, experiment);
    results::RunRecord record = record_of(point);
    std::string verified;
    if (experiment.simulation.values != nullptr) {
      verified = fmt::format("{:016x}", run.result.values_digest);
      record.digests.emplace_back("values", verified);
      record.digests.emplace_back(
          "values_of_earlier_points",
          fmt::format("{} of {} stages", run.result.stages_known, run.result.layers.size()));
    }
    record.inputs.insert(recorder.files().begin(), recorder.files().end());
    record.wall_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (keep_ == Keep::runs) {
      results::write_run_directory(point.directory, run, record);
      return {};
    }
    const results::RunTexts files = results::run_texts(run, record);
    PointResult result;
    result.settings = point.settings;
    read_point(results::RunDirectory::of(files, point.settings.id()), result);
    std::vector<std::string> row;
    for (const PointColumn& column : columns_of(result)) {
      row.push_back(text_of(column.value));
    }
    std::vector<std::string> inputs;
    for (const auto& [file, digest] : record.inputs) {
      inputs.insert(inputs.end(), {file, digest});
    }
    return {results::pack(files, known_), verified, packed_texts(row), packed_texts(inputs),
            known_.empty() ? results::known_of(files) : ""};
  }

  /// The verdict is in the directory, not in the process's exit code. One killed when all was
  /// written is finished, as a resumed sweep would take it; with `--force` what is there may be an
  /// older run.
  void note_end(std::size_t index, const TaskEnd& end) {
    const Point& point = points_[index];
    if (end.signal != 0 && !options_.force && !results_[index]) {
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
    if (keep_ == Keep::runs) {
      write_failure(points_[index], message);
    }
    exit_codes_[index] = static_cast<int>(code);
    PointResult result = unfinished(points_[index]);
    result.status = status;
    result.message = message;
    if (keep_ == Keep::none) {
      database_->put(points_[index], result, {});
      by_directory_.erase(index);
    }
    results_[index] = std::move(result);
  }

  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  const SweepFile& sweep_;
  const SweepOptions& options_;
  Keep keep_;
  std::vector<std::string> request_;
  std::vector<std::string> places_;
  std::vector<Point> points_;
  std::vector<std::optional<PointResult>> results_;  ///< of points that ended, now or before
  std::vector<int> exit_codes_;                      ///< of points that failed now
  PointStore store_;
  std::optional<SweepStore> database_;
  std::string store_trouble_;           ///< why there is none
  std::set<std::size_t> by_directory_;  ///< points that were looked for in run directories
  FileDigests digests_;
  std::string known_;                      ///< SweepStore::known()
  std::string news_;                       ///< of values, not stored yet
  std::shared_ptr<pe::PassMemo> passes_;   ///< with what children stepped
  mutable accelerator::ValueMemo values_;  ///< likewise
  std::optional<Workload> workload_;
  std::map<std::string, std::string> workload_inputs_;
  std::size_t resumed_ = 0;
  bool interrupted_ = false;
  Clock::time_point start_ = Clock::now();
};

/// The begin of a sweep: its directory locked, what is finished in it read, nothing in it that it
/// would replace and should not.
SweepDirectory opened(Runner& runner, const SweepOptions& options) {
  SweepDirectory directory = SweepDirectory::open(options.directory);
  runner.open_store();
  runner.resume();
  if (!options.force) {
    directory.check_replaceable(runner.request(), runner.points_at(runner.unfinished_points()));
  }
  return directory;
}

/// The end of a sweep: the outcome, written to its database and its files.
SweepOutcome written(Runner& runner, const SweepDirectory& directory) {
  SweepOutcome outcome = runner.outcome();
  const std::string not_stored = runner.fill_store();
  outcome.unwritten = directory.write(outcome.points, outcome.request);
  if (outcome.unwritten.empty()) {
    outcome.unwritten = not_stored;
  }
  return outcome;
}

}  // namespace

SweepOutcome run_sweep(const SweepFile& sweep, const SweepOptions& options,
                       const std::function<void(const SweepProgress&)>& progress) {
  Runner runner{sweep, options};
  const SweepDirectory directory = opened(runner, options);
  runner.run(progress);
  runner.add_accuracies(true);
  return written(runner, directory);
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
  const SweepDirectory directory = opened(runner, options);
  for (const std::string& shard : shards) {
    runner.adopt(shard);
  }
  runner.add_accuracies(false);
  return written(runner, directory);
}

SweepOutcome sweep_status(const SweepFile& sweep, const SweepOptions& options) {
  Runner runner{sweep, options};
  runner.look_at_store();
  runner.resume();
  runner.add_accuracies(false);
  return runner.outcome();
}

}  // namespace turnpike::sweep
