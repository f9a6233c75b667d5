#include "tests/differential/structural_array.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <systemc>

#include <fmt/format.h>

#include "tests/differential/structural_config.hpp"
#include "tests/differential/structural_networks.hpp"
#include "tests/differential/structural_pe.hpp"

namespace turnpike::differential {
namespace {

using IfmapFifo = sc_core::sc_fifo<std::int32_t>;
using PsumFifo = sc_core::sc_fifo<std::int64_t>;

/// A PE that is part of a chain, with the FIFOs it reads.
struct Site {
  PeTag tag;
  std::unique_ptr<StructuralPe> pe;
  std::unique_ptr<IfmapFifo> ifmap;
  std::unique_ptr<PsumFifo> psum;
  std::unique_ptr<PsumFifo> out;  ///< of the top PE only
};

/// A pass of the run-in: the same on one image and few columns.
pe::row_stationary::PassShape run_in_shape(pe::row_stationary::PassShape shape) {
  shape.n = 1;
  shape.F = std::min(shape.F, 8);
  return shape;
}

/// The turns of the run-in, then those of the pass.
template <class Turn>
std::vector<Turn> chained(std::int32_t run_in_passes, const std::vector<Turn>& run_in,
                          const std::vector<Turn>& pass) {
  std::vector<Turn> turns;
  for (std::int32_t k = 0; k < run_in_passes; ++k) {
    turns.insert(turns.end(), run_in.begin(), run_in.end());
  }
  turns.insert(turns.end(), pass.begin(), pass.end());
  return turns;
}

std::vector<IfmapTurn> run_in_ifmap(const pe::row_stationary::PassShape& shape) {
  const std::size_t plane = static_cast<std::size_t>(((shape.e - 1) * shape.U + shape.R) *
                                                     ((shape.F - 1) * shape.V + shape.S));
  return ifmap_turns(shape,
                     std::vector<std::int32_t>(plane * static_cast<std::size_t>(shape.channels), 0));
}

/// Psums of the run-in lie behind those of the pass.
std::vector<PsumTurn> run_in_psums(const pe::row_stationary::PassShape& shape, std::int32_t rate,
                                   std::size_t behind) {
  std::vector<PsumTurn> turns = psum_turns(shape, rate);
  for (PsumTurn& turn : turns) {
    for (std::size_t& word : turn.words) {
      word += behind;
    }
  }
  return turns;
}

/// The array with its networks and the controller that gates their clocks.
class StructuralArray : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(StructuralArray);
  StructuralArray(const sc_core::sc_module_name& name, const pe::row_stationary::PassShape& shape,
                  pe::PassOperands& operands, std::uint64_t clock_limit)
      : sc_core::sc_module{name},
        shape_{shape},
        clock_limit_{clock_limit},
        run_in_passes_{shape.follows != 0 ? 2 : 0},
        run_in_{run_in_shape(shape)},
        ifmap_turns_{run_in_ifmap(run_in_)},
        psum_in_turns_{run_in_psums(run_in_, shape.psum_in_rate, operands.psum.size())},
        psum_out_turns_{run_in_psums(run_in_, shape.psum_out_rate, operands.psum.size())},
        psums_{operands.psum},
        filter_{"filter", filter_turns(shape, operands.filter), load_clock_},
        ifmap_{"ifmap", chained(run_in_passes_, ifmap_turns_, ifmap_turns(shape, operands.ifmap)),
               stream_clock_},
        psum_in_{"psum_in",
                 chained(run_in_passes_, psum_in_turns_, psum_turns(shape, shape.psum_in_rate)),
                 psums_, stream_clock_},
        psum_out_{"psum_out",
                  chained(run_in_passes_, psum_out_turns_, psum_turns(shape, shape.psum_out_rate)),
                  psums_, stream_clock_} {
    psums_.resize(psums_.size() + static_cast<std::size_t>(run_in_.e * run_in_.F * shape.filters));
    const auto passes = static_cast<std::size_t>(run_in_passes_);
    ifmap_.count_from(passes * ifmap_turns_.size());
    psum_in_.count_from(passes * psum_in_turns_.size());
    psum_out_.count_from(passes * psum_out_turns_.size());
    for (std::int32_t row = 0; row < shape.rows; ++row) {
      for (std::int32_t column = 0; column < shape.columns; ++column) {
        if (const auto tag = tag_of(shape, row, column)) {
          add_site(*tag);
        }
      }
    }
    std::for_each(sites_.begin(), sites_.end(), [this](Site& site) { connect(site); });
    SC_METHOD(control);
  }

