#include "tests/serving/served.hpp"

#include <filesystem>

namespace timeloom::tests {

served::served(http_options options) {
  std::filesystem::create_directory(folder.path() / "uploads");
  options.port = 0;
  options.token_file = folder.at("token");
  options.upload_dir = folder.at("uploads");
  if (options.max_upload_bytes == 0)
    options.max_upload_bytes = 1 << 20;
  options.version = "0.0.1";
  auto started = http_server::start(options, does);
  REQUIRE(started);
  server.emplace(std::move(*started));
  port = std::stoi(server->url().substr(server->url().rfind(':') + 1));
  std::ifstream{options.token_file} >> token;
}

std::string served::request(std::string_view method, std::string_view target, std::vector<std::string> headers,
                            std::string_view body) const {
  const auto add = [&](const std::string& name, const std::string& value) {
    const bool has =
        std::ranges::any_of(headers, [&](const std::string& line) { return line.starts_with(name + ":"); });
    if (!has)
      headers.push_back(name + ": " + value);
  };
  add("Host", "127.0.0.1:" + std::to_string(port));
  add("Authorization", "Bearer " + token);
  if (method == "POST" || !body.empty())
    add("Content-Length", std::to_string(body.size()));
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  for (const auto& line : headers)
    if (!line.ends_with(": ")) // "Name: " leaves it out
      text += line + "\r\n";
  return text + "\r\n" + std::string{body};
}

raw_answer served::ask(std::string_view method, std::string_view target, const std::vector<std::string>& headers,
                       std::string_view body) const {
  auto client = connect();
  client.send(request(method, target, headers, body));
  return client.answer(method == "HEAD");
}

raw_answer served::get(std::string_view target, const std::vector<std::string>& headers) const {
  return ask("GET", target, headers);
}

raw_answer served::post(std::string_view target, std::string_view json, const std::vector<std::string>& headers) const {
  auto all = headers;
  all.emplace_back("Content-Type: application/json");
  return ask("POST", target, all, json);
}

job_id served::add_video(const std::string& name, std::string_view bytes) {
  return does.add({.path = folder.file(name, bytes)});
}

} // namespace timeloom::tests
