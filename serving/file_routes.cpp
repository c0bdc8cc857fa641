#include "core/sha256.hpp"
#include "serving/access.hpp"
#include "serving/byte_range.hpp"
#include "serving/page_files.hpp"
#include "serving/route_call.hpp"

#include <algorithm>
#include <array>
#include <sys/stat.h>

namespace timeloom {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 22> media_types{{
    {"3gp", "video/3gpp"},       {"aac", "audio/aac"},       {"avi", "video/x-msvideo"}, {"flac", "audio/flac"},
    {"flv", "video/x-flv"},      {"m2ts", "video/mp2t"},     {"m4a", "audio/mp4"},       {"m4v", "video/mp4"},
    {"mkv", "video/x-matroska"}, {"mov", "video/quicktime"}, {"mp3", "audio/mpeg"},      {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},      {"mpg", "video/mpeg"},      {"mts", "video/mp2t"},      {"mxf", "application/mxf"},
    {"ogg", "audio/ogg"},        {"ogv", "video/ogg"},       {"opus", "audio/ogg"},      {"ts", "video/mp2t"},
    {"wav", "audio/wav"},        {"webm", "video/webm"},
}};

std::string_view media_type(std::string_view path) {
  std::string extension{path.substr(std::min(path.rfind('.') + 1, path.size()))};
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto found = std::ranges::find(media_types, extension, &std::pair<std::string_view, std::string_view>::first);
  return found == media_types.end() ? "application/octet-stream" : found->second;
}

struct timeline_format {
  std::string_view name;
  std::string_view type;
};
constexpr std::array<timeline_format, 4> timeline_formats{{
    {"json", "application/json"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
}};

/// Another content of the file has another one.
std::string tag_of(const struct stat& status) {
  return fmt::format("\"{:x}-{:x}-{:x}.{:x}\"", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

bool names_tag(std::string_view header, std::string_view tag) {
  return header == "*" || header.find(tag) != std::string_view::npos;
}

/// The file, or the part that was asked for, or that the client has it already.
http_response file_response(const http_request& request, input_file file, std::string_view type) {
  struct stat status {};
  if (::fstat(file.fd.get(), &status) != 0)
    return error_response(500, "io", fmt::format("cannot look at the file: {}", errno_text(errno)));
  if (!S_ISREG(status.st_mode))
    return error_response(404, "not_found", "this is a folder of images; there is no one file to send");

  const auto tag = tag_of(status);
  http_response response{.type = std::string{type}};
  response.headers = {{"ETag", tag}, {"Cache-Control", "private, no-cache"}, {"Accept-Ranges", "bytes"}};
  if (const auto known = request.header("if-none-match"); !known.empty() && names_tag(known, tag)) {
    response.status = 304;
    return response;
  }
  file_part part{std::move(file.fd), 0, static_cast<std::int64_t>(status.st_size)};
  const auto condition = request.header("if-range");
  const auto wanted = condition.empty() || condition == tag ? request.header("range") : std::string_view{};
  const auto range = range_of(wanted, part.bytes);
  if (std::holds_alternative<no_such_range>(range)) {
    auto refused = error_response(416, "no_such_range", fmt::format("the file has {} bytes", part.bytes));
    refused.headers.emplace_back("Content-Range", fmt::format("bytes */{}", part.bytes));
    return refused;
  }
  if (const auto* some = std::get_if<byte_range>(&range)) {
    response.status = 206;
    response.headers.emplace_back(
        "Content-Range", fmt::format("bytes {}-{}/{}", some->offset, some->offset + some->bytes - 1, part.bytes));
    part.offset = some->offset;
    part.bytes = some->bytes;
  }
  response.body = std::move(part);
  return response;
}

/// RFC 6266, with a plain name for those that do not know the other.
std::string disposition(std::string_view kind, const std::string& name) {
  std::string plain, encoded;
  for (const unsigned char c : name) {
    const bool word = std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
    plain += word || c == ' ' ? static_cast<char>(c) : '_';
    encoded += word ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return fmt::format("{}; filename=\"{}\"; filename*=UTF-8''{}", kind, plain, encoded);
}

} // namespace

http_response send_timeline(route_call& call) {
  const auto asked = call.request.query.find("format");
  const auto name = asked == call.request.query.end() ? std::string{"json"} : asked->second;
  const auto format = std::ranges::find(timeline_formats, name, &timeline_format::name);
  if (format == timeline_formats.end())
    return error_response(400, "invalid_argument",
                          fmt::format("there is no format \"{}\"; known are json, vtt, csv and html", name));
  auto file = call.in_turn([&](service& does) { return does.result_file(call.numbers[0], name); });
  if (!file)
    return error_response(file.error());
  const auto title = file->real_path.substr(file->real_path.rfind('/') + 1);
  auto response = file_response(call.request, std::move(*file), format->type);
  // The page of the HTML format brings its own scripts, which must not run as the daemon's page.
  if (response.status < 300)
    response.headers.emplace_back("Content-Disposition", disposition(name == "html" ? "attachment" : "inline", title));
  return response;
}

http_response send_media(route_call& call) {
  auto file = call.in_turn([&](service& does) { return does.media(call.numbers[0]); });
  if (!file)
    return error_response(file.error());
  const auto type = media_type(file->real_path);
  return file_response(call.request, std::move(*file), type);
}

http_response send_thumbnail(route_call& call) {
  if (call.numbers[1] > std::numeric_limits<int>::max())
    return error_response(404, "not_found", "there is no such scene");
  auto file =
      call.in_turn([&](service& does) { return does.thumbnail(call.numbers[0], static_cast<int>(call.numbers[1])); });
  return file ? file_response(call.request, std::move(*file), "image/jpeg") : error_response(file.error());
}

http_response send_page_file(route_call& call) {
  const auto files = page_files();
  const auto file = std::ranges::find(files, call.request.path, &page_file::path);
  if (file == files.end())
    return error_response(404, "not_found", "the page has no such file");
  const auto tag = fmt::format("\"{}\"", sha256_of(file->content).substr(0, 16));
  http_response response{.type = std::string{file->type}, .headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}}};
  if (names_tag(call.request.header("if-none-match"), tag))
    response.status = 304;
  else
    response.body = std::string{file->content};
  return response;
}

} // namespace timeloom