  [[nodiscard]] StructuralResult result() const;
  [[nodiscard]] std::vector<std::int64_t> psums() const {
    return {psums_.begin(), psums_.end() - run_in_.e * run_in_.F * shape_.filters};
  }

 private:
  void add_site(const PeTag& tag);
  void connect(Site& site);
  void control();
  void stream();
  [[nodiscard]] bool macs_issued() const;
  [[nodiscard]] std::uint64_t clocks() const;

  pe::row_stationary::PassShape shape_;
  std::uint64_t clock_limit_;
  std::uint64_t load_clocks_ = 0, stream_clocks_ = 0, tail_clocks_ = 0;
  std::int32_t run_in_passes_;
  std::int32_t pass_ = 0;  ///< whose filters the array has, those of the run-in first
  bool handed_over_ = false;
  pe::row_stationary::PassShape run_in_;
  std::vector<IfmapTurn> ifmap_turns_;  ///< of a pass of the run-in
  std::vector<PsumTurn> psum_in_turns_, psum_out_turns_;
  std::vector<std::int64_t> psums_;
  sc_core::sc_event load_clock_, stream_clock_;
  FilterNetwork filter_;
  IfmapNetwork ifmap_;
  PsumInNetwork psum_in_;
  PsumOutNetwork psum_out_;
  std::vector<Site> sites_;
};

void StructuralArray::add_site(const PeTag& tag) {
  const std::string id = fmt::format("_{}", sites_.size());
  const PeExtents extents{.images = shape_.n,
                          .F = shape_.F,
                          .S = shape_.S,
                          .V = shape_.V,
                          .channels = elements_of_set(shape_.channels, shape_.q, tag.channel_set),
                          .filters = elements_of_set(shape_.filters, shape_.p, tag.filter_set),
                          .ifmap_spad = shape_.ifmap_spad,
                          .psum_spad = shape_.psum_spad,
                          .run_in_images = run_in_passes_,
                          .run_in_F = run_in_.F};
  Site site;
  site.tag = tag;
  site.pe = std::make_unique<StructuralPe>(("pe" + id).c_str(), extents, stream_clock_);
  site.ifmap = std::make_unique<IfmapFifo>(("ifmap_fifo" + id).c_str(), shape_.fifo_depth);
  site.psum = std::make_unique<PsumFifo>(("psum_fifo" + id).c_str(), shape_.fifo_depth);
  if (tag.top) {
    site.out = std::make_unique<PsumFifo>(("out_fifo" + id).c_str(), shape_.fifo_depth);
  }
  sites_.push_back(std::move(site));
}

void StructuralArray::connect(Site& site) {
  site.pe->ifmap(*site.ifmap);
  site.pe->psum_below(*site.psum);
  filter_.connect(*site.pe, site.tag);
  ifmap_.connect(site.tag, site.tag.ofmap_row * shape_.U + site.tag.filter_row);
  ifmap_.fifos(*site.ifmap);
  if (site.tag.bottom) {
    psum_in_.connect(site.tag);
    psum_in_.fifos(*site.psum);
  }
  if (site.tag.top) {
    site.pe->psum_above(*site.out);
    psum_out_.connect(site.tag);
    psum_out_.fifos(*site.out);
    return;
  }
  const auto is_above = [&site](const Site& other) {
    return other.tag.chain == site.tag.chain && other.tag.chain_column == site.tag.chain_column &&
           other.tag.chain_row == site.tag.chain_row - 1;
  };
  site.pe->psum_above(*std::find_if(sites_.begin(), sites_.end(), is_above)->psum);
}

/// One clock of one domain. Its processes run in the next delta, their FIFO updates right after:
/// all is settled when the next clock begins.
void StructuralArray::control() {
  next_trigger(1.0, sc_core::SC_NS);
  if (pass_ < run_in_passes_ && macs_issued()) {
    ++pass_;
  }
  if (pass_ < run_in_passes_) {
    stream();
    return;
  }
  if (load_clocks_ == 0) {
    std::for_each(sites_.begin(), sites_.end(), [](Site& site) { site.pe->begin_load(); });
  }
  const auto unit =
      static_cast<std::uint64_t>(std::max(1, shape_.filter_load_unit / shape_.filter_rate));
  handed_over_ = handed_over_ || (shape_.leads != 0 && macs_issued());
  if (!filter_.done() || load_clocks_ % unit != 0) {
    ++load_clocks_;
    load_clock_.notify(sc_core::SC_ZERO_TIME);
  } else if (!psum_out_.done() && clocks() + tail_clocks_ < clock_limit_) {
    ++(handed_over_ ? tail_clocks_ : stream_clocks_);
    stream();
  } else {
    next_trigger();
  }
}

/// Of the pass whose filters are there.
bool StructuralArray::macs_issued() const {
  const std::int32_t images = pass_ < run_in_passes_ ? pass_ + 1 : run_in_passes_ + shape_.n;
  return std::all_of(sites_.begin(), sites_.end(), [images](const Site& site) {
    return site.pe->images_done() >= images;
  });
}

/// A clock in which all but the filter network may work. Each goes as far as the pass whose filters
/// are there, psums into the array no farther than the first pass whose psums are not all out.
void StructuralArray::stream() {
  const auto turns = [this](std::int32_t pass, std::size_t of_run_in) {
    return pass >= run_in_passes_ ? ~std::size_t{0}
                                  : static_cast<std::size_t>(pass + 1) * of_run_in;
  };
  const std::size_t out = psum_out_.turns_taken() / psum_out_turns_.size();
  const std::int32_t psum_pass = std::min(pass_, static_cast<std::int32_t>(std::min<std::size_t>(
                                                     out, static_cast<std::size_t>(run_in_passes_))));
  ifmap_.allow(turns(pass_, ifmap_turns_.size()));
  psum_in_.allow(turns(psum_pass, psum_in_turns_.size()));
  for (Site& site : sites_) {
    site.pe->allow(pass_ < run_in_passes_ ? pass_ + 1 : run_in_passes_ + shape_.n);
  }
  stream_clock_.notify(sc_core::SC_ZERO_TIME);
}

/// The latency clocks between the two phases: neither domain is clocked.
std::uint64_t StructuralArray::clocks() const {
  return load_clocks_ + static_cast<std::uint64_t>(shape_.buffer_latency) + stream_clocks_;
}

StructuralResult StructuralArray::result() const {
  StructuralResult result;
  result.finished = psum_out_.done();
  result.empty = ifmap_.done() && psum_in_.done();
  pe::row_stationary::PassCounters& c = result.counters;
  c.cycles = clocks();
  c.load_cycles = load_clocks_;
  c.active_pes = sites_.size();
  for (const Site& site : sites_) {
    const StructuralPe::Counts& counts = site.pe->counts();
    c.mac_slots += counts.macs;
    c.ifmap_spad_writes += counts.ifmap_writes;
    c.ifmap_spad_reads += counts.ifmap_reads;
    c.filter_spad_writes += counts.filter_writes;
    c.psum_accumulations += counts.accumulations;
    c.link_words += site.tag.top ? 0 : counts.accumulations;
    result.empty = result.empty && site.pe->empty() && site.ifmap->num_available() == 0 &&
                   site.psum->num_available() == 0 &&
                   (site.out == nullptr || site.out->num_available() == 0);
  }
  c.filter_network = filter_.counters();
  c.ifmap_network = ifmap_.counters();
  c.psum_in_network = psum_in_.counters();
  c.psum_out_network = psum_out_.counters();
  return result;
}

}  // namespace

StructuralResult run_structural(const pe::row_stationary::PassShape& shape,
                                pe::PassOperands& operands, std::uint64_t clock_limit) {
  sc_core::sc_simcontext* const before = sc_core::sc_curr_simcontext;
  const auto context = std::make_unique<sc_core::sc_simcontext>();
  sc_core::sc_curr_simcontext = context.get();
  sc_core::sc_default_global_context = context.get();
  StructuralResult result;
  {
    StructuralArray array{"array", shape, operands, clock_limit};
    sc_core::sc_start();
    result = array.result();
    operands.psum = array.psums();
  }
  sc_core::sc_curr_simcontext = before;
  sc_core::sc_default_global_context = before;
  return result;
}

}  // namespace turnpike::differential
