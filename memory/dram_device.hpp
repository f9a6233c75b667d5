#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_map.hpp"
#include "sim/base/quantity.hpp"

namespace turnpike::memory {

/// What stands behind the accelerator's memory port.
enum class DramKind {
  dram,   ///< banks, rows, refresh
  link,   ///< a serial link that moves one word a clock; what lies beyond it is not modelled
  ideal,  ///< answers at once: the bound no memory can beat
};

/// Can the figures under `energy:` be trusted?
enum class EnergyQuality {
  datasheet,    ///< derived from the vendor's or JEDEC's currents
  placeholder,  ///< currents of another part stand in; absolute energies mean little
  none,         ///< the memory's energy is left out on purpose: all zero
};

/// Sizes of a rank and of the channel. Rows, columns, banks, ranks are powers of two.
struct DramOrganisation {
  int channel_bits = 64;  ///< data wires of one channel
  int device_bits = 8;    ///< data wires of one device
  int burst_length = 8;   ///< transfers a CAS command makes, two a clock
  int bank_groups = 1;
  int banks_per_group = 8;
  std::int64_t rows = 0;
  std::int64_t columns = 0;     ///< transfers of device_bits in a row
  std::int64_t page_bytes = 0;  ///< of one device
  int devices_per_rank = 8;
  int ranks = 1;

  [[nodiscard]] int banks() const { return bank_groups * banks_per_group; }
  /// Bytes one CAS command moves on the channel.
  [[nodiscard]] std::int64_t burst_bytes() const {
    return std::int64_t{channel_bits / 8} * burst_length;
  }
  [[nodiscard]] std::int64_t bursts_per_row() const { return columns / burst_length; }
  /// Of one channel.
  [[nodiscard]] std::int64_t capacity_bytes() const {
    return burst_bytes() * bursts_per_row() * rows * banks() * ranks;
  }
};

/// JEDEC's timing parameters in clocks (names without the t). Ranges of each are checked on
/// reading.
struct DramTiming {
  int CL = 0;     ///< read command to first data
  int CWL = 0;    ///< write command to first data
  int RCD = 0;    ///< activate to read or write
  int RP = 0;     ///< precharge to activate
  int RAS = 0;    ///< activate to precharge
  int RC = 0;     ///< activate to activate, same bank
  int RRD_S = 0;  ///< activate to activate, other bank group
  int RRD_L = 0;  ///< activate to activate, same bank group
  int FAW = 0;    ///< a window with at most four activates of a rank
  int CCD_S = 0;  ///< CAS to CAS, other bank group
  int CCD_L = 0;  ///< CAS to CAS, same bank group
  int WR = 0;     ///< end of write data to precharge
  int WTR_S = 0;  ///< end of write data to read, other bank group
  int WTR_L = 0;  ///< end of write data to read, same bank group
  int RTP = 0;    ///< read to precharge
  int RTRS = 0;   ///< bubble on the data bus when its driver changes
  int RFC = 0;    ///< refresh to next command of the rank
  int REFI = 0;   ///< mean distance of two refreshes of a rank
  int XP = 0;     ///< power-down exit to first command
  int CKE = 0;    ///< shortest stay in power-down
};

/// Energies of one device (one chip of the rank). From datasheet currents as E = V * dI * t:
/// the standing current is in the background, not in the commands.
struct DramEnergy {
  EnergyQuality quality = EnergyQuality::none;
  double act_pre_pj = 0.0;  ///< an activate with its precharge
  double read_pj_per_bit = 0.0;
  double write_pj_per_bit = 0.0;
  double refresh_pj = 0.0;                ///< an all-bank refresh command
  double background_precharged_mw = 0.0;  ///< every bank closed
  double background_active_mw = 0.0;      ///< a bank open, or a refresh running
  double background_powerdown_mw = 0.0;   ///< clock enable low, every bank closed
};

/// A memory as configs/technology/dram/<name>.yaml describes it (schema turnpike-dram/1).
struct DramDevice {
  std::string name;
  std::string source;  ///< where the figures come from
  DramKind kind = DramKind::ideal;
  double tck_ns = 1.0;            ///< clock period; of the link's clock for a link
  DramOrganisation organisation;  ///< of a link, channel_bits alone counts
  DramTiming timing;              ///< all zero unless kind is dram
  DramEnergy energy;
  /// From the most to the least significant: two letters each of ro ra ba bg co ch, every one once.
  std::string address_mapping = "rorababgcoch";

  /// Bytes of the unit the memory moves: a burst; a word of the link; 8 for ideal.
  [[nodiscard]] std::int64_t burst_bytes() const;
  /// Bytes a second at full rate, channels and refresh aside.
  [[nodiscard]] double peak_bytes_per_second() const;
  /// Bytes one channel holds; links and ideal memories hold anything.
  [[nodiscard]] std::int64_t capacity_bytes() const;
  /// Femtoseconds of a clock, the unit in which clocks become simulation time without drift.
  [[nodiscard]] std::int64_t tck_fs() const;
};

/// InputError with file:line:column for unknown keys, missing ones, and timings that contradict one
/// another (RC < RAS + RP, CCD_L < CCD_S, FAW < RRD_S, REFI <= RFC, ...).
[[nodiscard]] DramDevice read_dram_device(ConfigMap& map);
[[nodiscard]] DramDevice dram_device_from_file(const std::string& path);
[[nodiscard]] DramDevice dram_device_from_string(const std::string& text, const std::string& name);

/// `name` is a device of `directory` ("lpddr3-1600"), or a path that ends in .yaml. InputError at
/// `spot` with the known names if there is no such device.
[[nodiscard]] DramDevice find_dram_device(const std::string& name, const std::string& directory,
                                          const SourceSpot& spot);

/// The devices of a directory, sorted. FileError if it cannot be read.
[[nodiscard]] std::vector<std::string> list_devices(const std::string& directory);

/// InputError at `spot` unless the device can have that many channels (powers of two; a link has
/// one).
void check_channels(const DramDevice& device, long channels, const SourceSpot& spot);

}  // namespace turnpike::memory
