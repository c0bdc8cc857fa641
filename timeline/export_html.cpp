#include "timeline/export_html.hpp"

#include "timeline/export_json.hpp"
#include "timeline/json_text.hpp"
#include "timeline/page/page.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string_view>
#include <utility>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // EVP_EncodeBlock ends what it writes with a NUL
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// 'sha256-...' of an inline element's text, as a content security policy names it.
std::string policy_hash(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return "'sha256-" + base64({reinterpret_cast<const char*>(digest.data()), digest.size()}) + "'";
}

std::string policy() {
  return "default-src 'none'; script-src " + policy_hash(page::script) + "; style-src " + policy_hash(page::style) +
         "; img-src data:; media-src blob:; base-uri 'none'; form-action 'none'";
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    if (c == '&')
      html += "&amp;";
    else if (c == '<')
      html += "&lt;";
    else if (c == '>')
      html += "&gt;";
    else
      html += c;
  }
  return html;
}

} // namespace

std::string export_html(const timeline& found) {
  ordered_json document = timeline_document(found);
  ordered_json thumbnails = ordered_json::array();
  for (const scene& s : found.scenes)
    thumbnails.push_back(base64(s.thumbnail_jpeg));
  document["thumbnails"] = std::move(thumbnails);

  const std::array<std::pair<std::string_view, std::string>, 5> parts{{
      {"{{policy}}", policy()},
      {"{{title}}", escaped(document["media"]["name"].get<std::string>() + " · timeline")},
      {"{{style}}", std::string{page::style}},
      {"{{data}}", json_text_for_html(document)},
      {"{{script}}", std::string{page::script}},
  }};
  // Left to right, so that what is filled in is never searched for a place to fill.
  std::string html;
  std::string_view rest = page::html;
  for (const auto& [place, content] : parts) {
    const std::size_t at = rest.find(place);
    html += rest.substr(0, at);
    html += content;
    rest.remove_prefix(at + place.size());
  }
  html += rest;
  return html;
}

} // namespace timeloom
