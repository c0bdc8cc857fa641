/// Browsers that have shown the token, and what is known of those that showed wrong ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace timeloom {

/// Sessions by random ids; only their hashes are kept. Any thread.
class session_store {
public:
  using clock = std::chrono::steady_clock;

  /// A session ends when it was not used for `lifetime`; of more than `most` the one that was used least recently goes.
  session_store(std::chrono::seconds lifetime, std::size_t most) : lifetime_(lifetime), most_(most) {}

  /// The id of a new session.
  std::string open(clock::time_point now);
  /// Whether it is one; using it makes it last.
  bool good(std::string_view id, clock::time_point now);
  void close(std::string_view id);

  std::chrono::seconds lifetime() const { return lifetime_; }

private:
  std::chrono::seconds lifetime_;
  std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, clock::time_point> last_use_; // by hash: how long a search takes tells nothing about an id
};

/// Counts wrong tokens in spans of a minute. The right one is never refused, so nobody can lock its owner out; that is
/// safe because a token is too long to be guessed at any rate. Any thread.
class wrong_token_count {
public:
  using clock = std::chrono::steady_clock;

  explicit wrong_token_count(int free_of_charge) : free_(free_of_charge) {}

  /// One more; whether that is too many in this minute.
  bool add(clock::time_point now);

private:
  int free_;
  std::mutex mutex_;
  clock::time_point since_{};
  int count_ = 0;
};

} // namespace timeloom
