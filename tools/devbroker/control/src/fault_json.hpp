// A fault as JSON and back.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ottla/mock/broker.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

nlohmann::ordered_json to_json(const fault& trouble, const broker& of);

/// Fills `out`. Empty when that worked, else one sentence that says what is wrong with `in`.
std::string read_fault(const nlohmann::json& in, const broker& of, fault& out);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
