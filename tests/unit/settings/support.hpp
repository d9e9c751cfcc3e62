// One set of all configurations with the settings that fill it.
#pragma once

#include <string>

#include "ottla/client_settings.hpp"

namespace ottla_test {

struct filled {
  ottla::cluster_config cluster;
  ottla::producer_config producer;
  ottla::consumer_config consumer;
  ottla::settings settings{{{"cluster", ottla::cluster_settings(), &cluster},
                            {"producer", ottla::producer_settings(), &producer},
                            {"consumer", ottla::consumer_settings(), &consumer}},
                           ottla::foreign_settings()};

  /// Empty: it was taken. Else the whole sentence.
  std::string why_not(std::string_view name, std::string_view value, std::string_view origin = "-X") {
    auto done = settings.set(name, value, origin);
    return done ? "" : done.error().message();
  }
};

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace ottla_test
