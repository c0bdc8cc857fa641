#include "serving/session_store.hpp"

#include "core/sha256.hpp"
#include "serving/access.hpp"

#include <algorithm>

namespace timeloom {

std::string session_store::open(clock::time_point now) {
  auto id = random_hex(32);
  const std::lock_guard lock{mutex_};
  std::erase_if(last_use_, [&](const auto& session) { return now - session.second >= lifetime_; });
  while (last_use_.size() >= most_)
    last_use_.erase(std::ranges::min_element(last_use_, {}, [](const auto& session) { return session.second; }));
  last_use_.emplace(sha256_of(id), now);
  return id;
}

bool session_store::good(std::string_view id, clock::time_point now) {
  const std::lock_guard lock{mutex_};
  const auto found = last_use_.find(sha256_of(id));
  if (found == last_use_.end() || now - found->second >= lifetime_)
    return false;
  found->second = now;
  return true;
}

void session_store::close(std::string_view id) {
  const std::lock_guard lock{mutex_};
  last_use_.erase(sha256_of(id));
}

bool wrong_token_count::add(clock::time_point now) {
  const std::lock_guard lock{mutex_};
  if (count_ == 0 || now - since_ >= std::chrono::minutes{1}) {
    since_ = now;
    count_ = 0;
  }
  return ++count_ > free_;
}

} // namespace timeloom
