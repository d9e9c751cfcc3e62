// A member of the consumer protocol (KIP-848), scripted: what its heartbeats say, and what it makes of the answers.
#include "scripted_group.hpp"

namespace ottla::test {
namespace {

using strings = std::vector<std::string>;
using partitions = std::vector<topic_partition>;

class heartbeats : public scripted_group {};

TEST_F(heartbeats, say_everything_on_joining_and_later_only_what_is_new) {
  cluster on = open();
  consumer_config with = by_broker();
  with.remote_assignor = "uniform";
  consumer in(on, with);
  read(in, 11s);
  ASSERT_GE(beats.size(), 4u);
  const said& join = beats[0];
  EXPECT_EQ(join.epoch, 0);
  EXPECT_EQ(join.member.size(), 22u);
  EXPECT_EQ(join.topics, strings{"orders"});
  EXPECT_EQ(join.pattern, "");
  EXPECT_EQ(join.assignor, "uniform");
  EXPECT_EQ(join.rebalance_timeout, 300'000);
  EXPECT_EQ(join.owned, partitions{});
  EXPECT_EQ(beats[1].owned, (partitions{{"orders", 0}})) << "at once: it has what it was given";
  EXPECT_EQ(beats[1].epoch, 1);
  EXPECT_FALSE(beats[1].topics || beats[1].pattern || beats[1].assignor || beats[1].rebalance_timeout != -1);
  EXPECT_LT(beats[1].at - beats[0].at, 100ms);
  EXPECT_TRUE(beats[2].is_bare());
  EXPECT_GE(beats[2].at - beats[1].at, 5s) << "at the interval that the coordinator says";
  EXPECT_TRUE(beats[3].is_bare());
}

TEST_F(heartbeats, say_everything_again_after_one_that_may_not_have_been_heard) {
  int lost = 0;
  on_beat = [&](const said& what, told&, call& from) {
    from.hang_up = (what.epoch == 0 && beats.size() == 1) || (what.epoch == 1 && what.is_bare() && lost++ == 0);
  };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 12s);
  ASSERT_GE(beats.size(), 5u);
  EXPECT_EQ(beats[1].epoch, 0) << "the join, again";
  EXPECT_EQ(beats[1].member, beats[0].member) << "which makes no second member (KIP-1082)";
  EXPECT_TRUE(beats[1].is_full());
  EXPECT_TRUE(beats[3].is_bare());
  EXPECT_TRUE(beats[4].is_full());
  EXPECT_EQ(beats[4].epoch, 1);
  EXPECT_EQ(beats[4].owned, (partitions{{"orders", 0}}));
  EXPECT_EQ(events, (strings{"+orders-0", "owns orders-0", "owns orders-0"})) << "nothing was lost by it";
}

TEST_F(heartbeats, C_48_what_is_revoked_is_given_up_before_that_is_acknowledged) {
  on_beat = [&](const said& what, told& answer, call&) {
    if (what.epoch == 0) answer.assignment = {{"orders", 0}, {"orders", 1}};
    if (what.epoch == 1 && what.is_bare()) answer.assignment = {{"orders", 0}};
    if (what.owned == partitions{{"orders", 0}}) {
      answer.epoch = 2;
      answer.assignment = {{"orders", 0}, {"orders", 2}};
    }
  };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 8s);
  EXPECT_EQ(events, (strings{"+orders-0", "+orders-1", "owns orders-0 orders-1", "-orders-1", "owns orders-0",
                             "+orders-2", "owns orders-0 orders-2"}));
  EXPECT_EQ(in.membership().generation, 2);
}

TEST_F(heartbeats, C_48_what_was_taken_back_before_the_caller_took_it_is_acknowledged_without_a_word_to_the_caller) {
  on_beat = [&](const said& what, told& answer, call&) {
    if (what.epoch == 1 && beats.size() == 2) answer.assignment = partitions{};
  };
  cluster on = open();
  consumer in(on, by_broker());
  host->run_for(6s);  // nobody polls: the task to take orders-0 waits
  ASSERT_GE(beats.size(), 2u);
  EXPECT_TRUE(beats[1].is_bare()) << "what waits to be taken is neither owned nor given back";
  read(in, 1s);
  EXPECT_EQ(events, (strings{"owns"}));
  EXPECT_TRUE(in.assignment().empty());
}

TEST_F(heartbeats, C_48_what_the_caller_is_at_counts_as_taken) {
  // orders-0 is given; while on_assigned runs the coordinator wants it back, and an answer is lost, so that everything
  // is said again: orders-0 must be among it.
  on_commit = [](call& from) {
    from.hold = 12s;  // as long as the handler lasts
    return error_code::none;
  };
  bool dropped = false;
  on_beat = [&](const said& what, told& answer, call& from) {
    if (what.epoch == 1 && what.is_bare() && !std::exchange(dropped, true)) from.hang_up = true;
    if (what.epoch == 1 && dropped) answer.assignment = partitions{};
  };
  cluster on = open();
  consumer_config with = by_broker();
  with.on_assigned = [&](consumer& in, std::span<const topic_partition> which) {
    if (which.empty()) return;
    events.push_back("begins");
    (void)in.commit({{which.front(), 1}}, 12s);
    events.push_back("ends");
  };
  consumer in(on, with);
  read(in, 20s);
  const auto begins = std::find(events.begin(), events.end(), "begins");
  const auto ends = std::find(events.begin(), events.end(), "ends");
  ASSERT_TRUE(begins != events.end() && ends != events.end());
  EXPECT_GT(std::count(begins, ends, "owns orders-0"), 0);
  EXPECT_EQ(std::count(begins, ends, "owns"), 0) << "it would be given to another while the caller takes it";
  EXPECT_NE(std::find(ends, events.end(), "-orders-0"), events.end());
  EXPECT_NE(std::find(ends, events.end(), "owns"), events.end());
}

TEST_F(heartbeats, C_48_partitions_whose_topic_has_no_name_yet_wait_for_it_and_drop_nothing) {
  add_topic("late", 1, 9);
  const scripted_topic late = acts->topics["late"];
  retired[late.id] = "late";
  acts->topics.erase("late");
  on_beat = [&](const said& what, told& answer, call&) {
    if (what.epoch == 0) answer.assignment = {{"orders", 0}, {"late", 0}};
  };
  cluster on = open();
  consumer_config with = by_broker();
  with.topics.clear();
  with.topic_pattern = "^[lo]";
  consumer in(on, with);
  read(in, 3s);
  EXPECT_EQ(in.assignment(), (partitions{{"orders", 0}}));
  acts->topics["late"] = late;
  read(in, 3s);
  EXPECT_EQ(in.assignment(), (partitions{{"late", 0}, {"orders", 0}}));
  EXPECT_EQ(events, (strings{"+orders-0", "owns orders-0", "+late-0", "owns orders-0 late-0"}));
}

TEST_F(heartbeats, C_48_a_fenced_member_loses_all_and_joins_as_the_same_one) {
  for (const error_code code :
       {error_code::fenced_member_epoch, error_code::unknown_member_id, error_code::group_id_not_found}) {
    beats.clear();
    events.clear();
    on_beat = [&](const said& what, told& answer, call&) {
      if (what.is_bare()) answer.error = code;
    };
    cluster on = open();
    consumer in(on, by_broker());
    read(in, 7s);
    ASSERT_GE(beats.size(), 4u) << protocol::name(code);
    EXPECT_EQ(events, (strings{"+orders-0", "owns orders-0", "!orders-0", "+orders-0", "owns orders-0"}))
        << protocol::name(code);
    EXPECT_EQ(beats[3].epoch, 0);
    EXPECT_EQ(beats[3].member, beats[0].member);
    EXPECT_TRUE(beats[3].is_full());
    EXPECT_EQ(beats[3].owned, partitions{});
  }
}

TEST_F(heartbeats, stop_while_a_fenced_member_waits_for_its_caller) {
  on_beat = [&](const said& what, told& answer, call&) {
    if (what.is_bare()) answer.error = error_code::fenced_member_epoch;
  };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 4s);
  host->run_for(60s);
  EXPECT_EQ(beats.size(), 3u);
  read(in, 1s);
  ASSERT_GT(beats.size(), 3u);
  EXPECT_EQ(beats[3].epoch, 0);
}

