#include "models/import/tflite_model.hpp"

#include <cstring>
#include <set>

#include <fmt/format.h>

#include "models/import/tflite_schema.hpp"
#include "sim/base/files.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::models::tflite {
namespace {

/// Where an operator's options are, by the numbers of the schema; -1: it has none of the kind.
struct Kind {
  int code;
  const char* name;
  int padding = -1;  ///< byte
  int stride = -1;   ///< two words: columns, rows
  int dilation = -1;
  int filter = -1;
  int activation = -1;  ///< byte
  int axis = -1;        ///< word
  int keep = -1;        ///< byte
};

// schema.fbs: BuiltinOperator, and the option tables of each.
constexpr auto kKinds = std::to_array<Kind>({
    {.code = 0, .name = "ADD", .activation = 0},
    {.code = 1, .name = "AVERAGE_POOL_2D", .padding = 0, .stride = 1, .filter = 3, .activation = 5},
    {.code = 2, .name = "CONCATENATION", .activation = 1, .axis = 0},
    {.code = 3, .name = "CONV_2D", .padding = 0, .stride = 1, .dilation = 4, .activation = 3},
    {.code = 4,
     .name = "DEPTHWISE_CONV_2D",
     .padding = 0,
     .stride = 1,
     .dilation = 5,
     .activation = 4},
    {.code = 6, .name = "DEQUANTIZE"},
    {.code = 9, .name = "FULLY_CONNECTED", .activation = 0},
    {.code = 14, .name = "LOGISTIC"},
    {.code = 17, .name = "MAX_POOL_2D", .padding = 0, .stride = 1, .filter = 3, .activation = 5},
    {.code = 18, .name = "MUL", .activation = 0},
    {.code = 19, .name = "RELU"},
    {.code = 21, .name = "RELU6"},
    {.code = 22, .name = "RESHAPE"},
    {.code = 25, .name = "SOFTMAX"},
    {.code = 34, .name = "PAD"},
    {.code = 40, .name = "MEAN", .keep = 0},
    {.code = 43, .name = "SQUEEZE"},
    {.code = 56, .name = "ARG_MAX"},
    {.code = 114, .name = "QUANTIZE"},
});

const Kind* kind_of(int code) {
  for (const Kind& each : kKinds) {
    if (each.code == code) {
      return &each;
    }
  }
  return nullptr;
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& path)
      : verifier_{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()} {
    model_.path = path;
    if (bytes.size() < 8 || bytes.substr(4, 4) != "TFL3") {
      fail("is no TensorFlow Lite file of schema version 3 (its bytes 4 to 7 are not TFL3)");
    }
    if (!verifier_.VerifyBuffer<ModelTable>("TFL3")) {
      fail("is cut off or damaged (FlatBuffers does not verify it)");
    }
    table_ = flatbuffers::GetRoot<ModelTable>(bytes.data());
  }

