// The list of the kinds of array.

#include "pe/array_kinds.hpp"

#include "pe/row_stationary/model.hpp"
#include "pe/systolic/systolic_model.hpp"
#include "sim/base/error.hpp"

namespace turnpike::pe {

std::unique_ptr<ArrayModel> make_array_model(const config::AcceleratorConfig& config) {
  switch (config.array.kind) {
    case config::ArrayKind::row_stationary:
      return std::make_unique<row_stationary::RowStationary>(config);
    case config::ArrayKind::systolic:
      return std::make_unique<systolic::Systolic>(config);
  }
  throw InternalError{"an array kind that is not in the list"};
}

}  // namespace turnpike::pe
