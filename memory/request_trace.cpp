#include "memory/request_trace.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"

namespace turnpike::memory {

void RequestTraceWriter::burst(std::int64_t address, bool write, DramClock at) {
  ++bursts_;
  if (format_ == RequestTraceFormat::dramsim3) {
    out_ << fmt::format("0x{:x} {} {}\n", address, write ? "WRITE" : "READ", at);
  } else {
    out_ << fmt::format("{} 0x{:x}\n", write ? "ST" : "LD", address);
  }
}

void RequestTraceWriter::command(DramCommand /*command*/, const DramLocation& /*where*/,
                                 DramClock /*at*/) {
  // A request trace has requests only: the commands are what the other simulator is to find.
}

RequestTraceFile::RequestTraceFile(const std::string& path, RequestTraceFormat format)
    : path_{path}, file_{path}, writer_{file_, format} {
  if (!file_) {
    throw FileError{{path, 0, 0}, "cannot be written: " + std::generic_category().message(errno)};
  }
}

void RequestTraceFile::close() {
  close_output(file_, path_);
}

}  // namespace turnpike::memory
