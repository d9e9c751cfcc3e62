// broker_pattern: a POSIX extended regular expression in the words of brokers, where both read it alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {

/// `posix` is one that regcomp takes, and finds a name by any part of it. The result is for RE2, which brokers have
/// match whole names (KIP-848). Nothing if it is written in something that the two do not share, such as a repetition
/// of a repetition, collating elements, a backslash before a letter or in brackets.
std::optional<std::string> broker_pattern(std::string_view posix);

}  // namespace v0
}  // namespace ottla
