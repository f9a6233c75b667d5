#include "models/weights/pickle.hpp"

#include <bit>
#include <cstring>
#include <deque>
#include <memory>
#include <variant>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::models {
namespace {

struct Item;
// The machine owns what it makes; a pickle may nest or even close circles as it likes.
using List = std::vector<Item>*;
using Pairs = std::vector<std::pair<Item, Item>>*;
struct Mark {};
struct Nothing {};
struct Function {
  std::string name;
};
struct Storage {
  std::string key;
  std::string type;
};

struct Item {
  std::variant<Nothing, Mark, std::int64_t, double, std::string, List, Pairs, Function, Storage,
               std::shared_ptr<PickledTensor>>
      value;
};

/// PyTorch's names of storages, and the element types.
const std::map<std::string, std::string>& storages() {
  static const std::map<std::string, std::string> all = {
      {"torch.FloatStorage", "F32"}, {"torch.DoubleStorage", "F64"},
      {"torch.HalfStorage", "F16"},  {"torch.BFloat16Storage", "BF16"},
      {"torch.LongStorage", "I64"},  {"torch.IntStorage", "I32"},
      {"torch.ShortStorage", "I16"}, {"torch.CharStorage", "I8"},
      {"torch.ByteStorage", "U8"},   {"torch.BoolStorage", "BOOL"}};
  return all;
}

constexpr const char* kTensor = "torch._utils._rebuild_tensor_v2";
constexpr const char* kParameter = "torch._utils._rebuild_parameter";
constexpr const char* kDictionary = "collections.OrderedDict";

class Machine {
 public:
  Machine(std::string_view bytes, const std::string& path) : bytes_{bytes}, path_{path} {}

  Item run() {
    while (true) {
      const char code = take(1)[0];
      if (code == '.') {
        return pop();
      }
      step(code);
    }
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw FileError{{.file = path_}, fmt::format("its data.pkl {} (at byte {})", what, at_)};
  }

  std::string_view take(std::size_t count) {
    if (count > bytes_.size() - at_) {
      fail("is cut off");
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, take(bytes).data(), bytes);
    return value;
  }

