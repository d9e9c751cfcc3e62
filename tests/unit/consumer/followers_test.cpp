// Reading from a follower in the reader's own rack, and from the leader again when that comes to an end (KIP-392).
#include "scripted.hpp"

namespace ottla::test {
namespace {

class followers : public scripted {
 protected:
  followers() {
    append(orders_0, 30);
    // Node 2 (index 1) is the follower in rack r2; the leader sends there who says that rack.
    on_partition = [this](const topic_partition&, FetchResponse::PartitionData& data, call& from) {
      if (from.node == 0 && fetches.back().rack == "r2") {
        data.preferred_read_replica = broker_id{named};
        data.records = bytes_view{};
      }
      if (from.node == 1 && at_follower) at_follower(data, from);
    };
  }

  consumer_config config(std::string rack = "r2") {
    consumer_config out;
    out.partitions = {{"orders", 0, at_offset(0)}};
    out.reset = offset_reset::none;
    out.rack = std::move(rack);
    return out;
  }

  /// Who was asked since, the same one in a row once: "leader", "leader without a rack", "follower".
  std::vector<std::string> asked_since(std::size_t first) const {
    std::vector<std::string> out;
    for (std::size_t i = first; i < fetches.size(); ++i) {
      std::string whom = fetches[i].node == 1      ? "follower"
                         : fetches[i].rack.empty() ? "leader without a rack"
                                                   : "leader";
      if (out.empty() || out.back() != whom) out.push_back(std::move(whom));
    }
    return out;
  }
  using names = std::vector<std::string>;

  std::int32_t named = 2;
  std::function<void(FetchResponse::PartitionData&, call&)> at_follower;
};

TEST_F(followers, C_36_the_one_that_the_leader_names_is_read_from_until_its_word_is_old) {
  cluster on = open();
  consumer in(on, config());
  EXPECT_EQ(read(in, 1s), texts(0, 30));
  EXPECT_EQ(asked_since(0), (names{"leader", "follower"}));
  EXPECT_LE(fetches.size(), 5u);
  const std::size_t before = fetches.size();
  append(orders_0, 10);
  EXPECT_EQ(read(in, 290s), texts(30, 40));
  EXPECT_EQ(asked_since(before), (names{"follower"}));
  const std::size_t lease_end = fetches.size();
  EXPECT_TRUE(read(in, 20s).empty());
  EXPECT_EQ(asked_since(lease_end), (names{"follower", "leader", "follower"})) << "after metadata_max_age";
  append(orders_0, 10);
  EXPECT_EQ(read(in, 1s), texts(40, 50));
  EXPECT_TRUE(errors.empty());
}

TEST_F(followers, C_31_one_that_lacks_what_is_asked_for_is_left_for_its_leader_without_a_reset) {
  at_follower = [](FetchResponse::PartitionData& data, call&) {
    data.error_code = error_code::offset_out_of_range;
    data.records = bytes_view{};
  };
  cluster on = open();
  consumer in(on, config());
  EXPECT_EQ(read(in, 5s), texts(0, 30));
  EXPECT_EQ(asked_since(0), (names{"leader", "follower", "leader without a rack"}));
  EXPECT_TRUE(errors.empty()) << errors[0].why.message();
  EXPECT_TRUE(epochs_asked.empty());
  at_follower = {};
  const std::size_t before = fetches.size();
  append(orders_0, 10);
  EXPECT_EQ(read(in, 40s), texts(30, 40));
  EXPECT_EQ(asked_since(before), (names{"leader without a rack", "leader", "follower"})) << "half a minute later";
}

TEST_F(followers, C_36_one_that_has_died_is_left_for_its_leader_and_tried_now_and_then) {
  at_follower = [](FetchResponse::PartitionData&, call& from) { from.hang_up = true; };
  cluster on = open();
  consumer in(on, config());
  EXPECT_EQ(read(in, 100s), texts(0, 30));
  EXPECT_EQ(asked_since(0),
            (names{"leader", "follower", "leader without a rack", "leader", "follower", "leader without a rack",
                   "leader", "follower", "leader without a rack", "leader", "follower", "leader without a rack"}));
  EXPECT_LT(fetches.size(), 230u) << "a long poll each, 500 ms";
}

TEST_F(followers, C_36_one_that_metadata_does_not_list_has_it_asked_anew_while_the_leader_serves) {
  named = 9;
  cluster on = open();
  consumer in(on, config());
  const int asked = acts->metadata_asked;
  EXPECT_EQ(read(in, 5s), texts(0, 30));
  EXPECT_EQ(asked_since(0), (names{"leader", "leader without a rack"}));
  EXPECT_GT(acts->metadata_asked, asked + 1);
}

TEST_F(followers, a_new_leader_is_asked_whom_it_names) {
  epoch_end = 30;
  cluster on = open();
  consumer in(on, config());
  EXPECT_EQ(read(in, 1s), texts(0, 30));
  const std::size_t before = fetches.size();
  acts->topics["orders"].partitions[0] = {.leader = 1, .epoch = 1};
  std::map<std::size_t, std::int32_t> told;  // by node, as sessions remember it
  on_partition = [this, &told, serve = on_partition](const auto& where, auto& data, call& from) {
    serve(where, data, from);
    if (!fetches.back().parts.empty()) told[from.node] = fetches.back().parts[0].leader_epoch;
    if (told[from.node] == 1) return;
    data.error_code = error_code::fenced_leader_epoch;
    data.records = bytes_view{};
  };
  append(orders_0, 10, 10, 1);
  EXPECT_EQ(read(in, 3s), texts(30, 40));
  EXPECT_TRUE(errors.empty()) << errors[0].why.message();
  EXPECT_EQ(asked_since(before).back(), "leader without a rack");
}

TEST_F(followers, nobody_is_followed_who_was_not_asked_for) {
  on_partition = [](const topic_partition&, FetchResponse::PartitionData& data, call&) {
    data.preferred_read_replica = broker_id{2};
  };
  cluster on = open();
  consumer in(on, config(""));
  EXPECT_EQ(read(in, 5s), texts(0, 30));
  EXPECT_EQ(asked_since(0), (names{"leader without a rack"}));
}

TEST_F(followers, brokers_of_an_age_without_racks_serve_as_ever) {
  acts->limit(protocol::api_key::fetch, 10);
  cluster on = open();
  consumer in(on, config());
  EXPECT_EQ(read(in, 2s), texts(0, 30));
  EXPECT_EQ(fetches.back().node, 0u);
}

}  // namespace
}  // namespace ottla::test
