// What the whole table of files (testdata/web, checked with promtool end to end) leaves open: what
// comes out of a file, and how its problems are said.
#include "config/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "config/web_names.h"

namespace config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr const char* kHash = "$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu";

using FileTexts = std::map<std::string, std::string>;

WebConfigRead read(const FileTexts& files) {
  return read_web_config("/etc/web/web.yaml",
                         [&files](const std::string& path) -> base::Result<std::string> {
                           const auto found = files.find(path);
                           if (found == files.end()) return base::Unexpected{"No such file"};
                           return found->second;
                         });
}

WebConfigRead read(const std::string& text) {
  return read(FileTexts{{"/etc/web/web.yaml", text}});
}

std::string problems(const std::string& text) {
  const auto config = read(text).config;
  return config ? "" : config.error();
}

TEST(WebConfig, OfAnEmptyFileChangesNothing) {
  const auto made = read("");
  ASSERT_TRUE(made.config);
  EXPECT_FALSE(made.config->tls);
  EXPECT_TRUE(made.config->users.empty() && made.config->headers.empty());
  EXPECT_EQ(made.config->rate_interval, base::Duration::zero());
  EXPECT_THAT(made.files, ElementsAre("/etc/web/web.yaml"));
}

TEST(WebConfig, ReadsFilesFromTheFolderOfItsOwn) {
  const auto made = read(FileTexts{{"/etc/web/web.yaml",
                                    "tls_server_config: {cert_file: c.pem, key_file: /k.pem, cert: "
                                    "x, client_ca: inline, client_auth_type: RequestClientCert}"},
                                   {"/etc/web/c.pem", "the certificate"},
                                   {"/k.pem", "the key"}});
  ASSERT_TRUE(made.config) << made.config.error();
  EXPECT_EQ(made.config->tls->cert, "the certificate") << "a file goes before a text";
  EXPECT_EQ(made.config->tls->key, "the key");
  EXPECT_EQ(made.config->tls->client_ca, "inline");
  EXPECT_THAT(made.files, ElementsAre("/etc/web/web.yaml", "/etc/web/c.pem", "/k.pem"));
}

// A certificate that comes later mends it.
TEST(WebConfig, NamesTheFilesOfABadOneToo) {
  const auto made = read("tls_server_config: {cert_file: c.pem, key_file: k.pem}");
  ASSERT_FALSE(made.config);
  EXPECT_EQ(made.config.error(),
            "/etc/web/web.yaml:1: /tls_server_config/cert_file: cannot read \"/etc/web/c.pem\": No "
            "such file\n"
            "/etc/web/web.yaml:1: /tls_server_config/key_file: cannot read \"/etc/web/k.pem\": No "
            "such file");
  EXPECT_THAT(made.files, ElementsAre("/etc/web/web.yaml", "/etc/web/c.pem", "/etc/web/k.pem"));
}

TEST(WebConfig, ReadsWhatTheToolkitReads) {
  const auto made = read(std::string("http_server_config: {http2: no, headers: {X-XSS-Protection: "
                                     "1}}\nrate_limit: {interval: 1m30s, burst: 20}\n"
                                     "basic_auth_users: {5: ") +
                         kHash + "}");
  ASSERT_TRUE(made.config) << made.config.error();
  EXPECT_FALSE(made.config->http2);
  EXPECT_THAT(made.config->headers, ElementsAre(Pair("X-XSS-Protection", "1")));
  EXPECT_THAT(made.config->users, ElementsAre(Pair("5", kHash)));
  EXPECT_EQ(made.config->rate_interval, std::chrono::seconds(90));
  EXPECT_EQ(made.config->rate_burst, 20U);
}

