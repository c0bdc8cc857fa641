#include "models/libtorch.hpp"

#include <ATen/Context.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

namespace timeloom {

std::string libtorch_version() {
  return TORCH_VERSION;
}

expected<c10::Device> device_named(const std::string& name) {
  try {
    const c10::Device device{name};
    if (device.is_cuda() && !has_cuda())
      return fail(errc::unsupported, "{} cannot be used: libtorch {} finds no GPU", name, libtorch_version());
    if (device.is_cpu() || device.is_cuda())
      return device;
  } catch (const c10::Error&) { // said below
  }
  return fail(errc::invalid_argument, "\"{}\" is no device; expected cpu, or cuda:0 and so on", name);
}

error libtorch_error(const std::exception& thrown) {
  const auto* from_c10 = dynamic_cast<const c10::Error*>(&thrown);
  std::string text = from_c10 != nullptr ? from_c10->what_without_backtrace() : thrown.what();
  // The interpreter of TorchScript wraps what was thrown inside of it; the reason is the last line.
  if (const auto inner = text.rfind("RuntimeError: "); inner != text.npos)
    text = text.substr(inner + 14);
  text = text.substr(0, text.find('\n'));
  const auto says = [&](const char* words) { return text.find(words) != text.npos; };
  const bool out_of_memory = dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr || says("out of memory") ||
                             says("can't allocate memory") || says("not enough memory");
  if (const auto advice = text.find(" GPU 0 has a total capacity"); advice != text.npos)
    text.resize(advice); // which is about the whole device
  return {out_of_memory ? errc::exhausted : errc::internal, text};
}

} // namespace timeloom
