#pragma once

#include <string>

#include "sim/report/text_table.hpp"
#include "tools/command.hpp"

/// What the program says. JSON and YAML are printed as they are; text for people goes through here.
namespace turnpike::tools {

[[nodiscard]] inline report::TableWidth table_width(const CommonOptions& common) {
  return common.wide ? report::TableWidth::wide : report::TableWidth::standard;
}

/// A result on stdout: nothing in it steers a terminal; lines end by column 80 unless --wide.
void print_text(const CommonOptions& common, const std::string& text);

/// A line on stderr about how it went ("results in DIR"), not with --quiet.
void print_note(const CommonOptions& common, const std::string& text);

/// "turnpike: text" on stderr: what is wrong, --quiet or not.
void print_error(const std::string& text);

}  // namespace turnpike::tools