TEST(WebConfig, SaysWhereAndWhatToDo) {
  EXPECT_EQ(problems("tls_server_config:\n  cert_filse: x\n"),
            "/etc/web/web.yaml:2: /tls_server_config/cert_filse: unknown key; did you mean "
            "cert_file?");
  EXPECT_THAT(problems("basic_auth_users: {alice: secret}"),
              AllOf(HasSubstr("/basic_auth_users/alice: is no bcrypt hash"), HasSubstr("htpasswd"),
                    Not(HasSubstr("secret"))));
  EXPECT_THAT(problems("alice:$2y$10$secret\n"),
              AllOf(HasSubstr("must be a mapping"), Not(HasSubstr("secret"))));
  EXPECT_THAT(problems("basic_auth_users: alice:$2y$10$secret\n"),
              AllOf(HasSubstr("must be a mapping of users"), Not(HasSubstr("secret"))));
  for (const char* pasted :
       {"'alice:$2y$10$secret'", "'alice:$2y$10$secret': x",
        "'alice:$2y$10$secret':", "basic_auth_users: {'alice:$2y$10$secret'}",
        "basic_auth_users: {'alice:$2y$10$secret': x, 'alice:$2y$10$secret': x}",
        "a: &a {'alice:$2y$10$x/secret': {b: *a}}",
        "basic_auth_users: {'alice:$2y$10$secret': secret}"}) {
    EXPECT_THAT(problems(pasted), AllOf(Not(testing::IsEmpty()), Not(HasSubstr("secret"))))
        << pasted;
  }
  EXPECT_THAT(problems(std::string("basic_auth_users: {'alice:smith': ") + kHash + "}"),
              HasSubstr("/basic_auth_users/alice:smith: a user with a colon cannot log in"));
  EXPECT_THAT(problems("http_server_config: {headers: {Server: x}}"),
              HasSubstr("Content-Security-Policy"));
  EXPECT_THAT(problems("http_server_config: {headers: {Content-Security-Policy: \"a\\nb\"}}"),
              HasSubstr("line break"));
}

TEST(WebConfig, ThatCannotBeReadIsNamedAsItsFlag) {
  const auto made = read(FileTexts{});
  ASSERT_FALSE(made.config);
  EXPECT_EQ(made.config.error(), "--web.config.file=/etc/web/web.yaml: No such file");
}

TEST(WebConfig, ACaOfClientsIsOfUseOnlyWhereACertificateIsAskedFor) {
  const std::string tls = "tls_server_config: {cert: c, key: k, client_ca: ca";
  EXPECT_EQ(problems(tls + ", client_auth_type: VerifyClientCertIfGiven}"), "");
  for (const char* none : {"}", ", client_auth_type: \"\"}", ", client_auth_type: NoClientCert}"}) {
    EXPECT_THAT(problems(tls + none), HasSubstr("has a client_ca but asks for no certificate"))
        << none;
  }
}

TEST(WebConfig, BoundsTheNamesThatAClientMayHave) {
  const auto with_names = [](std::size_t count) {
    std::string text = "tls_server_config: {cert: c, key: k, client_allowed_sans: [";
    for (std::size_t i = 0; i < count; ++i) text += "n" + std::to_string(i) + ",";
    return problems(text + "]}");
  };
  EXPECT_EQ(with_names(kMaxAllowedSans), "");
  EXPECT_THAT(with_names(kMaxAllowedSans + 1), HasSubstr("has 1001 names; write at most 1000"));
}

TEST(Bcrypt, IsBoundedSinceEachStepDoublesTheTime) {
  std::string hash = kHash;
  EXPECT_EQ(bcrypt_problem(hash), "");
  hash.replace(4, 2, "14");
  EXPECT_EQ(bcrypt_problem(hash), "");
  hash.replace(4, 2, "15");
  EXPECT_EQ(bcrypt_problem(hash), "has the bcrypt cost 15; use one from 4 to 14, such as 10");
  for (std::size_t size = 0; size < hash.size(); ++size) {
    EXPECT_NE(bcrypt_problem(std::string_view(kHash).substr(0, size)), "") << size;
  }
}

TEST(WebNames, AreUniqueAndThoseOfTls13HaveNoName) {
  std::map<std::string_view, int> seen;
  for (const CipherName& name : cipher_names()) {
    EXPECT_EQ(++seen[name.go], 1) << name.go;
    const bool is_tls13 = name.go.find("_WITH_") == std::string_view::npos;
    EXPECT_EQ(name.openssl.empty(), is_tls13) << name.go;
  }
}

}  // namespace
}  // namespace config
