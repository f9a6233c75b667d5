#include "models/import/onnx_model.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include "models/import/onnx_tensor.hpp"
#include "sim/base/files.hpp"

namespace turnpike::models::onnx {
namespace {

using ::onnx::AttributeProto;
using ::onnx::GraphProto;
using ::onnx::ModelProto;
using ::onnx::NodeProto;

/// protobuf would tell a cut-off file to stderr, too.
template <class Message>
void parse(Message& message, std::string_view bytes, const std::string& path) {
  const google::protobuf::LogSilencer silence;
  if (bytes.size() > kMostModelBytes ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw FileError{{.file = path}, "is no ONNX file, or is cut off (protobuf does not parse it)"};
  }
}

class ModelReader {
 public:
  ModelReader(const ModelProto& proto, const std::string& path) : proto_{proto} {
    model_.path = path;
  }

  Model read() {
    if (!proto_.has_graph() || proto_.graph().node_size() == 0) {
      fail("has no graph of nodes");
    }
    for (const auto& opset : proto_.opset_import()) {
      const std::string domain = opset.domain() == "ai.onnx" ? "" : opset.domain();
      model_.opsets[domain] = opset.version();
    }
    if (!model_.opsets.contains("")) {
      fail("states no version of the ONNX operators (opset_import)");
    }
    const GraphProto& graph = proto_.graph();
    model_.name = graph.name();
    if (graph.sparse_initializer_size() > 0) {
      fail("has sparse tensors, which are not read");
    }
    for (const auto& tensor : graph.initializer()) {
      if (!model_.constants.emplace(tensor.name(), constant_of(tensor, model_.path)).second) {
        fail(fmt::format("has two tensors named '{}'", tensor.name()));
      }
    }
    read_inputs(graph);
    for (const auto& output : graph.output()) {
      model_.outputs.push_back(output.name());
    }
    read_nodes(graph);
    sort_nodes();
    return std::move(model_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw FileError{{.file = model_.path}, what};
  }

  void read_inputs(const GraphProto& graph) {
    for (const auto& input : graph.input()) {
      if (model_.constants.contains(input.name())) {
        continue;  // before IR version 4 initializers are inputs, too
      }
      if (!input.type().has_tensor_type()) {
        fail(fmt::format("input '{}' is no tensor", input.name()));
      }
      const auto& type = input.type().tensor_type();
      ValueInfo info{.name = input.name(), .shape = {}, .floating = true};
      const int element = type.elem_type();
      info.floating =
          element == ::onnx::TensorProto::FLOAT || element == ::onnx::TensorProto::DOUBLE ||
          element == ::onnx::TensorProto::FLOAT16 || element == ::onnx::TensorProto::BFLOAT16;
      for (const auto& extent : type.shape().dim()) {
        const bool known = extent.has_dim_value() && extent.dim_value() > 0;
        info.shape.push_back(known ? std::optional{extent.dim_value()} : std::nullopt);
      }
      model_.inputs.push_back(std::move(info));
    }
  }

  void read_nodes(const GraphProto& graph) {
    for (const NodeProto& proto : graph.node()) {
      Node node;
      node.op = proto.op_type();
      node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
      node.name =
          proto.name().empty() ? fmt::format("{}_{}", node.op, model_.nodes.size()) : proto.name();
      node.inputs = {proto.input().begin(), proto.input().end()};
      node.outputs = {proto.output().begin(), proto.output().end()};
      for (const AttributeProto& attribute : proto.attribute()) {
        read_attribute(attribute, node);
      }
      model_.nodes.push_back(std::move(node));
    }
  }

  void read_attribute(const AttributeProto& proto, Node& node) const {
    Attribute& value = node.attributes[proto.name()];
    switch (proto.type()) {
      case AttributeProto::INT:
        value = proto.i();
        break;
      case AttributeProto::FLOAT:
        value = static_cast<double>(proto.f());
        break;
      case AttributeProto::STRING:
        value = proto.s();
        break;
      case AttributeProto::INTS:
        value = std::vector<std::int64_t>{proto.ints().begin(), proto.ints().end()};
        break;
      case AttributeProto::FLOATS:
        value = std::vector<double>{proto.floats().begin(), proto.floats().end()};
        break;
      case AttributeProto::TENSOR:
        value = constant_of(proto.t(), model_.path);
        break;
      default:
        if (proto.type() == AttributeProto::STRINGS) {
          node.attributes.erase(proto.name());  // activations of LSTM, GRU: looked at by their name
          value_strings(proto, node);
          break;
        }
        fail(
            fmt::format("node '{}' ({}): attribute '{}' is of a kind that is not read (graphs, "
                        "sparse tensors, types)",
                        node.name, node.op, proto.name()));
    }
  }

  static void value_strings(const AttributeProto& proto, Node& node) {
    std::string joined;
    for (const std::string& each : proto.strings()) {
      joined += (joined.empty() ? "" : ",") + each;
    }
    node.attributes[proto.name()] = joined;
  }

  /// Kahn's algorithm: ONNX asks for this order, but not every exporter keeps it.
  void sort_nodes() {
    std::map<std::string, std::size_t> maker;
    std::set<std::string> given;
    for (const ValueInfo& input : model_.inputs) {
      given.insert(input.name);
    }
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      for (const std::string& output : model_.nodes[i].outputs) {
        if (output.empty()) {
          continue;
        }
        if (given.contains(output) || model_.constants.contains(output) ||
            !maker.emplace(output, i).second) {
          fail(fmt::format("node '{}' ({}): its output '{}' is made a second time",
                           model_.nodes[i].name, model_.nodes[i].op, output));
        }
      }
    }
    std::vector<std::size_t> waiting(model_.nodes.size(), 0);
    std::vector<std::vector<std::size_t>> readers(model_.nodes.size());
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      for (const std::string& input : model_.nodes[i].inputs) {
        if (input.empty() || given.contains(input) || model_.constants.contains(input)) {
          continue;
        }
        const auto found = maker.find(input);
        if (found == maker.end()) {
          fail(fmt::format("node '{}' ({}): nothing makes its input '{}'", model_.nodes[i].name,
                           model_.nodes[i].op, input));
        }
        readers[found->second].push_back(i);
        ++waiting[i];
      }
    }
    take_in_order(waiting, readers);
    for (const std::string& output : model_.outputs) {
      if (!maker.contains(output) && !given.contains(output) &&
          !model_.constants.contains(output)) {
        fail(fmt::format("nothing makes its output '{}'", output));
      }
    }
  }

