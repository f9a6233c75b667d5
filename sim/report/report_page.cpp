#include "sim/report/report_page.hpp"

#include <string_view>

#include <fmt/format.h>

#include "sim/report/page_data.hpp"
#include "sim/report/run_labels.hpp"

namespace turnpike::report {
namespace {

/// The files of sim/report/page as the build found them.
constexpr const char* kPage =
#include "sim/report/report_page_html.inc"
    ;
constexpr const char* kStyle =
#include "sim/report/report_page_css.inc"
    ;
constexpr const char* kChartScript =
#include "sim/report/report_page_chart.inc"
    ;
constexpr const char* kScatterScript =
#include "sim/report/report_page_scatter.inc"
    ;
constexpr const char* kFigureScript =
#include "sim/report/report_page_figure.inc"
    ;
constexpr const char* kSectionsScript =
#include "sim/report/report_page_sections.inc"
    ;

/// The page with its marks, in their order, replaced; what is put in is never looked at again.
std::string filled(std::string_view page,
                   std::initializer_list<std::pair<std::string_view, std::string>> parts) {
  std::string out;
  for (const auto& [mark, text] : parts) {
    const std::size_t at = page.find(mark);
    ensure(at != std::string_view::npos, "the page has a place for everything");
    out += page.substr(0, at);
    out += text;
    page.remove_prefix(at + mark.size());
  }
  return out.append(page);
}

/// JSON that can stand in a script element: no "</script" and no "<!--" inside.
std::string island(const std::string& json) {
  std::string out;
  for (const char c : json) {
    out += c == '<' ? "\\u003c" : std::string(1, c);
  }
  return out;
}

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return out;
}

}  // namespace

std::string report_page(const std::vector<results::StoredRun>& runs, const std::string& config_root,
                        const std::string& version) {
  return filled(kPage, {{"@TITLE@", html_text(page_title(runs))},
                        {"@STYLE@", kStyle},
                        {"@VERSION@", html_text(version)},
                        {"@DATA@", island(page_data(runs, config_root))},
                        {"@SCRIPT@", fmt::format("{}\n{}\n{}\n{}", kChartScript, kScatterScript,
                                                 kFigureScript, kSectionsScript)}});
}

}  // namespace turnpike::report
