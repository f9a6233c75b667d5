#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/base/digest.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/base/text.hpp"
#include "sim/sweep/point_selection.hpp"
#include "sim/sweep/shards.hpp"
#include "sim/sweep/sweep_runner.hpp"
#include "sim/sweep/sweep_summary.hpp"
#include "sim/sweep/sweep_table.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/interrupt.hpp"
#include "tools/names.hpp"
#include "tools/output.hpp"
#include "tools/run_progress.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

struct SweepArguments {
  std::string file;
  sweep::SweepOptions options;
  std::optional<std::string> directory;
  std::string progress = "auto";
  std::optional<std::string> shard;
  std::vector<std::string> merge;  ///< directories of shards
  std::string values = "once";
  std::string keep;
  std::string where;
  std::string export_file;
  bool status = false;
  bool json = false;
};

/// Version and digest of this very program: points another build made are not taken over.
std::string program_digest() {
  std::ifstream in{"/proc/self/exe", std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  return fmt::format("{} {}", kVersion, Digest{}.add(bytes).text());
}

std::string progress_text(const sweep::SweepProgress& progress) {
  const std::string left = progress.done > 0 && progress.done < progress.total
                               ? fmt::format(", about {:.0f} s left", progress.seconds_left)
                               : "";
  return fmt::format("{} of {} points done in {:.0f} s{}", progress.done, progress.total,
                     progress.seconds, left);
}

/// One line that is written over, for a terminal.
void show_bar(const sweep::SweepProgress& progress) {
  put_on_stderr(fmt::format("\r\033[K{}{}", progress_text(progress),
                            progress.done == progress.total ? "\n" : ""));
}

/// A line whenever a point ends, for a log.
void show_line(const sweep::SweepProgress& progress) {
  put_on_stderr(progress_text(progress) + '\n');
}

/// `auto` is a bar on a terminal, and nothing elsewhere.
std::function<void(const sweep::SweepProgress&)> progress_of(const std::string& kind, bool quiet) {
  if (kind == "lines" && !quiet) {
    return [last = std::size_t{0}](const sweep::SweepProgress& progress) mutable {
      if (progress.done != last) {
        show_line(progress);
      }
      last = progress.done;
    };
  }
  const bool bar = kind == "bar" ? !quiet : kind == "auto" && shows_progress(quiet);
  return bar ? show_bar : nullptr;
}

/// "162 ok, 54 failed".
std::string tally(const std::vector<sweep::PointResult>& points) {
  std::map<std::string, std::size_t> counts;
  for (const sweep::PointResult& point : points) {
    ++counts[point.status];
  }
  std::string out;
  for (const char* status : {"ok", "check_failed", "failed", "killed", "missing"}) {
    if (counts[status] > 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", counts[status], status);
    }
  }
  return out;
}

/// results/NAME or results/NAME-PROFILE, whatever path the profile has.
std::string default_directory(const std::string& file, const std::optional<std::string>& profile) {
  std::string name = std::filesystem::path{file}.stem().string();
  if (profile) {
    const bool path = profile->find('/') != std::string::npos || profile->ends_with(".yaml");
    name += '-' + (path ? std::filesystem::path{*profile}.stem().string() : *profile);
  }
  if (name.starts_with('.')) {
    name.front() = '_';
  }
  return "results/" + name;
}

/// What no shard has, after a merge: it is no sweep yet.
int code_of_merge(const sweep::SweepOutcome& outcome) {
  const auto missing = std::count_if(outcome.points.begin(), outcome.points.end(),
                                     [](const auto& point) { return !point.has_results(); });
  if (missing == 0) {
    return outcome.exit_code;
  }
  print_error(fmt::format(
      "{} of {} points have no result in any shard (of this build and these files); the same "
      "command without --merge runs them",
      missing, outcome.points.size()));
  return std::max(outcome.exit_code, static_cast<int>(ExitCode::input_file));
}

std::string interrupt_text(std::size_t done, std::size_t points) {
  return fmt::format("interrupted, {} of {} done; the same command resumes", done, points);
}

/// The points --where asks for; all without it.
std::vector<sweep::PointResult> chosen_points(const SweepArguments& arguments,
                                              const std::vector<sweep::PointResult>& points) {
  return arguments.where.empty() ? points : sweep::select_points(points, arguments.where);
}

/// --export: a table or columns by the file's name.
void export_points(const SweepArguments& arguments, const std::vector<sweep::PointResult>& points) {
  const std::string& file = arguments.export_file;
  if (file.ends_with(".npz")) {
    sweep::write_columns(file, points);
  } else if (!file.empty()) {
    write_output(file, sweep::sweep_csv(points));
  }
}

void check_export(const std::string& file) {
  if (!file.empty() && !file.ends_with(".csv") && !file.ends_with(".npz")) {
    throw InputError{{"--export " + file, 0, 0}, "must end in .csv or .npz"};
  }
}

int show_status(const SweepArguments& arguments, const sweep::SweepFile& file,
                const CommonOptions& common) {
  const std::vector<sweep::PointResult> points =
      chosen_points(arguments, sweep::sweep_status(file, arguments.options).points);
  export_points(arguments, points);
  for (const sweep::PointResult& point : points) {
    print_text(common, fmt::format("{}: {}\n", point.settings.text(), point.status));
  }
  std::fflush(stdout);  // before the line on stderr, should both go to one place
  print_note(common, fmt::format("{} points: {}", points.size(), tally(points)));
  return static_cast<int>(ExitCode::ok);
}

/// The last line on stderr, and why sweep.csv and sweep.json are not there, if so.
void tell_end(const sweep::SweepOutcome& outcome, const std::string& directory,
              const CommonOptions& common) {
  if (outcome.interrupted) {
    const auto done = std::count_if(outcome.points.begin(), outcome.points.end(),
                                    [](const auto& point) { return point.has_results(); });
    print_error(interrupt_text(static_cast<std::size_t>(done), outcome.points.size()));
  } else {
    print_note(common,
               fmt::format("{} points, {} of them finished before, in {:.1f} s: {}; results in {}/",
                           outcome.points.size(), outcome.resumed, outcome.seconds,
                           tally(outcome.points), directory));
  }
  if (!outcome.unwritten.empty()) {
    print_error(outcome.unwritten);
  }
}

/// Of what is finished; none if sweep.json could not be written.
sweep::PointBands bands_of(const sweep::SweepOutcome& outcome, const std::string& directory,
                           const CommonOptions& common) {
  const bool any = std::any_of(outcome.points.begin(), outcome.points.end(),
                               [](const auto& point) { return point.has_results(); });
  const bool few = outcome.points.size() <= sweep::kMostDirectories;  // each is read and priced
  return any && few && outcome.unwritten.empty() && !outcome.interrupted
             ? sweep::PointBands{directory, common.config_root}
             : sweep::PointBands{};
}

int run(SweepArguments arguments, const CommonOptions& common) {
  check_export(arguments.export_file);
  arguments.file = sweep_file(arguments.file, common.config_root);
  sweep::SweepFile file = sweep::read_sweep(arguments.file);
  std::string suffix;
  if (arguments.shard) {
    const sweep::Shard shard = sweep::parse_shard(*arguments.shard);
    sweep::keep_shard(file, shard);
    suffix = fmt::format(".shard-{}-of-{}", shard.index, shard.count);
  }
  sweep::SweepOptions& options = arguments.options;
  options.config_root = common.config_root;
  options.arguments = common.arguments;
  options.version = program_digest();
  options.memo_file = default_memo_file();
  if (!arguments.keep.empty()) {
    options.keep = arguments.keep == "runs" ? sweep::Keep::runs : sweep::Keep::none;
  }
  options.values =
      arguments.values == "once" ? sweep::ValueChecks::once : sweep::ValueChecks::always;
  options.note = [&common](const std::string& note) { print_note(common, "note: " + note); };
  options.directory =
      arguments.directory.value_or(default_directory(arguments.file, options.profile) + suffix);
  if (arguments.status) {
    return show_status(arguments, file, common);
  }
  const auto shown = progress_of(arguments.progress, common.quiet);
  const auto progress = [&](const sweep::SweepProgress& at) {
    set_interrupt_text(interrupt_text(at.resumed + at.done, file.points.size()));
    if (shown) {
      shown(at);
    }
  };
  const bool merging = !arguments.merge.empty();
  sweep::SweepOutcome outcome = merging ? sweep::merge_shards(file, options, arguments.merge)
                                        : sweep::run_sweep(file, options, progress);
  const std::vector<sweep::PointResult> shown_points = chosen_points(arguments, outcome.points);
  export_points(arguments, shown_points);
  if (arguments.json) {
    print_json(sweep::sweep_json(shown_points, outcome.request));
  } else if (shown_points.size() > sweep::kMostDirectories || !arguments.where.empty()) {
    print_text(common, sweep::sweep_summary(shown_points));
  } else {
    print_text(common, sweep::sweep_table(outcome.points, table_width(common),
                                          bands_of(outcome, options.directory, common)));
  }
  std::fflush(stdout);  // before the line on stderr, should both go to one place
  tell_end(outcome, options.directory, common);
  if (merging) {
    outcome.exit_code = code_of_merge(outcome);
  }
  return outcome.unwritten.empty()
             ? outcome.exit_code
             : std::max(outcome.exit_code, static_cast<int>(ExitCode::input_file));
}

}  // namespace

