#include "actors/system_config.hpp"

#include "actors/protocol.hpp"

#include <caf/io/middleman.hpp>

namespace timeloom {

system_config::system_config() {
  load<caf::io::middleman>();
  add_message_types<caf::id_block::timeloom>();
  add_message_types<caf::id_block::timeloom_actors>();
  add_error_category(caf::atom("timeloom"), [](std::uint8_t code, caf::atom_value, const caf::message& context) {
    std::string text{to_string(static_cast<errc>(code))};
    if (context.match_elements<std::string>())
      text += ": " + context.get_as<std::string>(0);
    return text;
  });
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{2});
  set("middleman.workers", std::size_t{0});
}

} // namespace timeloom