  std::string line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) {
      fail("is cut off");
    }
    std::string text{take(end - at_)};
    take(1);
    return text;
  }

  void push(Item item) {
    constexpr std::size_t kMost = 1U << 24U;
    if (stack_.size() > kMost) {
      fail("is too deep");
    }
    stack_.push_back(std::move(item));
  }

  Item pop() {
    if (stack_.empty()) {
      fail("takes from an empty stack");
    }
    Item item = std::move(stack_.back());
    stack_.pop_back();
    return item;
  }

  std::vector<Item> pop_to_mark() {
    std::vector<Item> items;
    while (!stack_.empty() && !std::holds_alternative<Mark>(stack_.back().value)) {
      items.push_back(pop());
    }
    pop();
    return {items.rbegin(), items.rend()};
  }

  void push_tuple(std::size_t count) {
    std::vector<Item> items(count);
    for (std::size_t i = count; i-- > 0;) {
      items[i] = pop();
    }
    push_list(std::move(items));
  }

  void push_list(std::vector<Item> items) {
    lists_.push_back(std::move(items));
    push({&lists_.back()});
  }

  Pairs new_pairs() { return &pairs_.emplace_back(); }

  template <class T>
  T& top_as(std::string_view wanted) {
    if (stack_.empty() || !std::holds_alternative<T>(stack_.back().value)) {
      fail(fmt::format("does something else than expected to a {}", wanted));
    }
    return std::get<T>(stack_.back().value);
  }

  template <class T>
  const T& as(const Item& item, std::string_view wanted) const {
    if (!std::holds_alternative<T>(item.value)) {
      fail(fmt::format("has something else in place of a {}", wanted));
    }
    return std::get<T>(item.value);
  }

  void remember(std::uint64_t index) {
    if (stack_.empty()) {
      fail("remembers nothing");
    }
    memory_[index] = stack_.back();
  }

  void recall(std::uint64_t index) {
    const auto found = memory_.find(index);
    if (found == memory_.end()) {
      fail("recalls what it never had");
    }
    push(found->second);
  }

  void push_function(const std::string& module, const std::string& name) {
    const std::string whole = module + "." + name;
    if (whole != kTensor && whole != kParameter && whole != kDictionary &&
        !storages().contains(whole)) {
      fail(fmt::format("calls {}; only tensors are read, nothing is executed", printable(whole)));
    }
    push({Function{whole}});
  }

  void step(char code) {
    switch (static_cast<unsigned char>(code)) {
      case 0x80:  // PROTO
        take(1);
        break;
      case 0x95:  // FRAME
        take(8);
        break;
      case '}':
        push({new_pairs()});
        break;
      case ']':
      case ')':
        push_list({});
        break;
      case '(':
        push({Mark{}});
        break;
      case 't':
      case 'l':
        push_list(pop_to_mark());
        break;
      case 0x85:
      case 0x86:
      case 0x87:
        push_tuple(static_cast<unsigned char>(code) - 0x84U);
        break;
      case 'N':
        push({Nothing{}});
        break;
      case 0x88:
      case 0x89:
        push({std::int64_t{static_cast<unsigned char>(code) == 0x88}});
        break;
      default:
        step_data(code);
    }
  }

  void step_data(char code) {
    switch (static_cast<unsigned char>(code)) {
      case 'K':
        push({static_cast<std::int64_t>(number(1))});
        break;
      case 'M':
        push({static_cast<std::int64_t>(number(2))});
        break;
      case 'J':
        push({std::int64_t{static_cast<std::int32_t>(number(4))}});
        break;
      case 0x8a: {  // LONG1
        const std::uint64_t count = number(1);
        if (count > 8) {
          fail("has an integer of more than 64 bits");
        }
        std::uint64_t value = count == 0 ? 0 : number(count);
        if (count > 0 && count < 8 && (value >> (8 * count - 1)) != 0) {
          value |= ~std::uint64_t{0} << (8 * count);
        }
        push({static_cast<std::int64_t>(value)});
        break;
      }
      case 'G': {  // big-endian
        std::uint64_t bits = 0;
        for (const char c : take(8)) {
          bits = bits << 8U | static_cast<unsigned char>(c);
        }
        push({std::bit_cast<double>(bits)});
        break;
      }
      case 'X':
      case 'T':
        push({std::string{take(number(4))}});
        break;
      case 0x8c:
      case 'U':
        push({std::string{take(number(1))}});
        break;
      case 0x8d:
        push({std::string{take(number(8))}});
        break;
      default:
        step_memory(code);
    }
  }

  void step_memory(char code) {
    switch (static_cast<unsigned char>(code)) {
      case 'q':
        remember(number(1));
        break;
      case 'r':
        remember(number(4));
        break;
      case 0x94:  // MEMOIZE
        remember(memory_.size());
        break;
      case 'h':
        recall(number(1));
        break;
      case 'j':
        recall(number(4));
        break;
      case 'c': {
        const std::string module = line();
        push_function(module, line());
        break;
      }
      case 0x93: {
        const std::string name = as<std::string>(pop(), "name");
        push_function(as<std::string>(pop(), "name"), name);
        break;
      }
      default:
        step_objects(code);
    }
  }

  void step_objects(char code) {
    switch (code) {
      case 'a': {
        Item item = pop();
        top_as<List>("list")->push_back(std::move(item));
        break;
      }
      case 'e': {
        std::vector<Item> items = pop_to_mark();
        auto& list = *top_as<List>("list");
        list.insert(list.end(), items.begin(), items.end());
        break;
      }
      case 's': {
        Item value = pop();
        Item key = pop();
        top_as<Pairs>("dictionary")->emplace_back(std::move(key), std::move(value));
        break;
      }
      case 'u': {
        std::vector<Item> items = pop_to_mark();
        if (items.size() % 2 != 0) {
          fail("has a key without a value");
        }
        auto& pairs = *top_as<Pairs>("dictionary");
        for (std::size_t i = 0; i < items.size(); i += 2) {
          pairs.emplace_back(items[i], items[i + 1]);
        }
        break;
      }
      case 'R':
        call();
        break;
      case 'Q':
        push_storage();
        break;
      case 'b':  // attributes of an object, such as a state_dict's _metadata
        pop();
        break;
      default:
        fail(fmt::format("has the instruction {:#04x}, which is not read",
                         static_cast<unsigned char>(code)));
    }
  }

  /// ("storage", type, key, device, elements)
  void push_storage() {
    const Item item = pop();
    const List& list = as<List>(item, "storage");
    if (list->size() < 5) {
      fail("has a storage of another form");
    }
    const Function& type = as<Function>((*list)[1], "storage type");
    const auto known = storages().find(type.name);
    if (as<std::string>((*list)[0], "storage") != "storage" || known == storages().end()) {
      fail("has a storage of another kind");
    }
    push({Storage{as<std::string>((*list)[2], "storage key"), known->second}});
  }

  void call() {
    const Item arguments = pop();
    const Item function = pop();
    const std::vector<Item>& given = *as<List>(arguments, "list of arguments");
    const std::string& name = as<Function>(function, "function").name;
    if (name == kDictionary) {
      if (!given.empty()) {
        fail("makes a dictionary of something");
      }
      push({new_pairs()});
    } else if (name == kParameter && !given.empty()) {
      push(given[0]);
    } else if (name == kTensor && given.size() >= 4) {
      const Storage& storage = as<Storage>(given[0], "storage");
      auto tensor = std::make_shared<PickledTensor>();
      tensor->storage = storage.key;
      tensor->type = storage.type;
      tensor->offset = as<std::int64_t>(given[1], "offset");
      tensor->shape = integers(given[2]);
      tensor->strides = integers(given[3]);
      if (tensor->shape.size() != tensor->strides.size() || tensor->shape.size() > 8) {
        fail("has a tensor of unequal numbers of extents and strides");
      }
      push({tensor});
    } else {
      fail(fmt::format("calls {} in another way", name));
    }
  }

  std::vector<std::int64_t> integers(const Item& item) const {
    std::vector<std::int64_t> out;
    for (const Item& each : *as<List>(item, "tuple")) {
      out.push_back(as<std::int64_t>(each, "number"));
    }
    return out;
  }

  std::string_view bytes_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::vector<Item> stack_;
  std::deque<std::vector<Item>> lists_;
  std::deque<std::vector<std::pair<Item, Item>>> pairs_;
  std::map<std::uint64_t, Item> memory_;
};

