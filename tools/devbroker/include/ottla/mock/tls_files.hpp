// What a broker with TLS needs: PEM files.
#pragma once
#include <string>

namespace ottla {
inline namespace v0 {
namespace mock {

struct tls_files {
  std::string certificate;  ///< the broker's, and its chain
  std::string key;
  std::string client_ca;  ///< not empty: clients have to show a certificate that this authority signed
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
