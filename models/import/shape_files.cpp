#include "models/import/shape_files.hpp"

#include <filesystem>

#include "sim/base/files.hpp"

namespace turnpike::models::shapes {
namespace {

bool is_yaml(const std::string& path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

/// Templates that another program fills in.
void refuse_templates(const std::string& text, const std::string& path) {
  int line = 1;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    line += text[i] == '\n' ? 1 : 0;
    if (text[i] == '{' && (text[i + 1] == '%' || text[i + 1] == '{')) {
      throw FileError{{path, line, 0},
                      "is a Jinja template; give the file that its program makes of it"};
    }
  }
}

/// True if the file has `word` at the start of a line: enough to look further.
bool has_line(const std::string& text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<Format> format_of(const std::string& path) {
  if (path.ends_with(".csv")) {
    return Format::scale_sim;
  }
  std::error_code ignored;
  if (!is_yaml(path) || path.starts_with("zoo:") ||
      !std::filesystem::is_regular_file(path, ignored)) {
    return std::nullopt;
  }
  const std::string text = read_input(path);
  if (has_line(text, "schema:")) {
    return std::nullopt;
  }
  if (has_line(text, "problem:")) {
    return Format::timeloop;
  }
  if (has_line(text, "workload:")) {
    return Format::accelforge;
  }
  return has_line(text, "- ") && text.find("loop_dims") != std::string::npos
             ? std::optional{Format::zigzag}
             : std::nullopt;
}

ImportedNetwork import(const std::string& path, Format format, const ImportOptions& options) {
  if (format == Format::scale_sim) {
    return import_scale_sim(path, options);
  }
  refuse_templates(read_input(path), path);
  try {
    const ConfigNode file = ConfigNode::from_file(path);
    switch (format) {
      case Format::timeloop:
        return import_timeloop(file, path, options);
      case Format::accelforge:
        return import_accelforge(file, path, options);
      default:
        return import_zigzag(file, path, options);
    }
  } catch (const FileError&) {
    throw;
  } catch (const InputError& error) {
    // A key of another program's file: the file is wrong, not the configuration.
    throw FileError{error};
  }
}

}  // namespace turnpike::models::shapes
