#pragma once

#include <string_view>

/// What the fuzzers run on each input: one function a reader. Each returns whether the input was
/// accepted. Refusing with InputError is right; any other exception, crash or sanitizer report is a
/// bug, as is a round trip that changes anything or an accepted input that breaks a promise.
namespace turnpike::fuzz {

/// traces/npy.hpp: decode; what decodes must encode and decode to the same bytes.
bool npy(std::string_view bytes);
/// traces/trace_json.hpp: parse; what parses must survive writing and parsing, and validation with
/// one-element tensors must end with or without a FileError.
bool trace_json(std::string_view text);
/// traces/trace_file.hpp: a whole .npz; what is read must be valid and its JSON must survive.
bool zip(std::string_view bytes);
/// sim/base/config_node.hpp: parse YAML; what parses must read back the same from what is written.
bool config(std::string_view text);
/// sim/config/sources.hpp: an accelerator file; the resolved one must read back.
bool accelerator(std::string_view text);
/// models/network_file.hpp.
bool network(std::string_view text);
/// models/import: a whole ONNX or TensorFlow Lite file, to a network, and to a program if it brings
/// its own quantization; what is read must have finite weights or be refused later.
bool onnx(std::string_view bytes);
bool tflite(std::string_view bytes);
/// models/import: a workload of another simulator; the first byte says whose ('s'cale_sim,
/// 't'imeloop, 'a'ccelforge, 'z'igzag). What is read has layers with products or windows.
bool workload(std::string_view bytes);
/// models/weights: every tensor of a PyTorch checkpoint's pickle, and of a safetensors file.
bool pickle(std::string_view bytes);
bool safetensors(std::string_view bytes);
/// sim/sweep/sweep_file.hpp: what is read has points with names of their own.
bool sweep(std::string_view text);
/// sim/cost/accelergy_table.hpp, read as energy table and as area table: no price may be negative.
bool accelergy(std::string_view text);
/// sim/results/stored_run.hpp: a file of a run directory replaced by the input. The first byte says
/// which ('c'onfig.resolved.yaml, 'r'esults.json, co'u'nts.csv, run.'j'son); what is read must be
/// priced with finite sums.
bool stored_run(std::string_view bytes);

}  // namespace turnpike::fuzz
