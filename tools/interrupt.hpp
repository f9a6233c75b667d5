#pragma once

#include <string>

namespace turnpike::tools {

/// From here on INT, TERM and HUP end the program with one line on stderr and exit code 130, and
/// take the file that is being written with them. A signal that the caller ignores stays ignored.
/// Children are noticed however the caller treats its own, and a file that may not grow is an error
/// like a full disk.
void catch_interrupts();

/// What the line says; "interrupted" until it is set.
void set_interrupt_text(const std::string& text);

}  // namespace turnpike::tools
