// exporters: what a scraper and an orchestrator get.
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

#include "../../support/child_process.hpp"
#include "ottla/service/health_server.hpp"
#include "ottla/service/metrics_server.hpp"
#include "ottla/service/system_time.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

const http_address any_port{.host = "127.0.0.1", .port = 0};

struct got {
  int status = 0;
  std::string type, body;
};
got get(int port, const std::string& path) {
  httplib::Client client("127.0.0.1", port);
  auto answer = client.Get(path);
  return answer ? got{answer->status, answer->get_header_value("Content-Type"), answer->body} : got{};
}

TEST(metrics_server, shows_the_snapshot_as_prometheus_reads_it) {
  memory_metrics counted(system_time().mono, {.service = "example_service", .buckets = {0.1, 1}});
  const topic_id orders = counted.topic("or\"ders");
  counted.processed(orders, message_status::error, 50ms);
  counted.processed(orders, message_status::success, 2s);
  metrics_server server({[&](steady_ns now) { return counted.snapshot(now); }}, {.listen = any_port});
  ASSERT_TRUE(server.start());
  const got page = get(server.port(), "/metrics");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.type, "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"# TYPE example_service_messages_processed_total counter\n",
        "example_service_messages_processed_total{topic=\"or\\\"ders\",status=\"error\"} 1\n",
        "# TYPE example_service_message_processing_duration_seconds histogram\n",
        "example_service_message_processing_duration_seconds_bucket{topic=\"or\\\"ders\",le=\"0.1\"} 1\n",
        "example_service_message_processing_duration_seconds_bucket{topic=\"or\\\"ders\",le=\"+Inf\"} 2\n",
        "example_service_message_processing_duration_seconds_count{topic=\"or\\\"ders\"} 2\n",
        "# TYPE example_service_active_consumers gauge\n"}) {
    EXPECT_NE(page.body.find(line), std::string::npos) << line << page.body;
  }
}

TEST(metrics_server, answers_that_it_failed_where_a_source_throws_and_goes_on) {
  std::atomic<int> asked{0};
  const metric_source source = [&](steady_ns) -> std::vector<metric_family> {
    if (++asked == 1) throw std::runtime_error("no figures now");
    return {};
  };
  metrics_server server({source}, {.listen = any_port});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(get(server.port(), "/metrics").status, 500);
  EXPECT_EQ(get(server.port(), "/metrics").status, 200);
}

TEST(metrics_server, goes_on_when_the_child_of_a_fork_lets_go_of_it) {
  std::optional<metrics_server> server(std::in_place, std::vector<metric_source>{},
                                       metrics_server_config{.listen = any_port});
  ASSERT_TRUE(server->start());
  const pid_t child = ::fork();
  if (child == 0) {
    server.reset();
    ::_exit(0);
  }
  EXPECT_EQ(test::status_of(child), 0);
  EXPECT_EQ(get(server->port(), "/metrics").status, 200);
}

TEST(metrics_server, merges_families_of_one_name_and_asks_every_source_each_time) {
  std::atomic<int> asked{0};
  const metric_source source = [&](steady_ns) {
    metric_sample sample;
    sample.labels = {{"n", std::to_string(++asked)}};
    return std::vector<metric_family>{{"x_total", "help", metric_kind::counter, {sample}}};
  };
  metrics_server server({source, source}, {.listen = any_port, .path = "/other"});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(get(server.port(), "/metrics").status, 404);
  const std::string body = get(server.port(), "/other").body;
  EXPECT_EQ(body.find("# TYPE x_total"), body.rfind("# TYPE x_total"));
  EXPECT_NE(body.find("x_total{n=\"2\"}"), std::string::npos) << body;
  EXPECT_NE(get(server.port(), "/other").body.find("x_total{n=\"3\"}"), std::string::npos);
}

TEST(health_server, answers_each_question_with_200_or_503_and_the_document) {
  health_registry registry;
  std::atomic<bool> well{true};
  ASSERT_TRUE(registry.add("kafka", [&](std::chrono::milliseconds) -> result<void> {
    if (well) return {};
    return error(client_code::broker_unreachable, {});
  }));
  ASSERT_TRUE(registry.add(
      "loop", [](std::chrono::milliseconds) { return result<void>(); }, health_scope::liveness));
  health_server server(registry, {.listen = any_port});
  ASSERT_TRUE(server.start());
  got page = get(server.port(), "/health");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.type, "application/json");
  EXPECT_TRUE(page.body.starts_with(R"({"status":"up","checks":[{"name":"kafka","status":"up")")) << page.body;
  well = false;
  page = get(server.port(), "/health");
  EXPECT_EQ(page.status, 503);
  EXPECT_NE(page.body.find("BROKER_UNREACHABLE"), std::string::npos);
  EXPECT_EQ(get(server.port(), "/readyz").status, 503);
  EXPECT_EQ(get(server.port(), "/livez").status, 200);  // a dependency is no reason for a restart
  EXPECT_EQ(get(server.port(), "/").status, 404);
  well = true;
  EXPECT_EQ(get(server.port(), "/readyz").status, 200);
}

