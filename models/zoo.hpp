#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network.hpp"

namespace turnpike::models {

/// Names of the built-in networks.
[[nodiscard]] std::vector<std::string> zoo_names();

/// A built-in network by name, with or without "zoo:" in front. InputError for an unknown name.
///
/// resnet18, resnet50 (torchvision's form: stride in the 3x3), resnet20 (CIFAR, option-A
/// shortcuts), alexnet (the shapes of the Eyeriss chip's table: groups 2, 227 x 227), vgg16,
/// lstm300. Weights are seeded and synthetic: Laplace with mean |w| = sqrt(1 / fan_in), which keeps
/// the variance through a ReLU (variance 2 / fan_in, He et al. 2015); batch norm is folded to scale
/// 1 and a small bias. Inputs are seeded, uniform in [-2, 2) (recurrent: [-1, 1)).
[[nodiscard]] Network make_zoo(const std::string& name, std::uint64_t seed = 1,
                               std::int64_t batch = 1);

/// The same without weights and input: shapes, for what needs no numbers.
[[nodiscard]] Network zoo_shapes(const std::string& name, std::int64_t batch = 1);

/// Fills the weights, scales and biases that are still empty and the input, as described above.
void fill_synthetic(Network& network);
/// Its input alone, if it has none: uniform in [-2, 2), of a recurrent network in [-1, 1).
void set_synthetic_input(Network& network);

}  // namespace turnpike::models