TEST_F(heartbeats, C_48_tell_that_a_member_leaves_for_good_or_as_a_static_one_for_a_while) {
  for (const char* instance : {"", "one"}) {
    beats.clear();
    cluster on = open();
    consumer_config with = by_broker();
    with.group_instance_id = instance;
    consumer in(on, with);
    read(in, 1s);
    EXPECT_TRUE(in.close(5s).has_value());
    EXPECT_EQ(beats.back().epoch, *instance == 0 ? -1 : -2);
    EXPECT_EQ(beats.back().member, beats.front().member);
    EXPECT_EQ(beats.back().instance.value_or(""), instance);
    EXPECT_TRUE(beats.back().is_bare());
  }
}

TEST_F(heartbeats, tell_of_leaving_also_when_the_answer_to_the_join_has_not_come) {
  on_beat = [&](const said& what, told&, call& from) {
    if (what.epoch == 0) from.hold = 3s;
  };
  cluster on = open();
  consumer in(on, by_broker());
  host->run_for(1s);
  ASSERT_EQ(beats.size(), 1u);
  EXPECT_TRUE(in.close(5s).has_value());
  ASSERT_EQ(beats.size(), 2u);
  EXPECT_EQ(beats[1].epoch, -1);
  EXPECT_EQ(beats[1].member, beats[0].member);
}

