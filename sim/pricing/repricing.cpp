#include "sim/pricing/repricing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/text.hpp"
#include "sim/config/sources.hpp"
#include "sim/cost/reprice.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::pricing {
namespace {

/// "45nm" -> 45; the folder it stands for must be there.
std::string node_of(const std::string& name, const std::string& config_root) {
  const std::vector<std::string> known = cost::Technology::names_in(config_root + "/technology");
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw InputError{{"--technology " + name, 0, 0}, "is unknown" + suggestion(name, known)};
  }
  return name.substr(0, name.find("nm"));
}

}  // namespace

config::AcceleratorConfig repriced_config(const config::AcceleratorConfig& run,
                                          const PriceChanges& changes,
                                          const std::string& config_root) {
  ConfigNode wanted = run.resolved;
  if (changes.technology) {
    wanted.set("technology.node_nm=" + node_of(*changes.technology, config_root));
  }
  config::lay_choices(wanted, changes.profile, changes.settings, config_root);
  // Wrong keys first: their message is the more helpful one.
  config::AcceleratorConfig config = config::read_accelerator(wanted);
  cost::check_repricing(run.resolved, wanted);
  if (!config.mapper.prices && !cost::differing_keys(run.resolved, wanted).empty()) {
    // The mappings stay those the run chose by its own prices.
    wanted.set("mapper.prices=" + run.profile);
    config = config::read_accelerator(wanted);
  }
  // As decided when the run was made, whoever decided it.
  config.precision = run.precision;
  config.highway.enabled = run.highway.enabled;
  config.highway.bits = run.highway.bits;
  return config;
}

}  // namespace turnpike::pricing
