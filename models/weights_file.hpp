#pragma once

#include <string>
#include <vector>

#include "models/network.hpp"

namespace turnpike::models {

/// Loads trained weights from an .npz with PyTorch's names (docs/weights.md): "<layer>.weight" and
/// "<layer>.bias" (fc also "linear.weight"; a projection also "<layer>.0.weight"), and the batch
/// norm behind a convolution, "<block>.bn1.{weight, bias, running_mean, running_var}" for
/// "<block>.conv1" or "<layer>.1..." for a projection, folded with eps 1e-5 into scale and bias. A
/// recurrent layer of the network takes "Wx", "Wh" and "b", gates in the order f,g,i,o.
///
/// FileError naming the member if one is missing, has another shape (with the transposition that
/// would fit, if one does), or holds a value that is not finite. Returns what may be a slip, a
/// sentence each: convolutions without bias and batch norm, members that no layer takes.
std::vector<std::string> load_weights(Network& network, const std::string& path);

}  // namespace turnpike::models
