#include "sim/pricing/mapping_prices.hpp"

#include <map>
#include <utility>

#include "sim/config/profile.hpp"
#include "sim/config/sources.hpp"
#include "sim/pricing/priced_run.hpp"

namespace turnpike::pricing {
namespace {

/// Prices are asked for again and again, and each takes tables to look up.
class ModelPrices final : public dataflow::ActionPrices {
 public:
  explicit ModelPrices(cost::CostModel model) : model_{std::move(model)} {}

  [[nodiscard]] Picojoules price(const ActionKey& key) const override {
    const auto found = known_.find(key);
    if (found != known_.end()) {
      return found->second;
    }
    return known_.emplace(key, model_.price(key).energy).first->second;
  }

 private:
  cost::CostModel model_;
  mutable std::map<ActionKey, Picojoules> known_;
};

}  // namespace

std::unique_ptr<dataflow::ActionPrices> mapping_prices(const config::AcceleratorConfig& config,
                                                       const std::string& config_root) {
  config::AcceleratorConfig priced = config;
  priced.highway.enabled = false;
  if (config.mapper.prices) {
    const ConfigNode* mapper = config.resolved.find("mapper");
    const ConfigNode* prices = mapper == nullptr ? nullptr : mapper->find("prices");
    const config::Profile profile = config::Profile::load(config::profile_path(
        *config.mapper.prices, config_root, prices == nullptr ? SourceSpot{} : prices->spot));
    if (const ConfigNode* cost = profile.overlay.find("cost")) {
      ConfigNode over;
      over.kind = ConfigNode::Kind::mapping;
      over.entries.emplace_back("cost", *cost);
      priced.resolved.merge(over);
    }
  }
  return std::make_unique<ModelPrices>(make_cost_model(priced, nullptr, config_root));
}

}  // namespace turnpike::pricing
