// recorded_work of models/libtorch.hpp, with any other libtorch.
#include "models/libtorch.hpp"

#include <c10/util/Exception.h>

namespace timeloom {

struct recorded_work::state {};

bool recorded_work::possible(c10::Device) {
  return false;
}

recorded_work::recorded_work(const std::function<void()>&, const recorded_work*) {
  TORCH_CHECK(false, "this libtorch cannot record work");
}

recorded_work::~recorded_work() = default;

void recorded_work::repeat() {}

} // namespace timeloom
