/// A feed as server-sent events (the format of the HTML standard, section 9.2). One owner, one thread.
#pragma once

#include "serving/event_feed.hpp"
#include "serving/slots.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

/// "id", "event" and "data" of an item, and the empty line that ends it.
std::string event_text(const feed_item& item);

class event_stream {
public:
  using clock = std::chrono::steady_clock;

  /// A comment goes out when nothing else did for this long, so that a client that is gone is noticed.
  static constexpr std::chrono::seconds keep_alive{15};

  /// `first` comes before what the feed tells; its numbers are not sent.
  event_stream(std::unique_ptr<event_feed::subscription> feed, std::vector<feed_item> first, slots::lease place);

  /// The text to send next: empty when there was none within `patience`, nothing when the feed has ended.
  std::optional<std::string> next(std::chrono::milliseconds patience);

private:
  std::unique_ptr<event_feed::subscription> feed_;
  std::string waiting_;
  slots::lease place_;
  clock::time_point last_sent_;
};

} // namespace timeloom
