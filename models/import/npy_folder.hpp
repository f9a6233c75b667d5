#pragma once

#include <string>

#include "traces/trace.hpp"

/// Layers as arrays in a folder, as users of DNNsim keep them:
///
///   model.csv            Name:Type:Stride:Padding, a line a layer; Type is conv or fc
///   wgt-NAME.npy         [filters][channels / groups][rows][columns], or [outputs][inputs]
///   act-NAME-BATCH.npy   what the layer reads, [images][channels][rows][columns] or
///   [images][inputs] precision.txt        a first line that is skipped, then four lines of
///   numbers, one a layer, each
///                        followed by ';': magnitude (with the sign) and fraction bits of
///                        activations, magnitude and fraction bits of weights
namespace turnpike::models {

/// True for a folder that holds model.csv.
[[nodiscard]] bool is_npy_folder(const std::string& path);

/// A trace of layers that are not linked: each reads its own array, rounded to fixed point (half to
/// even, clipped) with the bits of precision.txt; without that file 14:2 for activations and 1:15
/// for weights, as in DNNsim. Outputs are what the products give, without bias or activation.
/// FileError with file and line, or naming the array, for what is missing, damaged or does not fit.
[[nodiscard]] traces::Trace read_npy_folder(const std::string& path, int batch = 0);

}  // namespace turnpike::models