  /// As early as they stand in the file.
  void take_in_order(std::vector<std::size_t>& waiting,
                     const std::vector<std::vector<std::size_t>>& readers) {
    std::set<std::size_t> ready;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i] == 0) {
        ready.insert(i);
      }
    }
    std::vector<Node> sorted;
    while (!ready.empty()) {
      const std::size_t next = *ready.begin();
      ready.erase(ready.begin());
      sorted.push_back(model_.nodes[next]);
      for (const std::size_t reader : readers[next]) {
        if (--waiting[reader] == 0) {
          ready.insert(reader);
        }
      }
    }
    if (sorted.size() != model_.nodes.size()) {
      const auto stuck = std::find_if(waiting.begin(), waiting.end(),
                                      [](std::size_t inputs) { return inputs > 0; });
      const Node& node = model_.nodes[static_cast<std::size_t>(stuck - waiting.begin())];
      fail(fmt::format("node '{}' ({}) is part of a cycle, or waits for one", node.name, node.op));
    }
    model_.nodes = std::move(sorted);
  }

  const ModelProto& proto_;
  Model model_;
};

}  // namespace

Model parse_model(std::string_view bytes, const std::string& path) {
  ModelProto proto;
  parse(proto, bytes, path);
  return ModelReader{proto, path}.read();
}

Model read_model(const std::string& path) {
  return parse_model(read_input(path, kMostModelBytes), path);
}

Constant parse_tensor(std::string_view bytes, const std::string& path) {
  ::onnx::TensorProto proto;
  parse(proto, bytes, path);
  return constant_of(proto, path);
}

}  // namespace turnpike::models::onnx
