#include "tests/fuzz/fuzz_targets.hpp"

#include "sim/base/config_node.hpp"
#include "sim/base/error.hpp"
#include "traces/npy.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::fuzz {

void npy(std::string_view bytes) {
  const traces::NpyPlace place{{"fuzz.npy"}, ""};
  try {
    const std::string image = traces::encode_npy(traces::decode_npy(bytes, place));
    ensure(traces::encode_npy(traces::decode_npy(image, place)) == image, "npy round trip");
  } catch (const InputError&) {  // refused: fine
  }
}

void trace_json(std::string_view text) {
  const SourceSpot spot{"fuzz.json"};
  try {
    traces::Trace trace = traces::parse_trace_json(text, spot);
    ensure(traces::parse_trace_json(traces::trace_json(trace), spot) == trace, "JSON round trip");
    for (const traces::TensorEntry& tensor : trace.tensors()) {
      trace.tensor(tensor.name).data = tensor.is_float()
                                           ? Tensor{{1, 1, 1, 1}, std::vector<float>{0.5F}}
                                           : Tensor{{1, 1, 1, 1}, std::vector<std::uint8_t>{0}};
    }
    traces::validate_trace(trace, spot);
  } catch (const InputError&) {  // refused: fine
  }
}

void config(std::string_view text) {
  try {
    static_cast<void>(ConfigNode::from_string(std::string{text}, "fuzz.yaml").to_yaml());
  } catch (const InputError&) {  // refused: fine
  }
}

}  // namespace turnpike::fuzz
