#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pe/array_model.hpp"
#include "sim/base/quantity.hpp"

namespace turnpike::accelerator {

/// What a part of the machine can be busy with. Of each there is one at a time: the fetch engine
/// brings filters or an ifmap tile, control waits for one thing.
enum class Track {
  layer,         ///< from the first thing control does for a layer to the last
  pass,          ///< the array runs a processing pass
  bank_wait,     ///< a pass waits at its end for banks of the buffer that were asked for too often
  dram_stall,    ///< control waits for data from or to DRAM
  post_stall,    ///< control waits for the post-processing unit
  filter_fetch,  ///< DRAM to buffer: weights of a pass
  ifmap_fetch,   ///< DRAM to buffer: an ifmap tile
  skip_fetch,    ///< DRAM to post-processing unit: other operands of a tile
  write_back,    ///< buffer to DRAM: outputs
  post,          ///< the post-processing unit works on a tile, its reads included
};
inline constexpr int kTracks = 10;

/// Something that takes time.
struct Activity {
  Track track = Track::layer;
  std::size_t layer = 0;              ///< index into RunFacts::layers
  std::uint64_t number = 0;           ///< passes: of the run, from 0
  std::uint64_t low_bytes = 0;        ///< transfers: whole 64-bit words ...
  std::uint64_t highway_bytes = 0;    ///< ... and those that only the highway moves
  std::uint64_t values = 0;           ///< transfers and tiles
  const pe::PassKey* pass = nullptr;  ///< passes; valid during the call
};

/// What a run is about to do.
struct RunFacts {
  struct Layer {
    std::string name, op;
    std::string mapping;  ///< "" for layers that do not run on the array
  };
  std::string network;
  Picoseconds clock_period;
  const pe::ArrayModel* array = nullptr;  ///< valid during the run
  std::vector<Layer> layers;
};

/// Is told what the machine does, in order of simulated time, as it happens. It can change nothing
/// in the run and must not throw: it is called inside the SystemC kernel.
///
/// An activity that takes no time (a wait for what is there already) is told as well.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void run_begins(const RunFacts& facts) = 0;
  virtual void begins(const Activity& activity, Picoseconds at) = 0;
  virtual void ends(const Activity& activity, Picoseconds at) = 0;
  virtual void run_ends(Picoseconds at) = 0;

 protected:
  RunObserver() = default;
  RunObserver(const RunObserver&) = default;
  RunObserver& operator=(const RunObserver&) = default;
  RunObserver(RunObserver&&) = default;
  RunObserver& operator=(RunObserver&&) = default;
};

/// Several observers of one run.
class RunObservers final : public RunObserver {
 public:
  /// `observer` must outlive this.
  void add(RunObserver& observer) { observers_.push_back(&observer); }

  void run_begins(const RunFacts& facts) override {
    for (RunObserver* observer : observers_) {
      observer->run_begins(facts);
    }
  }
  void begins(const Activity& activity, Picoseconds at) override {
    for (RunObserver* observer : observers_) {
      observer->begins(activity, at);
    }
  }
  void ends(const Activity& activity, Picoseconds at) override {
    for (RunObserver* observer : observers_) {
      observer->ends(activity, at);
    }
  }
  void run_ends(Picoseconds at) override {
    for (RunObserver* observer : observers_) {
      observer->run_ends(at);
    }
  }

 private:
  std::vector<RunObserver*> observers_;
};

}  // namespace turnpike::accelerator
