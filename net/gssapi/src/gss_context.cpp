// gss_context: names, credentials and tokens in the words of RFC 2743, with two of MIT's own for keytabs.
#include "gss_context.hpp"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <array>
#include <memory>

namespace ottla {
inline namespace v0 {
namespace {

// Kerberos 5, 1.2.840.113554.1.2.2.
gss_OID_desc kerberos{9, const_cast<char*>("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")};
constexpr OM_uint32 kdc_unreachable = 0x96c73a9c;  // KRB5_KDC_UNREACH as the minor status shows it

gss_buffer_desc buffer_of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

std::string take(gss_buffer_desc& buffer) {
  std::string out(static_cast<const char*>(buffer.value), buffer.value == nullptr ? 0 : buffer.length);
  OM_uint32 ignored = 0;
  gss_release_buffer(&ignored, &buffer);
  return out;
}

std::string words_of(OM_uint32 status, int kind) {
  OM_uint32 more = 0, minor = 0;
  std::string out;
  do {
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    if (GSS_ERROR(gss_display_status(&minor, status, kind, &kerberos, &more, &text))) break;
    const std::string line = take(text);
    if (!out.empty() && !line.empty()) out += ", ";
    out += line;
  } while (more != 0);
  return out;
}

gss_outcome failed(std::string what, OM_uint32 major, OM_uint32 minor) {
  gss_outcome out;
  const std::string detail = minor == 0 ? "" : words_of(minor, GSS_C_MECH_CODE);
  out.failure = std::move(what) + ": " + (detail.empty() ? words_of(major, GSS_C_GSS_CODE) : detail);
  out.soon = minor == kdc_unreachable;
  return out;
}

}  // namespace

struct gss_context::handles {
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t broker = GSS_C_NO_NAME;
  gss_name_t own = GSS_C_NO_NAME;
  gss_cred_id_t credentials = GSS_C_NO_CREDENTIAL;

  handles() = default;
  handles(const handles&) = delete;
  handles& operator=(const handles&) = delete;
  ~handles() {
    OM_uint32 ignored = 0;
    gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
    gss_release_name(&ignored, &broker);
    gss_release_name(&ignored, &own);
    gss_release_cred(&ignored, &credentials);
  }
};

gss_context::gss_context(kerberos_config config, std::string host, std::string cache)
    : config_(std::move(config)),
      host_(std::move(host)),
      cache_(std::move(cache)),
      handles_(std::make_unique<handles>()) {}
gss_context::~gss_context() = default;

gss_outcome gss_context::acquire() {
  OM_uint32 minor = 0;
  gss_buffer_desc text = buffer_of("");
  const std::string broker = config_.service_name + "@" + host_;
  text = buffer_of(broker);
  OM_uint32 major = gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &handles_->broker);
  if (GSS_ERROR(major)) return failed("the broker's name " + broker + " is none for Kerberos", major, minor);
  if (config_.principal.empty() && config_.keytab.empty()) return {};  // whatever the system has
  if (!config_.principal.empty()) {
    text = buffer_of(config_.principal);
    major = gss_import_name(&minor, &text, GSS_C_NT_USER_NAME, &handles_->own);
    if (GSS_ERROR(major)) return failed("the principal " + config_.principal + " is no name", major, minor);
  }
  std::array<gss_key_value_element_desc, 2> elements{
      {{"client_keytab", config_.keytab.c_str()}, {"ccache", cache_.c_str()}}};
  const gss_key_value_set_desc store{static_cast<OM_uint32>(elements.size()), elements.data()};
  gss_OID_set_desc mechanisms{1, &kerberos};
  major = gss_acquire_cred_from(&minor, handles_->own, GSS_C_INDEFINITE, &mechanisms, GSS_C_INITIATE,
                                config_.keytab.empty() ? GSS_C_NO_CRED_STORE : &store, &handles_->credentials, nullptr,
                                nullptr);
  if (GSS_ERROR(major))
    return failed(config_.keytab.empty() ? "there is no ticket for us"
                                         : "there is no ticket for us by the keytab " + config_.keytab,
                  major, minor);
  return {};
}

gss_outcome gss_context::advance(std::string_view token) {
  if (handles_->broker == GSS_C_NO_NAME) {
    if (gss_outcome got = acquire(); got.failure) return got;
  }
  OM_uint32 minor = 0;
  gss_buffer_desc in = buffer_of(token), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      gss_init_sec_context(&minor, handles_->credentials, &handles_->context, handles_->broker, &kerberos,
                           GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG | GSS_C_SEQUENCE_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS,
                           token.empty() ? GSS_C_NO_BUFFER : &in, nullptr, &out, nullptr, nullptr);
  gss_outcome told;
  told.bytes = take(out);
  if (GSS_ERROR(major))
    return failed("Kerberos gives no ticket for " + config_.service_name + "@" + host_, major, minor);
  established_ = (major & GSS_S_CONTINUE_NEEDED) == 0;
  return told;
}

//     offer:  a bit for each layer (1: none, 2: integrity, 4: confidentiality), and 3 bytes: the largest message
//     answer: 1 and 0 0 0; behind it would stand whom we act for
gss_outcome gss_context::choose_no_layer(std::string_view offer) {
  OM_uint32 minor = 0;
  gss_buffer_desc in = buffer_of(offer), out = GSS_C_EMPTY_BUFFER;
  OM_uint32 major = gss_unwrap(&minor, handles_->context, &in, &out, nullptr, nullptr);
  if (GSS_ERROR(major)) return failed("the broker's offer of security layers cannot be read", major, minor);
  const std::string layers = take(out);
  gss_outcome told;
  if (layers.size() != 4 || (static_cast<unsigned char>(layers[0]) & 1) == 0) {
    told.failure = "the broker wants a security layer of Kerberos, which Kafka does not have";
    return told;
  }
  in = buffer_of(std::string_view("\1\0\0\0", 4));
  major = gss_wrap(&minor, handles_->context, 0, GSS_C_QOP_DEFAULT, &in, nullptr, &out);
  if (GSS_ERROR(major)) return failed("the choice of no security layer cannot be signed", major, minor);
  told.bytes = take(out);
  return told;
}

}  // namespace v0
}  // namespace ottla