TEST(health_server, answers_in_time_though_a_check_hangs) {
  std::promise<void> let_go;
  auto gate = let_go.get_future().share();
  health_registry registry;
  ASSERT_TRUE(registry.add("stuck", [gate](std::chrono::milliseconds) { return gate.wait(), result<void>(); }));
  health_server server(registry, {.listen = any_port, .timeout = 20ms});
  ASSERT_TRUE(server.start());
  const got page = get(server.port(), "/health");
  EXPECT_EQ(page.status, 503);
  EXPECT_NE(page.body.find("did not answer within 20 ms"), std::string::npos) << page.body;
  let_go.set_value();
}

TEST(health_server, refuses_paths_that_cannot_be_told_apart) {
  health_registry registry;
  EXPECT_EQ(health_server(registry, {.listen = any_port, .live_path = "/health"}).start().error().context().detail,
            "the path /health is there twice");
  EXPECT_EQ(health_server(registry, {.listen = any_port, .path = "health"}).start().error().context().detail,
            "the path \"health\" does not begin with /");
}

TEST(servers, do_nothing_when_not_enabled_and_have_the_documents_defaults) {
  health_registry registry;
  health_server health(registry, {.enabled = false});
  EXPECT_TRUE(health.start());
  EXPECT_EQ(health.port(), 0);
  metrics_server metrics({}, {.enabled = false});
  EXPECT_TRUE(metrics.start());
  EXPECT_EQ(metrics.port(), 0);
  EXPECT_TRUE(health_server_config{}.enabled);
  EXPECT_EQ(health_server_config{}.path, "/health");
  EXPECT_EQ(health_server_config{}.listen.port, 8081);
  EXPECT_TRUE(metrics_server_config{}.enabled);
  EXPECT_EQ(metrics_server_config{}.path, "/metrics");
  EXPECT_EQ(metrics_server_config{}.listen.port, 8080);
}

TEST(servers, have_their_pages_where_they_are_told) {
  health_registry registry;
  health_server health(registry, {.listen = any_port, .path = "/well"});
  ASSERT_TRUE(health.start());
  EXPECT_EQ(get(health.port(), "/well").status, 200);
  EXPECT_EQ(get(health.port(), "/health").status, 404);
  metrics_server metrics({}, {.listen = any_port, .path = "/figures"});
  ASSERT_TRUE(metrics.start());
  EXPECT_EQ(get(metrics.port(), "/figures").status, 200);
  EXPECT_EQ(get(metrics.port(), "/metrics").status, 404);
}

TEST(http_server, says_when_its_port_is_taken) {
  http_server first, second;
  ASSERT_TRUE(first.start(any_port));
  const auto taken = second.start({.host = "127.0.0.1", .port = first.port()});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().context().detail, "the address is in use, or not one of this machine");
  EXPECT_TRUE(first.start(any_port).error().is(client_code::invalid_argument));
  EXPECT_TRUE(second.start({.port = 65'536}).error().is(client_code::invalid_config));
}

TEST(http_server, takes_a_path_as_it_stands) {
  http_server server;
  server.get("/a.b", [] { return http_reply{.body = "here"}; });
  ASSERT_TRUE(server.start(any_port));
  EXPECT_EQ(get(server.port(), "/a.b").body, "here");
  EXPECT_EQ(get(server.port(), "/axb").status, 404);
}

TEST(http_server, stops_while_it_is_asked) {
  http_server server;
  server.get("/", [] { return http_reply{.body = "x"}; });
  ASSERT_TRUE(server.start(any_port));
  const int port = server.port();
  std::atomic<bool> end{false};
  std::thread asker([&] {
    while (!end) (void)get(port, "/");
  });
  server.stop();
  server.stop();
  EXPECT_EQ(server.port(), 0);
  end = true;
  asker.join();
}

}  // namespace
}  // namespace ottla
