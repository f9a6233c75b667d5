// sample NETWORK [key=value...]: results.json of a network on the accelerator precision-highway.
#include <cstdio>

#include "sim/base/error.hpp"
#include "sim/config/sources.hpp"
#include "sim/results/result_files.hpp"
#include "sim/run/run.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  try {
    const std::string configs = TURNPIKE_CONFIGS;
    turnpike::config::ConfigSources sources;
    sources.accelerator_file = configs + "/accelerators/precision-highway.yaml";
    sources.config_root = configs;
    sources.settings.assign(argv + 2, argv + argc);
    turnpike::RunOptions options;
    options.config_root = configs;
    const auto run = turnpike::run(turnpike::config::load_accelerator(sources),
                                   turnpike::Workload::open(argv[1]), options);
    std::fputs(turnpike::results::results_json(run).c_str(), stdout);
    return run.result.checks.all_passed() ? 0 : 1;
  } catch (const turnpike::InputError& error) {
    std::fprintf(stderr, "sample: %s\n", error.what());
    return static_cast<int>(error.exit_code());
  }
}