TEST_F(heartbeats, whose_answer_comes_after_the_member_left_changes_nothing) {
  on_beat = [&](const said& what, told& answer, call& from) {
    if (what.epoch == 1 && what.is_bare()) {
      from.hold = 3s;
      answer.epoch = 7;
    }
  };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 5500ms);  // the third is under way
  ASSERT_TRUE(in.unsubscribe().has_value());
  ASSERT_TRUE(in.subscribe({"orders"}).has_value());
  read(in, 5s);
  ASSERT_GE(beats.size(), 5u);
  EXPECT_EQ(beats[3].epoch, -1);
  EXPECT_EQ(beats[4].epoch, 0) << "neither 7 nor -1";
  EXPECT_EQ(in.assignment(), (partitions{{"orders", 0}}));
}

TEST_F(heartbeats, come_no_faster_than_ten_a_second_whatever_the_coordinator_says) {
  on_beat = [&](const said&, told& answer, call&) { answer.interval_ms = 1; };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 10s);
  EXPECT_LE(beats.size(), 105u);
  EXPECT_GE(beats.size(), 90u);
}

TEST_F(heartbeats, tell_a_pattern_once_and_that_there_is_none_any_more) {
  cluster on = open();
  consumer_config with = by_broker();
  with.topics.clear();
  with.topic_pattern = "^orders";
  consumer in(on, with);
  read(in, 6s);
  EXPECT_EQ(beats[0].pattern, "^orders.*");
  EXPECT_EQ(beats[0].topics, strings{});
  EXPECT_TRUE(beats.back().is_bare());
  const std::size_t before = beats.size();
  ASSERT_TRUE(in.subscribe({"orders"}).has_value());
  read(in, 1s);
  ASSERT_GT(beats.size(), before);
  EXPECT_EQ(beats[before].pattern, "");
  EXPECT_EQ(beats[before].topics, strings{"orders"});
  EXPECT_EQ(beats[before].epoch, 1) << "without joining anew";
  EXPECT_FALSE(beats[before].owned);
}

