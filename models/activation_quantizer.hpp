#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

/// Clipped uniform activations with the clip that minimises the mean squared error on calibration
/// values.
namespace turnpike::models {

/// Smallest and largest of some values and 0.
struct ValueRange {
  float low = 0.0F;
  float high = 0.0F;

  void add(std::span<const float> values);
};

/// Calibration values of one tensor as two histograms of magnitudes. Real zeros are counted apart:
/// no grid with a zero level has an error there.
class ValueHistogram {
 public:
  static constexpr std::size_t kBins = 2048;

  ValueHistogram() = default;
  explicit ValueHistogram(std::span<const float> values);
  /// Empty, for values of this range; InternalError if it is not finite.
  explicit ValueHistogram(const ValueRange& range);
  /// Values in the range it was made for.
  void add(std::span<const float> values);
  /// Those of another of the same range.
  void add(const ValueHistogram& other);

  [[nodiscard]] double min() const { return min_; }
  [[nodiscard]] double max() const { return max_; }
  /// max |v|, rounded up to 10 significant bits, so that a clip derived from it does not carry the
  /// last-bit differences between machines of the float pass that made the values. 1 if all are 0.
  [[nodiscard]] double magnitude() const { return magnitude_; }
  [[nodiscard]] double zero_fraction() const;
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] const std::array<std::vector<std::int64_t>, 2>& bins() const { return bins_; }

 private:
  std::int64_t count_ = 0;
  std::int64_t zeros_ = 0;
  double min_ = 0.0;
  double max_ = 0.0;
  double magnitude_ = 1.0;
  /// Counts over [0, magnitude) in kBins equal bins: positive values, negative values.
  std::array<std::vector<std::int64_t>, 2> bins_;
};

/// The grids a tensor may be coded on; k bits, clip c.
enum class Grid {
  positive,    ///< unsigned, q * c / (2^k - 1): values after a ReLU
  symmetric,   ///< signed with a zero level, scale c / (2^(k-1) - 1) (1 bit: c)
  asymmetric,  ///< unsigned with an integral zero point: values with a minimum and a maximum
  fractional,  ///< unsigned over [-c, c], zero_point (2^k - 1) / 2, no zero level: tanh-like
               ///< signals
};

struct UniformGrid {
  double scale = 1.0;
  double zero_point = 0.0;
  bool is_signed = false;
};

/// Grid parameters for a given clip; asymmetric: over [-clip, clip].
[[nodiscard]] UniformGrid uniform_grid(Grid grid, int bits, double clip);

/// Mean squared error of the histogram's values on a grid: exact per bin centre while the step is
/// wide against a bin, else step^2 / 12 inside the clip; what is clipped counts in full.
[[nodiscard]] double grid_error(const ValueHistogram& values, Grid grid, int bits, double clip);

/// The clip, among magnitude * {6..128} / 128, with the smallest error; ties take the larger.
[[nodiscard]] double best_clip(const ValueHistogram& values, Grid grid, int bits);

/// Unsigned codes of [t * min, t * max], t among {16..64} / 64 with the smallest squared error by
/// bin centres; the zero point is rounded, so that 0 is a level.
[[nodiscard]] UniformGrid best_asymmetric(const ValueHistogram& values, int bits);

}  // namespace turnpike::models
