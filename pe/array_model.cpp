#include "pe/array_model.hpp"

namespace turnpike::pe {

ExpectedJob& ExpectedJob::operator+=(const ExpectedJob& other) {
  for (const auto member :
       {&ExpectedJob::mac_slots, &ExpectedJob::passes, &ExpectedJob::filter_words,
        &ExpectedJob::ifmap_words, &ExpectedJob::psum_in_words, &ExpectedJob::psum_out_words,
        &ExpectedJob::psum_reads, &ExpectedJob::dram_filter_values,
        &ExpectedJob::dram_ifmap_values}) {
    this->*member += other.*member;
  }
  least_cycles += other.least_cycles;
  return *this;
}

}  // namespace turnpike::pe