TEST_F(heartbeats, C_40_a_commit_of_a_stale_epoch_goes_again_with_the_one_that_a_heartbeat_tells) {
  std::int32_t epoch = 1;
  on_beat = [&](const said&, told& answer, call&) { answer.epoch = epoch; };
  on_commit = [&](call&) { return committed_as.back() == epoch ? error_code::none : error_code::stale_member_epoch; };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 1s);
  epoch = 2;  // the coordinator has moved on; our next heartbeat would be due in four seconds
  const steady_ns before = host->now().mono;
  const auto stored = in.commit({{{"orders", 0}, 3}}, 2s);
  EXPECT_TRUE(stored.has_value()) << stored.error().message();
  EXPECT_EQ(committed_as, (std::vector<std::int32_t>{1, 2}));
  EXPECT_LT(host->now().mono - before, 500ms);
  EXPECT_EQ(events, (strings{"+orders-0", "owns orders-0"}));
}

TEST_F(heartbeats, C_40_a_commit_of_a_member_that_was_thrown_out_fails_and_all_is_lost) {
  on_commit = [&](call&) { return error_code::unknown_member_id; };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 1s);
  const auto stored = in.commit({{{"orders", 0}, 3}}, 2s);
  ASSERT_FALSE(stored.has_value());
  EXPECT_TRUE(stored.error().is(error_code::unknown_member_id)) << stored.error().message();
  read(in, 1s);
  EXPECT_EQ(events, (strings{"+orders-0", "owns orders-0", "!orders-0", "+orders-0", "owns orders-0"}));
}

TEST_F(heartbeats, where_to_begin_is_asked_as_a_member_and_asked_again_when_its_epoch_is_stale) {
  int refused = 0;
  on_committed = [&] { return refused++ == 0 ? error_code::stale_member_epoch : error_code::none; };
  append({"orders", 0}, 10);
  cluster on = open();
  consumer_config with = by_broker();
  with.start = earliest;
  consumer in(on, with);
  EXPECT_EQ(read(in, 3s).size(), 10u);
  ASSERT_EQ(fetched_as.size(), 2u);
  EXPECT_EQ(fetched_as[0], std::pair(beats[0].member, 1));
  EXPECT_TRUE(errors.empty());
}

TEST_F(heartbeats, that_are_refused_say_what_to_do) {
  const std::pair<error_code, std::string> advice[] = {
      {error_code::unsupported_assignor, "group.remote.assignor"},
      {error_code::invalid_regular_expression, "RE2"},
      {error_code::group_max_size_reached, "group.consumer.max.size"},
      {error_code::group_id_not_found, "group.protocol=classic"},
      {error_code::unsupported_version, "group.protocol=classic"},
      {error_code::group_authorization_failed, "ConsumerGroupHeartbeat of group billing"},
      {error_code::invalid_request, "ConsumerGroupHeartbeat of group billing"},
  };
  for (const auto& [code, words] : advice) {
    failure = {};
    on_beat = [code = code](const said&, told& answer, call&) { answer.error = code; };
    cluster on = open();
    consumer in(on, by_broker());
    read(in, 2s);
    EXPECT_TRUE(failure.is(code)) << failure.message();
    EXPECT_NE(failure.message().find(words), std::string::npos) << failure.message();
    on_beat = {};
    read(in, 3s);
    EXPECT_EQ(in.assignment().size(), 1u) << "the poll after that tries again: " << protocol::name(code);
  }
}

TEST_F(heartbeats, that_brokers_do_not_know_say_which_protocol_to_use) {
  acts->handlers.erase(Beat::api_key);
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 2s);
  EXPECT_TRUE(failure.is(client_code::unsupported_version)) << failure.message();
  EXPECT_NE(failure.message().find("group.protocol=classic"), std::string::npos) << failure.message();
}

TEST_F(heartbeats, of_the_first_version_go_on_with_the_id_that_the_coordinator_chose) {
  acts->limit(Beat::api_key, 0);
  on_beat = [](const said&, told& answer, call&) { answer.member = "chosen"; };
  cluster on = open();
  consumer in(on, by_broker());
  read(in, 1s);
  ASSERT_EQ(beats.size(), 2u);
  EXPECT_FALSE(beats[0].pattern);
  EXPECT_EQ(beats[1].member, "chosen");
  EXPECT_EQ(in.membership().member_id, "chosen");
}

}  // namespace
}  // namespace ottla::test
