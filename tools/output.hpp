#pragma once

#include <string>

#include "sim/report/text_table.hpp"
#include "tools/command.hpp"

/// What the program says. YAML alone is printed as it is.
namespace turnpike::tools {

[[nodiscard]] inline report::TableWidth table_width(const CommonOptions& common) {
  return common.wide ? report::TableWidth::wide : report::TableWidth::standard;
}

/// A result on stdout: nothing in it steers a terminal; lines end by column 80 unless --wide.
void print_text(const CommonOptions& common, const std::string& text);

/// A JSON document on stdout; it ends with a line feed.
void print_json(const std::string& json);

/// A line on stderr about how it went ("results in DIR"), not with --quiet.
void print_note(const CommonOptions& common, const std::string& text);

/// "turnpike: text" on stderr: what is wrong, --quiet or not.
void print_error(const std::string& text);

/// Text on stderr as it is. A lost message is no error: what it is about has its exit code.
void put_on_stderr(const std::string& text) noexcept;

/// Sees that stdout has taken all that was printed; else says so. The exit code of a program that
/// would end with `code`: 3 if a result is lost.
[[nodiscard]] int code_after_output(int code);

}  // namespace turnpike::tools
