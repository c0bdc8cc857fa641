/// A request and its answer, free of any HTTP library. Plain data, but for the body of a request, which is read while
/// it comes.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace timeloom {

class event_stream;

struct http_request {
  std::string method;                                      ///< "GET"
  std::string path;                                        ///< without the query, percent signs decoded
  std::multimap<std::string, std::string> query;           ///< decoded
  std::map<std::string, std::string, std::less<>> headers; ///< names in lower case

  /// Empty when there is none.
  std::string_view header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
  }
};

/// What follows the head of a request. Whoever answers may leave it unread. One owner, one thread.
class request_body {
public:
  virtual ~request_body() = default;

  /// As declared, before anything is read; nothing: no length was declared.
  virtual std::optional<std::int64_t> bytes() const = 0;

  /// The next bytes, at most as many as fit; 0 at the end. Fails when the client ended early or is too slow.
  virtual expected<std::size_t> read(std::span<char> into) = 0;
};

/// Bytes of an open file.
struct file_part {
  unique_fd fd;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
};

struct http_response {
  int status = 200;
  std::string type; ///< of the body
  std::vector<std::pair<std::string, std::string>> headers;
  std::variant<std::string, file_part, std::shared_ptr<event_stream>> body;
};

} // namespace timeloom
