#pragma once

#include <cstdint>
#include <map>
#include <systemc>
#include <utility>
#include <vector>

#include "tests/differential/structural_config.hpp"
#include "tests/differential/structural_pe.hpp"

namespace turnpike::differential {

/// Where transactions of one tag go: ports (or PEs) of a network and the row buses they hang on.
struct Multicast {
  std::vector<int> targets;
  std::vector<std::int32_t> array_rows;  ///< distinct
  void add(int target, std::int32_t array_row);
};
using Tag = std::pair<std::int32_t, std::int32_t>;

/// Counts one transaction of `values` values.
void count(pe::row_stationary::NetworkCounters& counters, std::size_t values,
           const Multicast& cast);

/// Filter load: one word a clock into the filter spads. Tag: filter set, chain row.
class FilterNetwork : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(FilterNetwork);
  FilterNetwork(const sc_core::sc_module_name& name, std::vector<FilterTurn> turns,
                const sc_core::sc_event& clock);
  void connect(StructuralPe& pe, const PeTag& tag);
  [[nodiscard]] bool done() const { return next_ == turns_.size(); }
  [[nodiscard]] const pe::row_stationary::NetworkCounters& counters() const { return counters_; }

 private:
  void clock_edge();
  std::vector<FilterTurn> turns_;
  std::size_t next_ = 0;
  std::vector<StructuralPe*> pes_;
  std::map<Tag, Multicast> casts_;
  pe::row_stationary::NetworkCounters counters_;
};

/// Ifmap values to the diagonals. Tag: channel set, ifmap row.
class IfmapNetwork : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(IfmapNetwork);
  IfmapNetwork(const sc_core::sc_module_name& name, std::vector<IfmapTurn> turns,
               const sc_core::sc_event& clock);
  sc_core::sc_port<sc_core::sc_fifo_out_if<std::int32_t>, 0> fifos;
  /// The next FIFO bound to `fifos` belongs to this PE, which needs this ifmap row.
  void connect(const PeTag& tag, std::int32_t ifmap_row);
  /// Turns before `limit` may be taken.
  void allow(std::size_t limit) { allowed_ = limit; }
  /// Turns before `first` are the run-in's and not counted.
  void count_from(std::size_t first) { counted_from_ = first; }
  [[nodiscard]] bool done() const { return next_ == turns_.size(); }
  [[nodiscard]] const pe::row_stationary::NetworkCounters& counters() const { return counters_; }

 private:
  void clock_edge();
  std::vector<IfmapTurn> turns_;
  std::size_t next_ = 0, allowed_ = 0, counted_from_ = 0;
  int connected_ = 0;
  std::map<Tag, Multicast> casts_;
  pe::row_stationary::NetworkCounters counters_;
};

/// Psums from the buffer to the bottoms of the chains. Tag: chain, chain column.
class PsumInNetwork : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(PsumInNetwork);
  PsumInNetwork(const sc_core::sc_module_name& name, std::vector<PsumTurn> turns,
                const std::vector<std::int64_t>& buffer, const sc_core::sc_event& clock);
  sc_core::sc_port<sc_core::sc_fifo_out_if<std::int64_t>, 0> fifos;
  void connect(const PeTag& tag);
  void allow(std::size_t limit) { allowed_ = limit; }
  void count_from(std::size_t first) { counted_from_ = first; }
  [[nodiscard]] bool done() const { return next_ == turns_.size(); }
  [[nodiscard]] const pe::row_stationary::NetworkCounters& counters() const { return counters_; }

 private:
  void clock_edge();
  std::vector<PsumTurn> turns_;
  const std::vector<std::int64_t>& buffer_;
  std::size_t next_ = 0, allowed_ = 0, counted_from_ = 0;
  int connected_ = 0;
  std::map<Tag, Multicast> casts_;
  pe::row_stationary::NetworkCounters counters_;
};

/// Psums from the tops of the chains to the buffer. Tag: chain, chain column.
class PsumOutNetwork : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(PsumOutNetwork);
  PsumOutNetwork(const sc_core::sc_module_name& name, std::vector<PsumTurn> turns,
                 std::vector<std::int64_t>& buffer, const sc_core::sc_event& clock);
  sc_core::sc_port<sc_core::sc_fifo_in_if<std::int64_t>, 0> fifos;
  void connect(const PeTag& tag);
  void count_from(std::size_t first) { counted_from_ = first; }
  [[nodiscard]] std::size_t turns_taken() const { return next_; }
  [[nodiscard]] bool done() const { return next_ == turns_.size(); }
  [[nodiscard]] const pe::row_stationary::NetworkCounters& counters() const { return counters_; }

 private:
  void clock_edge();
  std::vector<PsumTurn> turns_;
  std::vector<std::int64_t>& buffer_;
  std::size_t next_ = 0, counted_from_ = 0;
  int connected_ = 0;
  std::map<Tag, Multicast> casts_;
  pe::row_stationary::NetworkCounters counters_;
};

}  // namespace turnpike::differential
