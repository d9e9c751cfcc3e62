// topic_create: CreateTopics, and a look at what was there before.
#include "ottla/service/topic_create.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "checked_config.hpp"
#include "ottla/admin.hpp"

namespace ottla {
inline namespace v0 {

result<void> topic_create::validate() const {
  const auto bad = [](std::string detail) { return bad_config("topic_create", std::move(detail)); };
  const auto policy = static_cast<unsigned>(cleanup_policy);
  if (policy < 1 || policy > 3) return bad("cleanup_policy must be compact, remove or both");
  if (partitions < -1) return bad("partitions must be above 0, or 0 or -1 for the cluster's default");
  if (replication_factor < -1) return bad("replication_factor must be above 0, or 0 or -1 for the cluster's default");
  for (const config_value& one : configs) {
    if (one.name.empty()) return bad("configs must have names");
    if (one.name == "cleanup.policy") return bad("configs has cleanup.policy, which cleanup_policy says");
  }
  return {};
}

result<ensured_topic> ensure_topic(cluster& on, std::string_view topic, const topic_create& how,
                                   std::chrono::milliseconds timeout, const json_log* log) {
  if (auto valid = how.validate(); !valid) return unexpected(valid.error());
  host& runner = on.state()->runner();
  const steady_ns began = runner.mono_now(), deadline = after(began, timeout);
  const auto line = [&](log_level level, std::string_view msg, const error* why, std::int64_t partitions) {
    if (log == nullptr) return;
    const std::array<log_field, 3> fields{
        {{"topic", topic}, {"partitions", partitions}, {"partitions_asked", std::int64_t{how.partitions}}}};
    log_entry entry;
    entry.level = level;
    entry.msg = msg;
    entry.duration = runner.mono_now() - began;
    entry.failure = why;
    entry.fields = fields;
    log->write(entry);
  };
  const auto fail = [&](const error& why) {
    line(log_level::error, "topic_create_failed", &why, -1);
    return unexpected(why);
  };

  new_topic wanted;
  wanted.name = std::string(topic);
  wanted.partitions = how.partitions;
  wanted.replication_factor = how.replication_factor;
  wanted.configs = how.configs;
  wanted.configs.push_back(cleanup_policy(how.cleanup_policy));
  create_topics_options options;
  options.timeout = timeout;
  options.if_not_exists = true;
  admin asking(on);
  auto made = asking.create_topics({&wanted, 1}, options);
  if (!made) return fail(made.error());
  const created_topic& answer = made->front();
  if (answer.failure) return fail(answer.failure);
  ensured_topic out{answer.existed, answer.partitions};
  if (!answer.existed) {
    line(log_level::info, "topic_created", nullptr, out.partitions);
    return out;
  }
  // What is there decides; only who asked for a number is told that it is another one.
  if (how.partitions <= 0) return out;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - runner.mono_now());
  auto described = asking.describe_topics({&wanted.name, 1}, std::max(left, std::chrono::milliseconds(1)));
  if (!described || described->front().failure) {
    const error why = described ? described->front().failure : described.error();
    line(log_level::warning, "topic_exists_but_cannot_be_described", &why, -1);
    return out;
  }
  out.partitions = static_cast<std::int32_t>(described->front().partitions.size());
  if (out.partitions != how.partitions) {
    line(log_level::warning, "topic_has_another_number_of_partitions", nullptr, out.partitions);
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
