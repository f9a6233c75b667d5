// Traces of any origin through the functional engine, for tests/models/torch_check.py.
//
//   engine_replay TRACE...     a line a trace: path, codes compared, codes that differ, largest
//   float
//                              error over the tensor's range, what differs first
//   engine_replay --spacings   the Laplace spacing of 1 to 16 bits, a line each
//
// Exit code 0 if all agree, 1 if not, 3 if a trace cannot be read.

#include <cstring>
#include <exception>

#include <fmt/format.h>

#include "models/laplace_quantizer.hpp"
#include "sim/base/error.hpp"
#include "tests/models/replay.hpp"
#include "traces/trace_file.hpp"

namespace {

using namespace turnpike;

int print_spacings() {
  for (int bits = 1; bits <= models::kMaxWeightBits; ++bits) {
    fmt::print("{} {:.17g}\n", bits, models::laplace_spacing(bits));
  }
  return 0;
}

/// True if the engine agrees with the trace.
bool replay(const char* path) {
  const models::Replay result = models::replay_layers(traces::read_trace(path));
  const bool equal = result.differing_codes == 0 && result.float_error <= 1e-5;
  fmt::print("{} {} {} {:.3g} {}\n", path, result.codes, result.differing_codes, result.float_error,
             equal                        ? "-"
             : result.differing_codes > 0 ? result.first_difference
                                          : result.worst_float);
  return equal;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::strcmp(arguments[1], "--spacings") == 0) {
    return print_spacings();
  }
  try {
    bool equal = true;
    for (int i = 1; i < count; ++i) {
      equal = replay(arguments[i]) && equal;
    }
    return equal ? 0 : 1;
  } catch (const InputError& error) {
    fmt::print(stderr, "engine_replay: {}\n", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "engine_replay: {}\n", error.what());
    return 4;
  }
}
