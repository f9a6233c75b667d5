#pragma once

#include "tools/command.hpp"

/// The actions of `turnpike model`, a file each.
namespace turnpike::tools {

void add_model_info(CLI::App& model, const CommonOptions& common, Action& chosen);
void add_model_highway(CLI::App& model, const CommonOptions& common, Action& chosen);
void add_model_eval(CLI::App& model, const CommonOptions& common, Action& chosen);

}  // namespace turnpike::tools
