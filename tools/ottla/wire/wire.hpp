// `ottla wire`: Kafka wire bytes to JSON and back, one JSON line in, one JSON line out.
#pragma once

#include <iosfwd>
#include <optional>
#include <string_view>

namespace ottla::wire {

enum class verb { decode, encode, roundtrip, records, info };

/// nullopt for a word that is no verb.
std::optional<verb> parse_verb(std::string_view word);

/// Answers every line of `in`, in order, until it ends; errors are answers too. Answers are flushed whenever `in` has
/// nothing more to give at once. Returns 0, or 1 when `out` takes no more. Memory stays bounded whatever the lines
/// hold: a line above 32 MiB is answered with an error without being kept. Call std::ios::sync_with_stdio(false) before
/// passing std::cin.
int run_jsonl(verb what, std::istream& in, std::ostream& out);

}  // namespace ottla::wire
