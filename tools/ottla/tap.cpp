// ottla tap: mounts the proxy and the reader of captures.
#include <CLI/App.hpp>

#include "command.hpp"
#include "failure.hpp"
#include "listen_address.hpp"
#include "options.hpp"
#include "ottla/tap/run_tap.hpp"

namespace ottla_tool {
namespace {

class tap_command : public runner {
 public:
  explicit tap_command(CLI::App& options) {
    text_option(options, "--listen", listen_,
                "Where clients connect; further brokers get the ports behind it; port 0 picks")
        ->type_name("HOST:PORT");
    text_option(options, "--upstream", upstream_, "A broker of the real cluster")->type_name("HOST:PORT");
    text_option(options, "--pcap", file_, "Read a capture (pcap or pcapng) instead")->type_name("FILE");
    number_option(options, "--port", port_,
                  "With --pcap: where brokers listen (default: what speaks Kafka is looked for)", 1, 65535);
    options.add_flag("--records", records_, "Decode record batches too");
  }

  int run(const globals& with) override { return file_ ? run_capture(with) : run_proxy(with); }

 private:
  static ottla::tap::line_form form(const globals& with) {
    return with.json() ? ottla::tap::line_form::json : ottla::tap::line_form::text;
  }

  int run_capture(const globals& with) {
    if (listen_ || upstream_)
      return report_usage(with, "tap", "--pcap reads a file: it goes with neither --listen nor --upstream");
    ottla::tap::run_capture_options how;
    how.file = *file_;
    if (port_) how.port = static_cast<std::uint16_t>(*port_);
    how.form = form(with);
    how.one_document = with.output == output_form::json;
    how.records = records_;
    how.quiet = with.quiet;
    return ottla::tap::run_capture(how);
  }

  int run_proxy(const globals& with) {
    if (port_) return report_usage(with, "tap", "--port says which port in a capture is Kafka's: it goes with --pcap");
    if (!listen_ || !upstream_) return report_usage(with, "tap", "--listen and --upstream are needed, or --pcap");
    listen_address from, to;
    if (const int status = read_listen_option(with, "tap", *listen_, from); status != 0) return status;
    if (!parse_listen_address(*upstream_, to) || to.port == 0 || upstream_->front() == ':')
      return report_usage(with, "tap", "--upstream: '" + *upstream_ + "' is not HOST:PORT");
    ottla::tap::run_tap_options how;
    how.listen = {from.host, from.port};
    how.upstream = {to.host, to.port};
    how.form = form(with);
    how.one_document = with.output == output_form::json;
    how.records = records_;
    if (with.timeout) how.connect_timeout = std::chrono::ceil<std::chrono::milliseconds>(*with.timeout);
    return ottla::tap::run_tap(how);
  }

  std::optional<std::string> listen_, upstream_, file_;
  std::optional<std::int64_t> port_;
  bool records_ = false;
};

}  // namespace

std::unique_ptr<runner> declare_tap(CLI::App& options) { return std::make_unique<tap_command>(options); }

}  // namespace ottla_tool
