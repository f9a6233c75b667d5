#include "memory/request_trace.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/memory/dram_support.hpp"

namespace turnpike::memory {
namespace {

std::string trace_of(RequestTraceFormat format) {
  std::ostringstream out;
  RequestTraceWriter writer{out, format};
  DramController controller{test::device("ddr4-2400"), 1, {}, &writer};
  controller.submit({.address = 8000, .bytes = 130}, 5);
  controller.submit({.address = 64, .bytes = 1, .write = true}, 9);
  std::vector<DramCompletion> done;
  controller.finish(done);
  EXPECT_EQ(writer.bursts(), 4U);
  return out.str();
}

TEST(RequestTrace, WritesDramsim3sFormat) {
  EXPECT_EQ(trace_of(RequestTraceFormat::dramsim3),
            "0x1f40 READ 5\n0x1f80 READ 5\n0x1fc0 READ 5\n0x40 WRITE 9\n");
}

TEST(RequestTrace, WritesRamulator2sFormat) {
  EXPECT_EQ(trace_of(RequestTraceFormat::ramulator2), "LD 0x1f40\nLD 0x1f80\nLD 0x1fc0\nST 0x40\n");
}

TEST(RequestTrace, LinksAndIdealMemoriesAreTracedInTheirUnits) {
  std::ostringstream out;
  RequestTraceWriter writer{out, RequestTraceFormat::ramulator2};
  DramController controller{test::device("eyeriss-link"), 1, {}, &writer};
  controller.submit({.address = 0, .bytes = 16}, 0);
  EXPECT_EQ(out.str(), "LD 0x0\nLD 0x8\n");
}

TEST(RequestTrace, AFileThatCannotBeWrittenIsAnError) {
  EXPECT_THROW((RequestTraceFile{"/no/such/directory/t.trc", RequestTraceFormat::dramsim3}),
               FileError);
  const auto path = std::filesystem::temp_directory_path() / "turnpike_request_trace_test.trc";
  RequestTraceFile file{path.string(), RequestTraceFormat::dramsim3};
  file.writer().burst(64, false, 3);
  file.close();
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "0x40 READ 3");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace turnpike::memory
