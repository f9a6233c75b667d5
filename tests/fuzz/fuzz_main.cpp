#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_targets.hpp"

extern "C" int sc_main(int argc, char* argv[]);                                     // NOLINT
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);  // NOLINT

/// SystemC's library asks for one; the fuzzers run no simulation.
extern "C" int sc_main(int, char*[]) {  // NOLINT
  return 0;
}

/// libFuzzer's entry point; TURNPIKE_FUZZ_TARGET is a function of fuzz_targets.hpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  turnpike::fuzz::TURNPIKE_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
