// models/qwen2_lm/decoder_kernels.hpp where there is no compiler for kernels: plain operators do everything.
#include "models/qwen2_lm/decoder_kernels.hpp"

#include <c10/util/Exception.h>

namespace timeloom::decoder_kernels {

bool computes(const at::Tensor&) {
  return false;
}

bool attends(const at::Tensor&, std::int64_t, std::int64_t) {
  return false;
}

at::Tensor add_and_norm(at::Tensor&, const at::Tensor&, const at::Tensor&, double) {
  TORCH_CHECK(false, "timeloom was built without its kernels");
}

at::Tensor gated(const at::Tensor&) {
  TORCH_CHECK(false, "timeloom was built without its kernels");
}

at::Tensor turn_and_keep(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, at::Tensor&,
                         at::Tensor&) {
  TORCH_CHECK(false, "timeloom was built without its kernels");
}

void attend_to_single(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                      at::Tensor&) {
  TORCH_CHECK(false, "timeloom was built without its kernels");
}

} // namespace timeloom::decoder_kernels
