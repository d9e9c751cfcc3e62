// Any text as a properties file: refused with a sentence that names its origin, or taken, twice alike.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ottla/client_settings.hpp"

namespace {

struct filled {
  ottla::cluster_config cluster;
  ottla::producer_config producer;
  ottla::consumer_config consumer;
  ottla::settings settings{{{"cluster", ottla::cluster_settings(), &cluster},
                            {"producer", ottla::producer_settings(), &producer},
                            {"consumer", ottla::consumer_settings(), &consumer}},
                           ottla::foreign_settings()};
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  filled once, again;
  const auto done = once.settings.read_properties(text, "the file");
  require(again.settings.read_properties(text, "the file").has_value() == done.has_value());
  require(once.settings.explain() == again.settings.explain());
  if (!done) require(done.error().message().find("the file") != std::string::npos);
  return 0;
}
