// Prints the validation table of docs/memory.md.

#include <cstdio>

#include "tests/memory/dram_validation.hpp"

int main() {
  for (const std::string& row : turnpike::memory::test::validation_rows()) {
    std::puts(row.c_str());
  }
  return 0;
}
