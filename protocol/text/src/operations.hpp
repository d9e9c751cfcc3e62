// What the registry offers, for one type of message. Instantiated by the generated text units.
#pragma once

#include "json_read_archive.hpp"
#include "json_write_archive.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "random_archive.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

failure outcome_of(const protocol::reader& in);
failure outcome_of(const protocol::writer& out);

template <class M>
failure to_json(protocol::bytes_view body, std::int16_t version, protocol::arena& memory, json_writer& out) {
  protocol::reader in{body, memory};
  M message;
  read(in, message, version);
  if (failure why = outcome_of(in)) return why;
  json_write_archive{out, version}.value(message);
  return std::nullopt;
}

template <class M>
failure from_json(json_value& object, std::int16_t version, protocol::arena& memory, protocol::writer& out) {
  M message;
  json_read_archive archive{memory, version};
  archive.root(object, message);
  if (!archive.ok()) return archive.take_error();
  write(out, message, version);
  return outcome_of(out);
}

template <class M>
failure round_trip(protocol::bytes_view body, std::int16_t version, protocol::arena& memory, protocol::writer& out) {
  protocol::reader in{body, memory};
  M message;
  read(in, message, version);
  if (failure why = outcome_of(in)) return why;
  write(out, message, version);
  return outcome_of(out);
}

template <class M>
failure random_bytes(seeded_random& source, std::int16_t version, protocol::arena& memory, protocol::writer& out) {
  M message;
  random_archive archive{source, memory, version};
  protocol::walker<M>::walk(archive, message);
  write(out, message, version);
  return outcome_of(out);
}

template <class M>
const message_operations& operations_of() {
  static constexpr message_operations table{&to_json<M>, &from_json<M>, &round_trip<M>, &random_bytes<M>};
  return table;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
