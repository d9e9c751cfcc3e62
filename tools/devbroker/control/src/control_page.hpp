// One request of the control port, without HTTP around it: method, path and body to status and JSON.
#pragma once
#include <string>
#include <string_view>

#include "ottla/mock/broker.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

struct control_reply {
  int status = 200;
  std::string body = {};  // JSON, but for the help page
  bool text = false;
};

/// Does what is asked. Whatever is wrong with the request is told as {"error": ...} with 400, 404 or 409, and then
/// nothing was done.
control_reply control_page(broker& of, instant now, std::string_view method, std::string_view path,
                           std::string_view body);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
