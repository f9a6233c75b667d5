#pragma once

#include <cstdint>
#include <fstream>
#include <ostream>
#include <string>

#include "memory/dram_request.hpp"

namespace turnpike::memory {

/// The trace formats of public DRAM simulators, a line a burst.
enum class RequestTraceFormat {
  dramsim3,   ///< "0x1f40 READ 1234": address, READ or WRITE, DRAM clock
  ramulator2  ///< "LD 0x1f40", "ST 0x1f40": load/store trace, no time
};

/// Writes what a controller is asked for, burst by burst in order of submission, so that another
/// simulator can be fed the same stream. Give it to the controller as its observer.
class RequestTraceWriter : public DramObserver {
 public:
  /// `out` must outlive this.
  RequestTraceWriter(std::ostream& out, RequestTraceFormat format) : out_{out}, format_{format} {}

  void burst(std::int64_t address, bool write, DramClock at) override;
  void command(DramCommand command, const DramLocation& where, DramClock at) override;

  [[nodiscard]] std::uint64_t bursts() const { return bursts_; }

 private:
  std::ostream& out_;
  RequestTraceFormat format_;
  std::uint64_t bursts_ = 0;
};

/// The same into a file.
class RequestTraceFile {
 public:
  /// FileError if the file cannot be written.
  RequestTraceFile(const std::string& path, RequestTraceFormat format);

  [[nodiscard]] RequestTraceWriter& writer() { return writer_; }
  /// Call at the end: FileError if something could not be written (a full disk).
  void close();

 private:
  std::string path_;
  std::ofstream file_;
  RequestTraceWriter writer_;
};

}  // namespace turnpike::memory
