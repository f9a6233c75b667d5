#include "models/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace turnpike::models {

int all_cores() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t)>& task) {
  if (threads <= 1 || count <= 1) {
    for (std::int64_t i = 0; i < count; ++i) {
      task(i);
    }
    return;
  }
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    for (std::int64_t i = next++; i < count; i = next++) {
      try {
        task(i);
      } catch (...) {
        const std::scoped_lock lock{failing};
        failure = failure ? failure : std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::jthread> workers;
  for (std::int64_t i = 1; i < std::min<std::int64_t>(threads, count); ++i) {
    workers.emplace_back(work);
  }
  work();
  workers.clear();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace turnpike::models
