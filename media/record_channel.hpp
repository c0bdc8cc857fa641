/// Records and descriptors between two processes: one end of a SOCK_SEQPACKET socket pair.
///
/// Each record is one datagram of at most `max_record_bytes`; the kernel keeps the boundaries, so a peer can neither
/// desynchronise the stream nor make the reader buffer more than one record. Descriptors travel with the record that
/// they belong to (SCM_RIGHTS). The contents are somebody else's business, and to be distrusted.
/// One thread may send while another receives.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace timeloom {

inline constexpr std::size_t max_record_bytes = 128 * 1024;
inline constexpr std::size_t max_record_descriptors = 4;

struct received_record {
  std::vector<std::uint8_t> bytes;
  std::vector<unique_fd> descriptors;
};

class record_channel {
public:
  record_channel() = default;
  explicit record_channel(unique_fd socket) : socket_(std::move(socket)) {}

  /// Two connected ends; both are closed on exec.
  static expected<std::pair<record_channel, record_channel>> create_pair();

  enum class when_full : std::uint8_t { wait, give_up };

  /// Sends one record. `give_up` fails with `errc::timeout` when the peer does not read, instead of waiting for it;
  /// a peer that is gone is `errc::worker_lost`.
  expected<void> send(std::span<const std::uint8_t> bytes, std::span<const int> descriptors = {},
                      when_full policy = when_full::wait);

  /// Waits for the next record; nothing when the peer closed its end. A record larger than the limit, or with more
  /// descriptors, is `errc::protocol`.
  expected<std::optional<received_record>> receive();

  /// Makes a `receive` in another thread return as if the peer had closed.
  void shut_down();

  int descriptor() const { return socket_.get(); }
  int release() { return socket_.release(); }

private:
  unique_fd socket_;
};

} // namespace timeloom
