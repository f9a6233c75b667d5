// Prints the validation table of docs/memory.md.

#include <cstdio>

#include "tests/memory/dram_validation.hpp"

int main() {
  using namespace turnpike::memory::test;
  for (const std::string& device : validated_devices()) {
    for (const std::string& row : validation_rows(device)) {
      std::puts(row.c_str());
    }
  }
  return 0;
}
