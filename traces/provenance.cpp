#include "traces/provenance.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace turnpike::traces {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int number(const std::string& text, std::size_t from, std::size_t digits) {
  int value = 0;
  std::from_chars(text.data() + from, text.data() + from + digits, value);
  return value;
}

}  // namespace

std::string to_string(const Provenance& source) {
  std::string text;
  for_each_field<Provenance>([&](const auto& field) {
    if (const auto value = fetch(field.place, source)) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", field.label.name, *value);
    }
  });
  return text;
}

bool is_date(const std::string& text) {
  static constexpr std::string_view kForm = "dddd-dd-dd";
  if (text.size() < kForm.size() || (text.size() > kForm.size() && text[kForm.size()] != 'T')) {
    return false;
  }
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == 'd' ? !is_digit(text[i]) : text[i] != kForm[i]) {
      return false;
    }
  }
  static constexpr std::array kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int month = number(text, 5, 2);
  const int day = number(text, 8, 2);
  return month >= 1 && month <= 12 && day >= 1 &&
         day <= kDays.at(static_cast<std::size_t>(month - 1)) &&
         std::all_of(text.begin() + kForm.size(), text.end(), [](char c) {
           return is_digit(c) || std::string_view{"T:.+-Z"}.find(c) != std::string_view::npos;
         });
}

}  // namespace turnpike::traces
