#include "serving/content_hasher.hpp"

#include "actors/caf_error.hpp"
#include "core/sha256.hpp"

#include <cerrno>
#include <unistd.h>

namespace timeloom {

namespace {

// The offset of the descriptor is not its own.
expected<std::string> hash_of(const input_file& input, const std::stop_token& stop) {
  sha256 sum;
  std::string piece(1 << 20, '\0');
  for (off_t offset = 0;;) {
    if (stop.stop_requested())
      return fail(errc::cancelled, "the sum of {} was stopped", input.real_path);
    const auto count = ::pread(input.fd.get(), piece.data(), piece.size(), offset);
    if (count == 0)
      return sum.hex();
    if (count < 0 && errno != EINTR)
      return fail(errc::io, "cannot read {}: {}", input.real_path, errno_text(errno));
    if (count < 0)
      continue;
    sum.add({piece.data(), static_cast<std::size_t>(count)});
    offset += count;
  }
}

} // namespace

hasher_actor::behavior_type content_hasher(hasher_actor::pointer, const std::stop_token& stop) {
  return {[stop](hash_atom, const shared_input& input) -> caf::result<std::string> {
    auto hex = hash_of(*input, stop);
    if (!hex)
      return to_caf(hex.error());
    return std::move(*hex);
  }};
}

} // namespace timeloom
