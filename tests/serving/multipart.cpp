#include "serving/multipart.hpp"

#include "tests/catch.hpp"

#include <random>

using namespace timeloom;

namespace {

const std::string head = "--cut\r\nContent-Disposition: form-data; name=\"v\"; filename=\"a.mp4\"\r\n\r\n";

struct outcome {
  std::string content, name, problem;
  bool whole = false;
};

/// The body in pieces of so many bytes.
outcome read(const std::string& body, std::size_t piece,
             const std::string& type = "multipart/form-data; boundary=cut") {
  auto form = multipart_file::of(type);
  REQUIRE(form);
  outcome found;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    const auto content = form->take(std::span{body}.subspan(at, std::min(piece, body.size() - at)));
    if (!content) {
      CHECK(content.error().code == errc::invalid_argument);
      found.problem = content.error().message;
      break;
    }
    found.content += *content;
  }
  found.name = form->name();
  found.whole = form->is_whole();
  return found;
}

} // namespace

TEST_CASE("the file of a form is found however its bytes come") {
  const std::string files[] = {"",
                               "x",
                               "\r\n",
                               "\r\n--cu",
                               "\r\n--cut is not the end\r\n--cutter\r\n",
                               std::string("a\0b\r\n\r\n--\r", 10),
                               "--cut--"};
  for (const auto& file : files)
    for (const auto* before : {"", "a preamble\r\n", "\r\n"})
      for (std::size_t piece = 1; piece < 40; ++piece) {
        INFO(file << " behind \"" << before << "\" in pieces of " << piece);
        const auto found = read(before + head + file + "\r\n--cut--\r\nan epilogue\r\n--cut\r\n", piece);
        CHECK(found.problem == "");
        CHECK(found.content == file);
        CHECK(found.name == "a.mp4");
        CHECK(found.whole);
      }
}

TEST_CASE("a form that is cut off anywhere is not whole, and gives nothing that is not the file's") {
  const std::string file = "some\r\n--cu\r\nbytes", body = head + file + "\r\n--cut--";
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto found = read(body.substr(0, size), 7);
    CHECK(found.problem == "");
    CHECK_FALSE(found.whole);
    CHECK(file.starts_with(found.content));
  }
}

TEST_CASE("what is no form with one file is refused with what is wrong") {
  const auto problem = [](const std::string& body) { return read(body, 1000).problem; };
  CHECK(problem("--cut--\r\n") == "the form has no part");
  CHECK(problem(head + "x\r\n" + head + "y\r\n--cut--") == "the form has more than one part; send one file");
  CHECK(problem("--cut\r\n\r\nx\r\n--cut--") == "the form's only part must be a file with a name");
  CHECK(problem("--cut\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\nx") ==
        "the form's only part must be a file with a name");
  CHECK(problem("--cut\r\n" + std::string(9000, 'x')) == "the head of the form's part is longer than 8192 bytes");
  CHECK(problem("--cut\r\nContent-Disposition: form-data; filename=a\r\nContent-Transfer-Encoding: base64\r\n\r\n") ==
        "the form's file must come as it is, not in another encoding");
  CHECK(problem(std::string(100'000, 'x')) == "");
  for (const std::string type :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\""})
    CHECK_FALSE(multipart_file::of(type));
  CHECK_FALSE(multipart_file::of("multipart/form-data; boundary=" + std::string(71, 'x')));
  CHECK(multipart_file::of("multipart/form-data; boundary=\"with: a colon\""));
}

TEST_CASE("names stand in quotes or not, and boundaries likewise") {
  CHECK(disposition_file_name("attachment; filename=a.mp4; size=3") == "a.mp4");
  CHECK(disposition_file_name("form-data; name=\"v\"; FileName=\"a \\\"b\\\" c.mp4\"") == "a \"b\" c.mp4");
  CHECK(disposition_file_name("form-data; filename=\"never ended").starts_with("never"));
  CHECK(disposition_file_name("form-data; name=v").empty());
  CHECK(read(head + "x\r\n--cut--", 9, "multipart/form-data; charset=utf-8; boundary=\"cut\"").content == "x");
}

TEST_CASE("random bytes are passed over or refused, and never taken for a file's end by accident") {
  std::mt19937 random{3};
  const std::string alphabet = "\r\n--cutx";
  for (int i = 0; i < 3000; ++i) {
    std::string noise;
    for (unsigned n = random() % 60; n > 0; --n)
      noise += alphabet[random() % alphabet.size()];
    const auto whole = read(head + noise + "\r\n--cut--", 100),
               pieces = read(head + noise + "\r\n--cut--", 1 + random() % 9);
    CHECK(whole.whole == pieces.whole);
    CHECK(whole.problem == pieces.problem);
    if (whole.problem.empty())
      CHECK(whole.content == pieces.content);
    if (noise.find("\r\n--cut") == std::string::npos && !noise.starts_with("--cut"))
      CHECK(whole.content == noise);
  }
}
