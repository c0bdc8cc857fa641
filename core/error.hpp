/// The one error type of timeloom.
///
/// A fallible function returns `expected<T>`. The message is a sentence for the user: what failed, on which
/// file, stream or time, and with which value. Exceptions of libraries are turned into errors at one adapter each.
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace timeloom {

enum class errc : std::uint8_t {
  invalid_argument = 1, ///< wrong use of the command line or an impossible value
  invalid_config,       ///< a configuration file that cannot be used
  not_found,            ///< a file, model or stream that is not there
  not_allowed,          ///< refused on purpose: outside the allowed root, a playlist, a network address
  unsupported,          ///< readable, but nothing here can decode or process it
  corrupt_media,        ///< the media's own bytes are wrong
  io,                   ///< the operating system said no; the message holds its words
  protocol,             ///< a worker sent a record that does not fit
  worker_lost,          ///< a worker process ended or stopped answering
  timeout,              ///< something finite was waited for in vain
  cancelled,            ///< the user asked to stop
  exhausted,            ///< a limit on memory or size was reached
  internal,             ///< a bug
};

std::string_view to_string(errc code);

/// The code named `name`, or `errc::internal` for a name that is none.
errc errc_from_string(std::string_view name);

struct error {
  errc code = errc::internal;
  std::string message;

  bool operator==(const error&) const = default;
};

template <class T>
using expected = tl::expected<T, error>;

/// `return fail(errc::io, "cannot open {}: {}", path, text);`
template <class... Args>
tl::unexpected<error> fail(errc code, fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected<error>{error{code, fmt::format(text, std::forward<Args>(args)...)}};
}

/// What `errno` value `number` means, in words ("No such file or directory").
std::string errno_text(int number);

} // namespace timeloom
