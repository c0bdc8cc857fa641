#include "serving/content_hasher.hpp"

#include "actors/caf_error.hpp"
#include "core/sha256.hpp"

#include <cerrno>

namespace timeloom {

namespace {

expected<std::string> hash_of(const std::string& path, const std::string& root) {
  const auto input = open_input(path, root);
  if (!input)
    return tl::unexpected{input.error()};
  sha256 sum;
  for (std::string piece(1 << 20, '\0');;) {
    const auto count = ::read(input->fd.get(), piece.data(), piece.size());
    if (count == 0)
      return sum.hex();
    if (count > 0)
      sum.add({piece.data(), static_cast<std::size_t>(count)});
    else if (errno != EINTR)
      return fail(errc::io, "cannot read {}: {}", path, errno_text(errno));
  }
}

} // namespace

hasher_actor::behavior_type content_hasher(hasher_actor::pointer) {
  return {[](hash_atom, const std::string& path, const std::string& root) -> caf::result<std::string> {
    auto hex = hash_of(path, root);
    if (!hex)
      return to_caf(hex.error());
    return std::move(*hex);
  }};
}

} // namespace timeloom
