#include "serving/event_stream.hpp"
#include "serving/job_json.hpp"
#include "serving/route_call.hpp"

namespace timeloom {

namespace {

http_response stream(route_call& call, std::optional<job_id> job) {
  http_response response{.type = "text/event-stream"};
  if (call.request.method == "HEAD")
    return response;
  auto place = call.streams().take();
  if (!place)
    return error_response(503, "too_many_streams",
                          fmt::format("{} event streams are open already", call.options().max_streams));

  // Listen first, look afterwards: nothing that happens in between is lost.
  auto feed = call.at_once().feed().subscribe(job);
  std::vector<feed_item> first;
  if (!call.request.header("last-event-id").empty())
    first.push_back({.kind = feed_kind::missed, .json = "{}"});
  if (job) {
    const auto now = call.in_turn([&](service& does) { return does.job(*job); });
    if (!now)
      return error_response(now.error());
    first.push_back({.kind = feed_kind::state, .job = *job, .json = state_text(*now, std::nullopt)});
  }
  response.body = std::make_shared<event_stream>(std::move(feed), std::move(first), std::move(*place));
  return response;
}

} // namespace

http_response stream_job(route_call& call) {
  return stream(call, call.numbers[0]);
}

http_response stream_all(route_call& call) {
  return stream(call, std::nullopt);
}

} // namespace timeloom
