#include "traces/trace_file.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "traces/file_io.hpp"
#include "traces/npy.hpp"
#include "traces/npz.hpp"
#include "traces/other_formats.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostJsonBytes = std::int64_t{64} << 20U;
constexpr std::int64_t kMostUnusedBytes = std::int64_t{64} << 20U;

/// An archive cannot declare more than deflate gives (NpzLimits::expansion); this keeps sums of
/// sizes far from overflow.
constexpr std::int64_t kMostTraceBytes = std::int64_t{1} << 44U;

/// Where the tensors of a trace come from, by name.
struct TensorFiles {
  std::function<NpyHeader(const std::string&)> header;
  OpenTrace::Elements elements;
};

std::set<std::string> named_by_layers(const Program& program) {
  std::set<std::string> names = program.parameters();
  for (const LayerEntry& layer : program.layers) {
    names.insert(layer.inputs.begin(), layer.inputs.end());
    names.insert(layer.output);
    if (layer.recurrent) {
      const Recurrent& cell = *layer.recurrent;
      names.insert({cell.preact, cell.gates, cell.candidate, cell.cell, cell.cell_tanh});
    }
  }
  return names;
}

/// Everything headers tell is checked before any data is read: shapes that no layer asks for cost
/// neither time nor memory.
OpenTrace with_outlines(Program program, const SourceSpot& spot, const TensorFiles& files) {
  const std::set<std::string> used = named_by_layers(program);
  std::map<std::string, std::string> types;
  for (const ProgramTensor& declared : program.tensors()) {
    ProgramTensor& tensor = program.tensor(declared.name);
    const NpyHeader header = files.header(tensor.name);
    validate_outline(tensor, {header.shape, header.kind == 'f', header.type_name()}, spot);
    if (!used.contains(tensor.name) && header.data_bytes() > kMostUnusedBytes) {
      throw FileError{spot, fmt::format("tensor '{}' has {} bytes, but no layer names it; leave it "
                                        "out",
                                        tensor.name, header.data_bytes())};
    }
    tensor.shape = header.shape;
    tensor.single = header.type_name() == "float32";
    types[tensor.name] = header.type_name();
  }
  validate_structure(program, spot);
  return {std::move(program), std::move(types), files.elements, spot};
}

OpenTrace open_archive(const std::string& path) {
  const auto file =
      std::make_shared<const NpzFile>(NpzFile::open(path, {.total_bytes = kMostTraceBytes}));
  if (!file->has(kTraceMember)) {
    throw FileError{{path},
                    fmt::format("no member '{}': an .npz file, but not a trace", kTraceMember)};
  }
  Program program = parse_trace_json(file->text(kTraceMember, kMostJsonBytes), {path});
  const auto header = [&](const std::string& name) {
    if (!file->has(name)) {
      throw FileError{{path},
                      fmt::format("tensor '{}' is declared, but there is no such member", name)};
    }
    return file->header(name);
  };
  return with_outlines(
      std::move(program), {path},
      {header,
       {[file](const std::string& name) { return file->tensor(name); },
        [file](const std::string& name, const UsePiece& use) { file->pieces(name, use); }}});
}

/// File of a tensor inside `directory`. FileError for names that are not plain file names, which
/// could reach outside of it.
std::string tensor_file(const std::string& directory, const std::string& name) {
  const bool plain = !name.empty() && name.find('/') == std::string::npos &&
                     name.find('\0') == std::string::npos && name.size() <= 240;
  if (!plain) {
    throw FileError{{directory},
                    fmt::format("tensor '{}': the name is no file name; use an .npz "
                                "file for it",
                                name)};
  }
  return (fs::path{directory} / (name + ".npy")).string();
}

