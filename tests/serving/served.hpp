/// A server on a free port with a service in memory, and requests to it.
#pragma once

#include "serving/http_server.hpp"
#include "tests/serving/fake_service.hpp"
#include "tests/serving/raw_client.hpp"
#include "tests/temporary_folder.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom::tests {

struct served {
  explicit served(http_options options = {});

  /// One request on a connection of its own, with the token and the right Host unless `headers` says otherwise.
  raw_answer ask(std::string_view method, std::string_view target, const std::vector<std::string>& headers = {},
                 std::string_view body = {}) const;
  raw_answer get(std::string_view target, const std::vector<std::string>& headers = {}) const;
  raw_answer post(std::string_view target, std::string_view json, const std::vector<std::string>& headers = {}) const;

  /// The text of a request; `headers` replace those of the same name.
  std::string request(std::string_view method, std::string_view target, std::vector<std::string> headers = {},
                      std::string_view body = {}) const;
  raw_client connect() const { return raw_client{port}; }

  /// A job whose media file holds `bytes`.
  job_id add_video(const std::string& name, std::string_view bytes);

  temporary_folder folder;
  fake_service does{folder.path().string()};
  std::string token;
  int port = 0;
  std::optional<http_server> server;
};

} // namespace timeloom::tests
