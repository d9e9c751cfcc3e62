// options: the command line, by CLI11.
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <map>

namespace example {

int parse(int argc, char** argv, options& into) {
  CLI::App app{"A service on Ottla: a producer, a consumer that retries and gives up, a consumer of dead letters"};
  app.footer(
      "Each processed message is one JSON line on standard output; the log goes to standard error.\n"
      "SIGINT or SIGTERM ends it cleanly.");
  app.add_option("--brokers", into.brokers, "HOST:PORT,... to begin with")->capture_default_str();
  app.add_option("--topic", into.topic, "What is written and read; dead letters go to TOPIC-dlq")
      ->capture_default_str();
  app.add_option("--group", into.group, "Of the consumer; dead letters are read as GROUP-dlq")->capture_default_str();
  app.add_option("--messages", into.messages, "How many to send")->capture_default_str();
  app.add_option("--temporary-rate", into.temporary_rate, "The share of messages that fail once or twice")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--poison-rate", into.poison_rate, "The share of messages that can never be handled")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--rate", into.rate, "Messages to send a second; 0: as fast as it goes")->capture_default_str();
  app.add_option("--seed", into.seed, "Decides which messages fail")->capture_default_str();
  app.add_option("--metrics-port", into.metrics_port, "/metrics; 0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--health-port", into.health_port, "/health, /livez, /readyz; 0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  const std::map<std::string, role> roles{
      {"all", role::all}, {"producer", role::producer}, {"consumer", role::consumer}, {"dlq", role::dlq}};
  app.add_option("--role", into.as, "all, producer, consumer or dlq")->transform(CLI::CheckedTransformer(roles));
  app.add_option("--max-seconds", into.max_seconds, "Ends by itself after that long; 0: runs on")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return -1;
}

}  // namespace example