const Pairs* dictionary(const Item& item) {
  return std::get_if<Pairs>(&item.value);
}

void collect(const Pairs& pairs, std::map<std::string, PickledTensor>& out) {
  for (const auto& [key, value] : *pairs) {
    const auto* name = std::get_if<std::string>(&key.value);
    const auto* tensor = std::get_if<std::shared_ptr<PickledTensor>>(&value.value);
    if (name != nullptr && tensor != nullptr) {
      out[*name] = **tensor;
    }
  }
}

}  // namespace

std::map<std::string, PickledTensor> pickled_tensors(std::string_view bytes,
                                                     const std::string& path) {
  Machine machine{bytes, path};
  const Item top = machine.run();
  const Pairs* pairs = dictionary(top);
  if (pairs == nullptr) {
    throw FileError{{.file = path}, "holds no dictionary of tensors; save model.state_dict()"};
  }
  std::map<std::string, PickledTensor> found;
  collect(*pairs, found);
  for (const auto& [key, value] : **pairs) {
    const auto* name = std::get_if<std::string>(&key.value);
    const Pairs* inner = dictionary(value);
    if (found.empty() && inner != nullptr && name != nullptr &&
        (*name == "state_dict" || *name == "model" || *name == "model_state_dict" ||
         *name == "net")) {
      collect(*inner, found);
    }
  }
  if (found.empty()) {
    throw FileError{{.file = path}, "holds no tensors by name; save model.state_dict()"};
  }
  return found;
}

}  // namespace turnpike::models
