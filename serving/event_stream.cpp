#include "serving/event_stream.hpp"

#include <fmt/format.h>
#include <utility>

namespace timeloom {

namespace {

// How long a browser waits before it asks again, when a stream has ended.
constexpr std::string_view opening = "retry: 3000\n\n";

} // namespace

std::string event_text(const feed_item& item) {
  const auto number = item.number == 0 ? std::string{} : fmt::format("id: {}\n", item.number);
  return fmt::format("{}event: {}\ndata: {}\n\n", number, to_string(item.kind), item.json);
}

event_stream::event_stream(std::unique_ptr<event_feed::subscription> feed, std::vector<feed_item> first,
                           slots::lease place)
    : feed_(std::move(feed)), waiting_(opening), place_(std::move(place)), last_sent_(clock::now()) {
  for (auto& item : first) {
    item.number = 0;
    waiting_ += event_text(item);
  }
}

std::optional<std::string> event_stream::next(std::chrono::milliseconds patience) {
  auto text = std::exchange(waiting_, {});
  if (text.empty())
    for (const auto& item : feed_->take(patience))
      text += event_text(item);
  if (text.empty() && feed_->closed())
    return std::nullopt;
  const auto now = clock::now();
  if (text.empty() && now - last_sent_ >= keep_alive)
    text = ":\n\n";
  if (!text.empty())
    last_sent_ = now;
  return text;
}

} // namespace timeloom
