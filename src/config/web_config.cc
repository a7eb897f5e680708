#include "config/web_config.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"
#include "config/document.h"
#include "config/rules.h"
#include "config/types.h"
#include "config/web_names.h"
#include "config/wording.h"

namespace config {
namespace {

constexpr std::int64_t kMostBurst = 1'000'000'000;
constexpr std::size_t kMaxHeaders = 16;

// A name out of a table of Go's.
template <typename Names>
Type<std::string> name_of(Names names) {
  Choices<std::string> choices;
  for (const auto& name : names) choices.emplace_back(name.go, name.go);
  return choice(std::move(choices));
}

Type<bool> truth() {
  return choice<bool>({{"true", true}, {"false", false}});
}

Type<TlsVersion> tls_version() {
  return choice<TlsVersion>({{"TLS13", TlsVersion::tls13},
                             {"TLS12", TlsVersion::tls12},
                             {"TLS11", TlsVersion::tls11},
                             {"TLS10", TlsVersion::tls10}});
}

Type<ClientCertificate> client_certificate() {
  return choice<ClientCertificate>(
      {{"NoClientCert", ClientCertificate::none},
       {"RequestClientCert", ClientCertificate::request},
       {"RequireAnyClientCert", ClientCertificate::require_any},
       {"RequireClientCert", ClientCertificate::require_any},
       {"VerifyClientCertIfGiven", ClientCertificate::verify_if_given},
       {"RequireAndVerifyClientCert", ClientCertificate::require_and_verify}});
}

std::string sans_problem(const std::vector<std::string>& sans) {
  if (sans.size() <= kMaxAllowedSans) return "";
  return "has " + std::to_string(sans.size()) + " names; write at most " +
         std::to_string(kMaxAllowedSans);
}

// A key without a value is as good as none, as the toolkit reads it; but it must be a key.
template <typename S>
std::vector<Field<S>> may_lack_values(std::vector<Field<S>> rows) {
  for (Field<S>& row : rows) {
    row.read = [read = std::move(row.read)](const Json& json, const Place& place, S& s) {
      if (!json.is_null()) read(json, place, s);
    };
  }
  return rows;
}

const std::vector<Field<WebTls>>& tls_rows() {
  const Type<std::string> pem = text("a text in PEM");
  const Type<std::string> file = text("the path of a file in PEM");
  static const auto rows = may_lack_values<WebTls>({
      field<WebTls>("cert", &WebTls::cert, pem, "the certificate, and those that lead to its root"),
      field<WebTls>("cert_file", &WebTls::cert_file, file, "a file with them"),
      field<WebTls>("key", &WebTls::key, pem, "its private key"),
      field<WebTls>("key_file", &WebTls::key_file, file, "a file with it"),
      field<WebTls>("client_ca", &WebTls::client_ca, pem, "who may sign clients' certificates"),
      field<WebTls>("client_ca_file", &WebTls::client_ca_file, file, "a file with them"),
      field<WebTls>("client_auth_type", &WebTls::client_auth_type, optional(client_certificate()),
                    "what is asked of clients' certificates"),
      field<WebTls>("client_allowed_sans", &WebTls::client_allowed_sans,
                    checked<std::vector<std::string>>(list_of(text("a name"), "a list of names"),
                                                      sans_problem),
                    "a client's certificate must have one of these names"),
      field<WebTls>("min_version", &WebTls::min_version, tls_version(), "the oldest TLS"),
      field<WebTls>("max_version", &WebTls::max_version, tls_version(), "the newest TLS"),
      field<WebTls>("cipher_suites", &WebTls::cipher_suites,
                    list_of(name_of(cipher_names()), "a list of cipher suites"), "up to TLS 1.2"),
      field<WebTls>("curve_preferences", &WebTls::curve_preferences,
                    list_of(name_of(curve_names()), "a list of curves"), "best first"),
      field<WebTls>("prefer_server_cipher_suites", &WebTls::prefer_server_cipher_suites, truth(),
                    "our order goes before the client's"),
  });
  return rows;
}

// The toolkit's closed list.
std::string header_problem(const std::string& name, const std::string& value) {
  struct Header {
    std::string_view name;
    std::vector<std::string> values;  // none: any
  };
  static const std::vector<Header> headers{{"Content-Security-Policy", {}},
                                           {"Strict-Transport-Security", {}},
                                           {"X-Content-Type-Options", {"nosniff"}},
                                           {"X-Frame-Options", {"deny", "sameorigin"}},
                                           {"X-XSS-Protection", {}}};
  const auto found = std::ranges::find(headers, name, &Header::name);
  if (found == headers.end()) {
    std::vector<std::string> known;
    known.reserve(headers.size());
    for (const Header& header : headers) known.emplace_back(header.name);
    return "this header cannot be set" + suggestion(name, known);
  }
  if (found->values.empty() || std::ranges::find(found->values, value) != found->values.end()) {
    const bool has_control = std::ranges::any_of(
        value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    return has_control ? "has a line break or another control character; remove it" : "";
  }
  return "must be one of: " + joined(found->values) + ", not " + in_quotes(value);
}

// RFC 7617, section 2: the first colon of what a client sends ends the user.
std::string user_problem(const std::string& user, const std::string& hash) {
  if (user.find(':') != std::string::npos) {
    return "a user with a colon cannot log in; choose a name without one";
  }
  return bcrypt_problem(hash);
}

const std::vector<Field<WebConfig>>& web_config_rows() {
  static const auto rows = may_lack_values<WebConfig>({
      field<WebConfig>(
          "tls_server_config", [](auto& config) -> auto& { return config.tls; },
          optional(object<WebTls>(tls_rows())), "TLS"),
      group<WebConfig>(
          "http_server_config",
          may_lack_values<WebConfig>(
              {field<WebConfig>("http2", &WebConfig::http2, truth(), "taken, and never offered"),
               field<WebConfig>(
                   "headers", &WebConfig::headers,
                   text_pairs("a mapping of headers to values", kMaxHeaders, header_problem),
                   "of every answer")}),
          "HTTP"),
      field<WebConfig>("basic_auth_users", &WebConfig::users,
                       text_pairs("a mapping of users to bcrypt hashes", kMaxUsers, user_problem),
                       "who may log in"),
      group<WebConfig>(
          "rate_limit",
          may_lack_values<WebConfig>(
              {field<WebConfig>("interval", &WebConfig::rate_interval,
                                duration({base::Duration::zero(), kMostWait}), "one request each"),
               field<WebConfig>("burst", &WebConfig::rate_burst,
                                whole<std::uint64_t>(0, kMostBurst), "more at once")}),
          "a limit"),
  });
  return rows;
}

// The toolkit reads YAML 1.1 into typed fields: a number is a text where a text is wanted, and
// there are more words for true and false. Here all of that becomes text first.
Json as_the_toolkit_reads(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (!value.is_object()) return value;
  Json read = Json::object();
  for (const auto& item : value.items()) read[item.key()] = as_the_toolkit_reads(item.value());
  return read;
}

void numbers_to_texts(Json& mapping) {
  if (!mapping.is_object()) return;
  for (Json& value : mapping) {
    if (value.is_number()) value = value.dump();
  }
}

// Of a mapping whose keys are the user's own, where a key without a value has an empty one.
void values_to_texts(Json& mapping) {
  numbers_to_texts(mapping);
  if (!mapping.is_object()) return;
  for (Json& value : mapping) {
    if (value.is_null()) value = "";
  }
}

void words_to_truths(Json& mapping, const char* key) {
  if (!mapping.is_object() || !mapping.contains(key) || !mapping[key].is_string()) return;
  constexpr std::string_view kYes[] = {"y",  "Y",  "yes", "Yes",  "YES",
                                       "on", "On", "ON",  "True", "TRUE"};
  constexpr std::string_view kNo[] = {"n",   "N",   "no",  "No",    "NO",
                                      "off", "Off", "OFF", "False", "FALSE"};
  const std::string word = mapping[key];
  if (std::ranges::find(kYes, word) != std::end(kYes)) mapping[key] = "true";
  if (std::ranges::find(kNo, word) != std::end(kNo)) mapping[key] = "false";
}

// In place of a mapping stands what was pasted there, "alice:$2y$10$...": no problem repeats it.
void hide_text(Json& in_place_of_mapping) {
  if (in_place_of_mapping.is_string()) in_place_of_mapping = "a text";
}

Json normalized(const Json& root) {
  Json read = as_the_toolkit_reads(root);
  hide_text(read);
  if (!read.is_object()) return read;
  if (read.contains("tls_server_config")) {
    Json& tls = read["tls_server_config"];
    numbers_to_texts(tls);
    words_to_truths(tls, "prefer_server_cipher_suites");
    if (tls.is_object() && tls.contains("client_auth_type") && tls["client_auth_type"] == "") {
      tls.erase("client_auth_type");
    }
  }
  if (read.contains("http_server_config")) {
    Json& http = read["http_server_config"];
    words_to_truths(http, "http2");
    if (http.is_object() && http.contains("headers")) values_to_texts(http["headers"]);
  }
  if (read.contains("basic_auth_users")) values_to_texts(read["basic_auth_users"]);
  for (Json& section : read) hide_text(section);
  return read;
}

struct Files {
  std::filesystem::path folder;
  const FileReader& read;
};

// The text behind `file`, which becomes a path that leads there from anywhere.
void load_pem(std::string_view key, std::string& file, std::string& text, const Files& files,
              const Place& place) {
  if (file.empty()) return;
  file = (files.folder / file).string();
  auto read = files.read(file);
  if (!read) return place.key(key).problem("cannot read " + in_quotes(file) + ": " + read.error());
  text = *read;
}

bool is_used(const WebTls& tls) {
  const bool names_nothing = tls.cert.empty() && tls.cert_file.empty() && tls.key.empty() &&
                             tls.key_file.empty() && tls.client_ca.empty() &&
                             tls.client_ca_file.empty() && !tls.client_auth_type;
  return !names_nothing;
}

void check_tls(WebTls& tls, const Files& files, const Place& place) {
  if (tls.cert.empty() && tls.cert_file.empty()) place.problem("needs cert_file, or cert");
  if (tls.key.empty() && tls.key_file.empty()) place.problem("needs key_file, or key");
  const bool has_client_ca = !tls.client_ca.empty() || !tls.client_ca_file.empty();
  const bool asks =
      tls.client_auth_type.value_or(ClientCertificate::none) != ClientCertificate::none;
  if (has_client_ca && !asks) {
    place.problem(
        "has a client_ca but asks for no certificate; write client_auth_type: "
        "RequireAndVerifyClientCert, or leave out client_ca");
  }
  // The toolkit takes this, and then no client gets in.
  if (tls.min_version > tls.max_version) place.problem("min_version is above max_version");
  load_pem("cert_file", tls.cert_file, tls.cert, files, place);
  load_pem("key_file", tls.key_file, tls.key, files, place);
  load_pem("client_ca_file", tls.client_ca_file, tls.client_ca, files, place);
}

WebConfig decode(const std::string& path, const FileReader& read_file, Problems& problems) {
  WebConfig config;
  const auto text = read_file(path);
  if (!text) {
    problems.add(0, "--web.config.file=" + path, text.error());
    return config;
  }
  const Document document = parse_document(path, *text, problems);
  const Place place(problems, path, document.lines);
  read_fields(web_config_rows(), normalized(*document.root), place, config);
  if (config.tls && !is_used(*config.tls)) config.tls.reset();
  if (config.tls) {
    const Files files{std::filesystem::path(path).parent_path(), read_file};
    check_tls(*config.tls, files, place.key("tls_server_config"));
  }
  return config;
}

}  // namespace

WebConfigRead read_web_config(const std::string& path, const FileReader& read_file) {
  Problems problems;
  WebConfig config = decode(path, read_file, problems);
  std::vector<std::string> files{path};
  if (config.tls) {
    for (const auto* file :
         {&config.tls->cert_file, &config.tls->key_file, &config.tls->client_ca_file}) {
      if (!file->empty()) files.push_back(*file);
    }
  }
  if (!problems.empty()) return {base::Unexpected{problems.text()}, std::move(files)};
  return {std::move(config), std::move(files)};
}

// "$2y$10$", 22 characters of salt and 31 of hash. The letter after the 2 may be missing.
std::string bcrypt_problem(std::string_view hash) {
  constexpr std::string_view kAdvice =
      "is no bcrypt hash; make one with: htpasswd -nBC 10 \"\" | tr -d ':\\n'";
  const auto is_hash_letter = [&](char c) {
    return base::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '/';
  };
  if (!hash.starts_with("$2")) return std::string(kAdvice);
  hash.remove_prefix(2);
  if (!hash.empty() && hash.front() != '$') hash.remove_prefix(1);
  const bool is_whole = hash.size() == 57 && hash[0] == '$' && base::is_digit(hash[1]) &&
                        base::is_digit(hash[2]) && hash[3] == '$' &&
                        std::ranges::all_of(hash.substr(4), is_hash_letter);
  if (!is_whole) return std::string(kAdvice);
  const int cost = 10 * (hash[1] - '0') + (hash[2] - '0');
  if (cost >= 4 && cost <= kMaxBcryptCost) return "";
  return "has the bcrypt cost " + std::to_string(cost) + "; use one from 4 to " +
         std::to_string(kMaxBcryptCost) + ", such as 10";
}

}  // namespace config
