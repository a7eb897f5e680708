// A file that is changed while the exporter runs: what guards the pages may be made another, but
// not taken away by a mistake.
#include "app/web_access.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>

#include "http/tls_peer.h"
#include "support/temp_dir.h"

namespace app {
namespace {

using testing::HasSubstr;

const std::string kHash = "$2y$04$UNOJlHRO8WF0ykLJVIrmzeuSO3VvP7NhtVHsCGYQ53h8OwuKBGHWW";
const std::string kLogin = "basic_auth_users: {prometheus: '" + kHash + "'}\n";

class WebAccessTest : public testing::Test {
 protected:
  WebAccessTest() {
    const http::Identity identity = http::make_identity("DNS:localhost");
    folder_.write("cert.pem", identity.certificate_pem);
    folder_.write("key.pem", identity.key_pem);
  }

  // Empty when the file is taken as it is now.
  std::string problem_of(const std::string& text) {
    folder_.write("web.yaml", text);
    const auto access = access_.read();
    return access ? "" : access.error();
  }

  std::string tls(const std::string& client_auth_type) {
    return "tls_server_config: {cert_file: cert.pem, key_file: key.pem, client_ca_file: cert.pem, "
           "client_auth_type: " +
           client_auth_type + "}\n";
  }

  const support::TempDir folder_;
  WebAccess access_{folder_.file("web.yaml")};
};

TEST_F(WebAccessTest, LoginsMayBeAddedAndChangedButNotGivenUp) {
  EXPECT_EQ(problem_of(""), "");
  EXPECT_EQ(problem_of(kLogin), "");
  EXPECT_EQ(problem_of("basic_auth_users: {grafana: '" + kHash + "'}"), "");
  for (const char* text : {"", " \n", "# nothing", "basic_auth_users:", "basic_auth_users: {}"}) {
    EXPECT_THAT(problem_of(text),
                HasSubstr("no login would be asked for any more, which takes a restart"))
        << text;
  }
  EXPECT_EQ(problem_of(kLogin), "");
}

TEST_F(WebAccessTest, AFileThatIsCutInTheMiddleTakesNoLoginAway) {
  EXPECT_EQ(problem_of(tls("VerifyClientCertIfGiven") + kLogin), "");
  EXPECT_THAT(problem_of(tls("VerifyClientCertIfGiven")), HasSubstr("no login would be asked for"));
  EXPECT_THAT(problem_of(kLogin), HasSubstr("TLS would be switched off, which takes a restart"));
}

TEST_F(WebAccessTest, CertificatesOfClientsAreAskedForUntilARestart) {
  EXPECT_EQ(problem_of(tls("RequestClientCert")), "");
  EXPECT_EQ(problem_of(tls("RequireAnyClientCert")), "");
  EXPECT_THAT(problem_of(tls("RequestClientCert")), HasSubstr("no certificate would be asked"));
  EXPECT_EQ(problem_of(tls("RequireAndVerifyClientCert")), "");
  EXPECT_THAT(problem_of(tls("RequireAnyClientCert")), HasSubstr("would not be verified any more"));
}

// As an editor or a full disk may leave it: each line less is a file that could be meant so.
TEST_F(WebAccessTest, AFileThatLosesItsLastLinesLetsNoOtherClientsIn) {
  const std::string verified =
      "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"
      "  client_auth_type: RequireAndVerifyClientCert\n";
  const std::string by_authority = verified + "  client_ca_file: cert.pem\n";
  EXPECT_EQ(problem_of(by_authority + "  client_allowed_sans: [admin]\n"), "");
  EXPECT_EQ(problem_of(by_authority + "  client_allowed_sans: [admin, grafana]\n"), "");
  EXPECT_THAT(problem_of(by_authority), HasSubstr("good with any name, which takes a restart"));
  EXPECT_THAT(problem_of(verified), HasSubstr("good by any authority, which takes a restart"));
}

// Read twice, as it is when the files that it names are looked for, a pipe is empty: no login.
TEST_F(WebAccessTest, APipeIsNoFile) {
  ASSERT_EQ(::mkfifo(folder_.file("web.yaml").c_str(), 0600), 0);
  const auto access = access_.read();
  ASSERT_FALSE(access.has_value());
  EXPECT_THAT(access.error(), HasSubstr("web.yaml: is a pipe, a socket or a device"));
}

}  // namespace
}  // namespace app
