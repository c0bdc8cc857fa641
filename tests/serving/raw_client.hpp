/// HTTP by hand over a real socket, so that a test can send what no library would.
#pragma once

#include "core/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace timeloom::tests {

struct raw_answer {
  int status = 0;                             ///< 0: the connection ended without one
  std::map<std::string, std::string> headers; ///< names in lower case
  std::string body;
};

class raw_client {
public:
  explicit raw_client(int port, int receive_buffer = 0);

  /// False when the server has ended the connection.
  bool send(std::string_view text);
  /// The next answer, with a body of its Content-Length; `head`: without one.
  raw_answer answer(bool head = false);
  /// What comes within `patience`, at most `most` bytes.
  std::string receive(std::chrono::milliseconds patience, std::size_t most = 1U << 20U);
  /// Reads on until the text came; whether it did within 5 s.
  bool hears(std::string_view text);
  /// Whether the server ends the connection within `patience`.
  bool ends(std::chrono::milliseconds patience = std::chrono::seconds{5});

private:
  bool receive_more(std::chrono::milliseconds patience);

  unique_fd socket_;
  std::string received_;
};

} // namespace timeloom::tests
