#include "traces/tensor_store.hpp"

#include <algorithm>
#include <utility>

namespace turnpike::traces {

class TensorStore::Source : public ElementSource {
 public:
  Source(std::shared_ptr<TensorStore> store, std::string name)
      : store_{std::move(store)}, name_{std::move(name)} {}

  [[nodiscard]] std::shared_ptr<const Tensor> load() const override { return store_->load(name_); }

  void pieces(const UsePiece& use) const override {
    if (const auto whole = store_->kept(name_)) {
      whole->visit([&](const auto& values) {
        use(Tensor{{static_cast<std::int64_t>(values.size())}, values}, 0);
      });
    } else {
      store_->reading_.pieces(name_, use);
    }
  }

 private:
  std::shared_ptr<TensorStore> store_;
  std::string name_;
};

Tensor TensorStore::tensor(const std::string& name, TensorShape shape, std::string_view type_name) {
  return {std::move(shape), type_name, std::make_shared<const Source>(shared_from_this(), name)};
}

std::shared_ptr<const Tensor> TensorStore::load(const std::string& name) {
  std::shared_ptr<const Tensor> data = kept(name);
  if (data == nullptr) {
    data = std::make_shared<const Tensor>(reading_.load(name));
    keep({name, data});
  }
  return data;
}

std::shared_ptr<const Tensor> TensorStore::kept(const std::string& name) {
  const std::lock_guard lock{mutex_};
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&name](const Kept& each) { return each.name == name; });
  if (found == kept_.end()) {
    return nullptr;
  }
  kept_.splice(kept_.begin(), kept_, found);
  return found->data;
}

void TensorStore::keep(Kept tensor) {
  const std::int64_t bytes = tensor.data->bytes();
  const std::lock_guard lock{mutex_};
  if (bytes > kept_bytes_) {
    return;
  }
  bytes_ += bytes;
  kept_.push_front(std::move(tensor));
  while (bytes_ > kept_bytes_) {
    bytes_ -= kept_.back().data->bytes();
    kept_.pop_back();
  }
}

}  // namespace turnpike::traces
