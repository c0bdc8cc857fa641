#include "actors/question_desk.hpp"

#include "tests/catch.hpp"

#include <future>
#include <map>
#include <thread>

using namespace timeloom;

namespace {

/// Answers with the prompt, once it is let; knows how many are asked at once.
class slow_model : public picture_describer {
public:
  expected<void> prepare() override { return {}; }
  expected<picture_answer> describe(const picture_question& question, std::stop_token cancel) override {
    std::unique_lock lock{mutex_};
    most_at_once = std::max(most_at_once, ++asked);
    changed_.notify_all();
    changed_.wait(lock, cancel, [this] { return open_; });
    --asked;
    if (cancel.stop_requested())
      return fail(errc::cancelled, "cancelled");
    return picture_answer{question.prompt, 1, 1, false};
  }
  std::string backend() const override { return "slow"; }
  std::string device() const override { return "cpu"; }
  metric_set metrics() const override { return {}; }

  void wait_for(int count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return asked == count; });
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

  int asked = 0, most_at_once = 0; // to be read when nothing is asked

private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ = false;
};

/// What the desk gave back; lives as long as the desk's threads.
struct answers {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::pair<std::uint64_t, std::size_t>, answered_question> by_question;

  void take(answered_question given) {
    const std::lock_guard lock{mutex};
    const std::pair key{given.session, given.number};
    by_question.emplace(key, std::move(given));
    changed.notify_all();
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return by_question.size() == count; });
  }
};

} // namespace

TEST_CASE("as many questions are asked at once as there are threads, and each gets its answer") {
  static slow_model model;
  static answers given;
  auto& desk = *new question_desk{model, 3, [](answered_question one) { given.take(std::move(one)); }};
  for (std::size_t number = 0; number < 8; ++number)
    desk.push({number % 2, number, {{}, "question " + std::to_string(number), 1, 1}, {}});
  model.wait_for(3);
  CHECK(desk.waiting() == 5);
  model.open();
  given.wait_for(8);
  CHECK(model.most_at_once == 3);
  for (const auto& [key, one] : given.by_question) {
    REQUIRE(one.answer);
    CHECK(one.answer->text == "question " + std::to_string(key.second));
    CHECK(one.seconds >= 0);
  }
}

TEST_CASE("of a forgotten session nothing more is asked, and what is being asked can be cancelled") {
  static slow_model model;
  static answers given;
  auto& desk = *new question_desk{model, 1, [](answered_question one) { given.take(std::move(one)); }};
  std::stop_source stop;
  desk.push({1, 0, {{}, "a", 1, 1}, stop.get_token()});
  model.wait_for(1);
  desk.push({1, 1, {{}, "b", 1, 1}, stop.get_token()});
  desk.push({2, 0, {{}, "c", 1, 1}, {}});
  desk.forget(1);
  CHECK(desk.waiting() == 1);
  stop.request_stop();
  given.wait_for(1);
  CHECK(given.by_question.at({1, 0}).answer.error().code == errc::cancelled);
  model.open();
  given.wait_for(2);
  CHECK(given.by_question.at({2, 0}).answer->text == "c");
}
