#include "app/render_process.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("why there is no contact sheet is what became of the analyzer of scenes") {
  timeline made;
  made.analyzers.push_back({.id = "cut_analysis"});
  CHECK(why_no_sheet(made) == "no scenes were found, because scene_segmentation did not run");
  auto& scenes = made.analyzers.emplace_back();
  scenes.id = "scene_segmentation";
  CHECK(why_no_sheet(made) == "scene_segmentation found no scenes");
  scenes.status = analyzer_status::failed;
  scenes.reason = "two workers died";
  CHECK(why_no_sheet(made) == "no scenes were found, because scene_segmentation is failed: two workers died");
}
