#pragma once

#include <cstdint>
#include <functional>

namespace turnpike::models {

/// Threads to use when nobody says how many: one a core.
[[nodiscard]] int all_cores();

/// Calls task(0) ... task(count - 1), each once, on up to `threads` threads, in the order of the
/// index as threads get free. What a task writes must be its own; then the result does not depend
/// on the number of threads. The first exception stops what has not begun and is thrown again.
void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t)>& task);

}  // namespace turnpike::models