void add_sweep(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("sweep", "simulate every point of a sweep file");
  auto arguments = std::make_shared<SweepArguments>();
  sweep::SweepOptions& options = arguments->options;
  options.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  command->add_option("sweep", arguments->file, "a file, or a name of `turnpike list sweeps`")
      ->required();
  command->add_option("--profile", options.profile, "a name or a profile .yaml");
  command->add_option("--set", options.settings, "key=value, under every point")
      ->allow_extra_args(false);
  command->add_option("-j,--jobs", options.jobs, "processes at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->directory,
                      "results (default results/NAME or results/NAME-PROFILE)");
  command->add_flag("--force", options.force,
                    "run finished points again, and replace another sweep that is there");
  auto* shard = command->add_option("--shard", arguments->shard,
                                    "i/n: only every n-th point, from the i-th on");
  command
      ->add_option("--merge", arguments->merge,
                   "run nothing: put together what these directories of shards hold")
      ->type_name("DIR ...")
      ->excludes(shard);
  command->add_flag("--status", arguments->status, "say which points are finished, run nothing");
  command
      ->add_option("--progress", arguments->progress,
                   "on stderr: a bar, a line a point, or none; auto: a bar on a terminal")
      ->check(CLI::IsMember({"auto", "bar", "lines", "none"}))
      ->capture_default_str();
  command
      ->add_option("--keep", arguments->keep,
                   "runs: a run directory a point; none: only the database, whose points commands "
                   "take as DIR#POINT (default: runs up to 200 points)")
      ->check(CLI::IsMember({"runs", "none"}));
  command
      ->add_option("--values", arguments->values,
                   "values of points that run one trace: computed and checked once, or always")
      ->check(CLI::IsMember({"once", "always"}))
      ->capture_default_str();
  command->add_option("--where", arguments->where,
                      "show and export only points this holds for: figures and settings by name, "
                      "as in \"energy_uj < 20000 and area_mm2 < 5\"");
  command->add_option("--export", arguments->export_file,
                      "write the points to a .csv (as sweep.csv) or a .npz (columns)");
  command->add_flag("--json", arguments->json, "print sweep.json instead of a table");
  add_examples(
      *command,
      {"turnpike sweep paper_fig6 --profile paper -j 2", "turnpike sweep lstm300 --status",
       "turnpike sweep lstm300 --status --where \"precision = 2\" --export narrow.csv",
       "turnpike sweep lstm300 --shard 1/2 -o half1", "turnpike sweep lstm300 --shard 2/2 -o half2",
       "turnpike sweep lstm300 -o both --merge half1 half2"});
  command->callback([arguments, &common, &chosen] {
    chosen = [arguments, &common] { return run(*arguments, common); };
  });
}

}  // namespace turnpike::tools
