/// Writes the sample timelines as files, to look at: page_demo FOLDER [JPEG...]; the pictures become thumbnails in
/// turn.
#include "tests/timeline/sample.hpp"
#include "timeline/export_csv.hpp"
#include "timeline/export_html.hpp"
#include "timeline/export_json.hpp"
#include "timeline/export_vtt.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace timeloom;

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: page_demo FOLDER [JPEG...]\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  const std::pair<const char*, timeline> samples[] = {
      {"sample", sample_timeline()}, {"long", long_timeline(20'000)}, {"hostile", hostile_timeline()}, {"empty", {}}};
  for (auto [name, t] : samples) {
    for (std::size_t i = 0; argc > 2 && i < t.scenes.size(); ++i) {
      std::ifstream file(argv[2 + i % static_cast<std::size_t>(argc - 2)], std::ios::binary);
      t.scenes[i].thumbnail_jpeg.assign(std::istreambuf_iterator<char>(file), {});
    }
    const std::string stem = (folder / name).string();
    std::ofstream(stem + ".html", std::ios::binary) << export_html(t);
    std::ofstream(stem + ".json", std::ios::binary) << export_json(t);
    std::ofstream(stem + ".vtt", std::ios::binary) << export_vtt(t);
    std::ofstream(stem + ".csv", std::ios::binary) << export_csv(t);
  }
}
