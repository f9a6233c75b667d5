#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// Records that describe themselves: a table of fields for each, from which its writers and
/// readers, the tables of docs/results.md and the columns of the report page come.
namespace turnpike {

/// What a figure is called, its unit ("" for texts and plain counts), and what it means.
struct Label {
  std::string_view name;  ///< its key in JSON; "a.b": key b of the object a
  std::string_view unit;
  std::string_view text;
};

/// Columns of a CSV file: what names the row, then those a version had first, then the others.
enum class Column { first, early, added };

/// A column of the report page, if it has a title.
struct OnPage {
  std::string_view title = {};
  double scale = 1.0;  ///< shown is the figure x scale
  int places = -1;     ///< behind the point; -1: as many as its size asks for
};

/// A part of the bars of a chart of the report page, if it names one.
struct InBars {
  std::string_view chart = {};
  std::string_view name = {};
  std::string_view like = {};  ///< component group whose colour it has, "" for one of its own
  std::string_view of = {};    ///< key of the part it is taken out of
};

struct FieldOptions {
  bool later = false;         ///< absent in files of older versions
  bool elsewhere = false;     ///< no key of its record's object: another place says it
  bool none_at_zero = false;  ///< 0 stands for "has none", and tables show nothing
  std::int64_t least = 0;     ///< of a whole number that is read
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::string_view short_name = {};  ///< where there is little room; "": name without its unit
  Column column = Column::added;
  OnPage page = {};
  InBars bar = {};
};

/// One figure of a record. `place` fetches it from a record; a place that is a member, or has a
/// `store`, can be read back.
template <class Place>
struct Field {
  Label label;
  Place place;
  FieldOptions options = {};
};
template <class Place>
Field(Label, Place) -> Field<Place>;
template <class Place>
Field(Label, Place, FieldOptions) -> Field<Place>;

/// The fields of a record, in the order of its JSON object: a std::tuple of Field, specialised
/// beside the record.
template <class Record>
inline constexpr auto fields_of = std::tuple<>{};

template <class Record>
concept Described = std::tuple_size_v<std::remove_cvref_t<decltype(fields_of<Record>)>> >
0;

template <Described Record, class Function>
constexpr void for_each_field(Function&& function) {
  std::apply([&function](const auto&... field) { (function(field), ...); }, fields_of<Record>);
}

template <class Place, class Record>
[[nodiscard]] constexpr decltype(auto) fetch(const Place& place, const Record& record) {
  return std::invoke(place, record);
}

template <class Place, class Record>
using Fetched = std::remove_cvref_t<std::invoke_result_t<const Place&, const Record&>>;

template <class Place, class Record>
concept HasStore = requires(const Place& place, Record& record) {
  place.store(record, fetch(place, record));
};

/// False for figures that follow from others: they are written and not read.
template <class Place, class Record>
inline constexpr bool is_stored = std::is_member_object_pointer_v<Place> || HasStore<Place, Record>;

template <class Place, class Record>
constexpr void store(const Place& place, Record& record, Fetched<Place, Record> value) {
  if constexpr (std::is_member_object_pointer_v<Place>) {
    record.*place = std::move(value);
  } else {
    place.store(record, std::move(value));
  }
}

/// Member `inner` of member `outer`.
template <class Outer, class Inner>
struct Inside {
  Outer outer;
  Inner inner;

  constexpr const auto& operator()(const auto& record) const { return record.*outer.*inner; }
  template <class Value>
  constexpr void store(auto& record, Value value) const {
    record.*outer.*inner = std::move(value);
  }
};
template <class Outer, class Inner>
Inside(Outer, Inner) -> Inside<Outer, Inner>;

/// A text that is null where it is empty.
template <class Text>
struct OrNull {
  Text text;

  std::optional<std::string> operator()(const auto& record) const {
    return (record.*text).empty() ? std::nullopt : std::optional{record.*text};
  }
  void store(auto& record, std::optional<std::string> value) const {
    record.*text = std::move(value).value_or("");
  }
};
template <class Text>
OrNull(Text) -> OrNull<Text>;

/// A flag by the names of its two values.
template <class Flag>
struct Named {
  Flag flag;
  std::string_view yes, no;

  std::string operator()(const auto& record) const { return std::string{record.*flag ? yes : no}; }
  void store(auto& record, const std::string& value) const { record.*flag = value == yes; }
};
template <class Flag>
Named(Flag, std::string_view, std::string_view) -> Named<Flag>;

/// A text that is the same in every record of its kind, such as its schema.
struct Always {
  std::string_view text;

  std::string operator()(const auto& /*record*/) const { return std::string{text}; }
};

/// "latency" of "latency_ms": the name without a physical unit at its end.
[[nodiscard]] std::string short_name(const Label& label, const FieldOptions& options = {});

/// True if the unit is one of nature or of data (uJ, ms, B), not what is counted (cycles, MACs, 1).
[[nodiscard]] bool is_measured(const Label& label);

}  // namespace turnpike