  Model read() {
    if (table_->version() != 3) {
      fail(fmt::format("has schema version {}, not 3", table_->version()));
    }
    if (table_->graphs() == nullptr || table_->graphs()->size() != 1 ||
        table_->buffers() == nullptr || table_->codes() == nullptr) {
      fail("has no graph, or more than one");
    }
    const SubGraph& graph = *table_->graphs()->Get(0);
    if (graph.tensors() == nullptr || graph.operators() == nullptr || graph.inputs() == nullptr ||
        graph.outputs() == nullptr) {
      fail("has a graph without tensors or operators");
    }
    for (const TensorTable* tensor : *graph.tensors()) {
      model_.tensors.push_back(tensor_of(*tensor));
    }
    model_.inputs = indices(graph.inputs());
    model_.outputs = indices(graph.outputs());
    for (const OperatorTable* each : *graph.operators()) {
      read_operator(*each);
    }
    check_order();
    return std::move(model_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw FileError{{.file = model_.path}, what};
  }

  [[nodiscard]] std::vector<int> indices(const Vector<std::int32_t>* from) const {
    std::vector<int> out;
    if (from == nullptr) {
      return out;
    }
    for (const std::int32_t index : *from) {
      if (index < -1 || index >= static_cast<std::int32_t>(model_.tensors.size())) {
        fail(fmt::format("names tensor {} of {}", index, model_.tensors.size()));
      }
      out.push_back(index);
    }
    return out;
  }

  TensorInfo tensor_of(const TensorTable& table) {
    TensorInfo info;
    info.name = table.name() == nullptr ? "" : printable(table.name()->str());
    std::int64_t count = 1;
    if (table.shape() != nullptr) {
      for (const std::int32_t extent : *table.shape()) {
        if (extent < 1 || count > (std::int64_t{1} << 31) / extent) {
          fail(fmt::format("tensor '{}' has the extent {}; export it with fixed extents", info.name,
                           extent));
        }
        info.shape.push_back(extent);
        count *= extent;
      }
    }
    if (info.shape.size() > 8) {
      fail(fmt::format("tensor '{}' has {} extents", info.name, info.shape.size()));
    }
    read_type(table.type(), info);
    read_grid(table.quantization(), info);
    if (table.buffer() >= table_->buffers()->size()) {
      fail(fmt::format("tensor '{}' names buffer {} of {}", info.name, table.buffer(),
                       table_->buffers()->size()));
    }
    const Vector<std::uint8_t>* data = table_->buffers()->Get(table.buffer())->data();
    if (data != nullptr && data->size() > 0) {
      read_data(*data, count, info);
    }
    return info;
  }

  static void read_type(int type, TensorInfo& info) {
    // schema.fbs: TensorType.
    constexpr std::array kTypes = {"float32", "float16", "int32", "uint8",     "int64",
                                   "string",  "bool",    "int16", "complex64", "int8"};
    const auto at = static_cast<std::size_t>(type);
    info.type = at < kTypes.size() ? kTypes.at(at) : fmt::format("type {}", type);
  }

  void read_grid(const Quantization* table, TensorInfo& info) const {
    if (table == nullptr || table->scale() == nullptr || table->scale()->size() == 0 ||
        (info.type != "int8" && info.type != "uint8" && info.type != "int16" &&
         info.type != "int32")) {
      return;
    }
    StatedGrid grid;
    grid.bits = info.type == "int16" ? 16 : info.type == "int32" ? 32 : 8;
    grid.is_signed = info.type != "uint8";
    grid.scale.assign(table->scale()->begin(), table->scale()->end());
    for (const double scale : grid.scale) {
      if (!(scale > 0.0) || !(scale < 0x1.0p126)) {
        fail(fmt::format("tensor '{}' has the scale {}", info.name, scale));
      }
    }
    if (table->zero_point() != nullptr && table->zero_point()->size() > 0) {
      const std::int64_t zero = table->zero_point()->Get(0);
      for (const std::int64_t each : *table->zero_point()) {
        if (each != zero || zero < grid.low() || zero > grid.high()) {
          fail(fmt::format("tensor '{}' has zero points that differ, or lie outside its type",
                           info.name));
        }
      }
      grid.zero_point = static_cast<double>(zero);
    }
    if (grid.scale.size() > 1) {
      const auto axis = static_cast<std::size_t>(table->axis());
      if (table->axis() < 0 || axis >= info.shape.size() ||
          info.shape[axis] != static_cast<std::int64_t>(grid.scale.size())) {
        fail(fmt::format("tensor '{}' has {} scales for axis {} of {}", info.name,
                         grid.scale.size(), table->axis(), to_string(info.shape)));
      }
      info.axis = axis;
    }
    info.grid = std::move(grid);
  }

  template <class T>
  void copy(const Vector<std::uint8_t>& data, std::int64_t count, TensorInfo& info) const {
    if (data.size() != static_cast<std::size_t>(count) * sizeof(T)) {
      fail(fmt::format("tensor '{}' has {} bytes, but {} of shape {} asks for {}", info.name,
                       data.size(), info.type, to_string(info.shape),
                       static_cast<std::size_t>(count) * sizeof(T)));
    }
    std::vector<T> values(static_cast<std::size_t>(count));
    std::memcpy(values.data(), data.data(), data.size());
    info.data = Tensor{info.shape, std::move(values)};
  }

  void read_data(const Vector<std::uint8_t>& data, std::int64_t count, TensorInfo& info) const {
    if (info.type == "float32") {
      copy<float>(data, count, info);
    } else if (info.type == "int8") {
      copy<std::int8_t>(data, count, info);
    } else if (info.type == "uint8" || info.type == "bool") {
      copy<std::uint8_t>(data, count, info);
    } else if (info.type == "int16") {
      copy<std::int16_t>(data, count, info);
    } else if (info.type == "int32") {
      copy<std::int32_t>(data, count, info);
    } else if (info.type == "int64") {
      copy<std::int64_t>(data, count, info);
    } else {
      fail(fmt::format("tensor '{}' is a constant of {}, which is not read", info.name, info.type));
    }
  }

  void read_operator(const OperatorTable& table) {
    if (table.opcode() >= table_->codes()->size()) {
      fail(fmt::format("an operator names code {} of {}", table.opcode(), table_->codes()->size()));
    }
    const OperatorCode& code = *table_->codes()->Get(table.opcode());
    Operator out;
    out.inputs = indices(table.inputs());
    out.outputs = indices(table.outputs());
    const Kind* kind = kind_of(code.builtin());
    if (kind == nullptr) {
      out.name = code.custom() != nullptr && code.custom()->size() > 0
                     ? fmt::format("custom operator {}", printable(code.custom()->str()))
                     : fmt::format("operator {} of the schema", code.builtin());
    } else {
      out.name = kind->name;
      read_options(*kind, table.options(), out);
    }
    model_.operators.push_back(std::move(out));
  }

  void read_options(const Kind& kind, const Options* table, Operator& out) {
    if (table == nullptr) {
      return;
    }
    std::vector<int> bytes;
    std::vector<int> words;
    for (const int number : {kind.padding, kind.activation, kind.keep}) {
      if (number >= 0) {
        bytes.push_back(number);
      }
    }
    for (const int number : {kind.stride, kind.dilation, kind.filter}) {
      if (number >= 0) {
        words.push_back(number);
        words.push_back(number + 1);
      }
    }
    if (kind.axis >= 0) {
      words.push_back(kind.axis);
    }
    if (!table->holds(verifier_, bytes, words)) {
      fail(fmt::format("{}: its options are damaged", out.name));
    }
    const auto word = [&](int number, int absent) {
      return table->scalar<std::int32_t>(number, absent);
    };
    const auto pair = [&](int first, int absent) {
      const std::array<int, 2> both = {word(first + 1, absent), word(first, absent)};
      if (both[0] < 1 || both[1] < 1 || both[0] > 65535 || both[1] > 65535) {
        fail(fmt::format("{}: has a stride, kernel or dilation of {} x {}", out.name, both[0],
                         both[1]));
      }
      return both;
    };
    if (kind.padding >= 0) {
      out.same_padding = table->scalar<std::int8_t>(kind.padding, 0) == 0;
    }
    if (kind.stride >= 0) {
      out.stride = pair(kind.stride, 0);
    }
    if (kind.dilation >= 0) {
      out.dilation = pair(kind.dilation, 1);
    }
    if (kind.filter >= 0) {
      out.kernel = pair(kind.filter, 0);
    }
    if (kind.axis >= 0) {
      out.axis = word(kind.axis, 0);
    }
    if (kind.keep >= 0) {
      out.keep_dimensions = table->scalar<std::int8_t>(kind.keep, 0) != 0;
    }
    if (kind.activation >= 0) {
      const int activation = table->scalar<std::int8_t>(kind.activation, 0);
      if (activation < 0 || activation > 3) {
        fail(fmt::format("{}: has the activation {}; ReLU, ReLU6 and ReLU_N1_TO_1 are supported",
                         out.name, activation));
      }
      out.activation = static_cast<Activation>(activation);
    }
  }

  /// Files state their operators in an order of execution; a cycle shows as a tensor that is read
  /// before it is made.
  void check_order() const {
    std::set<int> made(model_.inputs.begin(), model_.inputs.end());
    for (std::size_t i = 0; i < model_.operators.size(); ++i) {
      const Operator& each = model_.operators[i];
      for (const int input : each.inputs) {
        if (input >= 0 && !made.contains(input) &&
            model_.tensors[static_cast<std::size_t>(input)].data.empty()) {
          fail(fmt::format("operator {} ({}) reads tensor {} ('{}'), which nothing before it makes",
                           i, each.name, input,
                           model_.tensors[static_cast<std::size_t>(input)].name));
        }
      }
      for (const int output : each.outputs) {
        if (output < 0 || !made.insert(output).second ||
            !model_.tensors[static_cast<std::size_t>(output)].data.empty()) {
          fail(fmt::format("operator {} ({}) makes tensor {}, which is made already", i, each.name,
                           output));
        }
      }
    }
  }

  Verifier verifier_;
  const ModelTable* table_ = nullptr;
  Model model_;
};

}  // namespace

Model parse_model(std::string_view bytes, const std::string& path) {
  return Reader{bytes, path}.read();
}

Model read_model(const std::string& path) {
  constexpr std::size_t kMost = (std::size_t{1} << 31U) - 2;
  // FlatBuffers asks for aligned bytes; a string's are.
  return parse_model(read_input(path, kMost), path);
}

}  // namespace turnpike::models::tflite