OpenTrace open_directory(const std::string& path) {
  const std::string json = (fs::path{path} / kTraceJsonFile).string();
  std::error_code reason;
  if (!fs::exists(json, reason)) {
    if (reason) {
      throw FileError{{json}, fmt::format("cannot be opened: {}", reason.message())};
    }
    throw FileError{{path}, fmt::format("is a directory without {}: no trace", kTraceJsonFile)};
  }
  require_regular_file(json);
  if (const auto bytes = fs::file_size(json, reason);
      bytes > static_cast<std::uintmax_t>(kMostJsonBytes)) {
    throw FileError{{json}, fmt::format("has {} bytes, more than {}", bytes, kMostJsonBytes)};
  }
  Program program = parse_trace_json(read_file(json), {json});
  const auto files = std::make_shared<std::map<std::string, FileIdentity>>();
  const auto header = [&](const std::string& name) {
    const std::string file = tensor_file(path, name);
    if (!fs::exists(file, reason)) {
      throw FileError{
          {path},
          fmt::format("tensor '{}' is declared, but there is no file '{}.npy'", name, name)};
    }
    require_regular_file(file);
    files->emplace(name, file);
    note_input(file);
    return read_npy_header(file);
  };
  /// Of a file that is as it was when its header was read.
  const auto read = [files, path](const std::string& name, const auto& use) {
    const NpyPlace place{{tensor_file(path, name)}, ""};
    const FileIdentity& identity = files->at(name);
    identity.check();
    try {
      InputBytes file{place.spot.file};
      return use(file.reader(), file.size(), place);
    } catch (const FileError&) {
      identity.check();  // a change of the file explains what is wrong with it
      throw;
    }
  };
  const auto load = [read](const std::string& name) {
    return read(name, [](const auto& bytes, std::uint64_t size, const NpyPlace& place) {
      return decode_npy(bytes, size, place);
    });
  };
  const auto pieces = [read](const std::string& name, const UsePiece& use) {
    read(name, [&use](const auto& bytes, std::uint64_t size, const NpyPlace& place) {
      decode_npy_pieces(bytes, size, place, use);
    });
  };
  return with_outlines(std::move(program), {path}, {header, {load, pieces}});
}

void write_archive(const Trace& trace, const std::string& path) {
  NamedTensors members;
  for (const TensorEntry& tensor : trace.tensors()) {
    members.emplace_back(tensor.name, tensor.data);
  }
  const std::string json = trace_json(trace.program());
  members.emplace_back(kTraceMember, Tensor{{static_cast<std::int64_t>(json.size())},
                                            std::vector<std::uint8_t>(json.begin(), json.end())});
  write_npz(path, members);
}

void write_directory(const Trace& trace, const std::string& path) {
  const fs::path partial = fmt::format("{}.partial-{}", path, ::getpid());
  try {
    if (fs::exists(path) && !fs::is_empty(path)) {
      throw FileError{{path}, "exists already and is not an empty directory"};
    }
    fs::create_directories(partial);
    for (const TensorEntry& tensor : trace.tensors()) {
      write_file(tensor_file(partial.string(), tensor.name), encode_npy(tensor.data));
    }
    write_file((partial / kTraceJsonFile).string(), trace_json(trace.program(), 1) + "\n");
    fs::rename(partial, path);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw FileError{{path}, fmt::format("cannot be written: {}", error.code().message())};
  } catch (const FileError&) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw;
  }
}

}  // namespace

OpenTrace open_trace(const std::string& path) {
  std::error_code ignored;  // what can't be looked at can't be opened either
  if (fs::is_directory(path, ignored)) {
    return open_directory(path);
  }
  if (const std::string way = way_in(path); fs::exists(path, ignored) && !way.empty()) {
    throw FileError{{path}, "is no trace; " + way};
  }
  return open_archive(path);
}

Trace read_trace(const std::string& path) {
  const OpenTrace open = open_trace(path);
  Activations values;
  for (const ProgramTensor& declared : open.program().tensors()) {
    values.put(declared.name, open.load(declared.name));
  }
  Trace trace{open.program(), {}, std::move(values)};
  for (const TensorEntry& tensor : trace.tensors()) {
    validate_tensor(tensor, {path});
  }
  return trace;
}

void write_trace(const Trace& trace, const std::string& path) {
  validate_trace(trace, {path});
  if (path.ends_with(".npz")) {
    write_archive(trace, path);
  } else {
    write_directory(trace, path);
  }
}

}  // namespace turnpike::traces
