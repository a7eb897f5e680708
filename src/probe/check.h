// One question we put to a FastCGI responder, and how we read the answer. Pure: builds and judges
// values; never sees a socket or a clock. Immutable after construction, so any thread may use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "exposition/script_output.h"
#include "fastcgi/encode.h"
#include "fastcgi/response_reader.h"
#include "phpfpm/status_page.h"
#include "probe/outcome.h"

namespace probe {

inline constexpr std::size_t kMaxDetailBytes = 512;
inline constexpr std::size_t kMaxExpectedTextBytes = 4 << 10;  // a text or pattern to look for
inline constexpr std::size_t kMaxSearchedBytes = 64 << 10;     // of a body, by a regex
inline constexpr int kMaxRegexSteps = 500;  // of its program; a body decides what they cost

// How a whole answer is judged. At most one of the body conditions is set.
struct Expectation {
  enum class Body : std::uint8_t { contains, equals, regex, not_contains, not_regex, any_answer };
  Body body = Body::contains;
  std::string text = "pong";  // unused for any_answer, which any status and exit status pass, too
  int min_status = 200;
  int max_status = 299;

  bool operator==(const Expectation&) const = default;
};

// What a status check asks of the list of processes.
enum class ProcessDetails : std::uint8_t { off, aggregate, per_process };

// What the configuration says about a check. One struct for all kinds; a kind reads what it knows.
struct CheckSettings {
  std::string name = "ping";  // the label `check`
  std::string kind = "ping";  // a row of check_kinds()
  std::string path = {};      // empty: default_path() of the kind
  Expectation expect;
  fastcgi::Params params = {};  // the module's own parameters: they replace or add to the defaults
  std::string server_name = "localhost";
  std::string server_port = "0";
  base::Duration interval{0};                            // its own; 0: the module's
  ProcessDetails process_details = ProcessDetails::off;  // of kind status
  std::vector<std::string> reserved_labels = {};  // of kind script: labels that the target brings

  bool operator==(const CheckSettings&) const = default;
};

// What the judge says of one probe.
struct Verdict {
  Outcome outcome = Outcome::pass;
  OutcomeClass outcome_class = OutcomeClass::pass;
  bool dead = false;
  std::string detail;  // for people: this case, not the general sentence; cleaned and bounded
  // Readings; null unless the check's kind brings them and this answer did.
  std::shared_ptr<const phpfpm::StatusPage> status_page = nullptr;
  std::shared_ptr<const exposition::ScriptOutput> script_output = nullptr;
};

// Class and dead as the outcome's row says; the detail is cleaned and bounded here.
Verdict make_verdict(Outcome outcome, std::string_view detail = {});

class Check {
 public:
  explicit Check(std::string request) : request_(std::move(request)) {}
  virtual ~Check() = default;
  // From fastcgi::encode_request: the same bytes for every probe.
  const std::string& request() const { return request_; }
  // Of a whole answer with protocol status request_complete only: judge() deals with the rest.
  virtual Verdict judge_response(const fastcgi::Response& response) const = 0;
  // Of an answer that was too large to be read to its end: what came, headers included. Nothing
  // where that is not all that is asked for.
  virtual std::optional<Verdict> judge_beginning(std::string_view) const { return std::nullopt; }

 private:
  const std::string request_;
};

struct CheckKind {
  std::string_view name;
  std::string_view help;  // one line for the config reference
  fastcgi::Params (*params)(const CheckSettings& settings);
  // With the request that these parameters make. Fails e.g. for a bad regex.
  base::Result<std::unique_ptr<const Check>> (*make)(const CheckSettings& settings,
                                                     std::string request);
  std::string_view default_path = {};  // what PHP-FPM's own example says; empty: there is none
  bool may_decide = true;              // health, when the module requires it
  bool answers_at_once = true;         // once a worker takes it; false: it may be slow by nature
  base::Duration default_interval{0};  // of a kind with an interval of its own; else 0
  // Its answer is the pool's status page, of which there is one: so it may be asked at the target's
  // status address, and a module has one such check.
  bool may_ask_status_address = false;
  bool answer_is_private = false;  // it names what the pool's clients ask for
};

// Every kind of check. To add one: one file, and one row in check_kinds.cc.
const std::vector<CheckKind>& check_kinds();
// A word that is no kind is a programmer's mistake and throws: make_check() is there to find out.
const CheckKind& kind_of(std::string_view kind);
const CheckKind& kind_of(const CheckSettings& settings);
// Empty for a kind without one, and for a word that is no kind.
std::string_view default_path(std::string_view kind);
// What is asked: the defaults of the kind with the settings' own parameters laid over them. Of a
// kind that there is.
fastcgi::Params params_of(const CheckSettings& settings);
// The reason names the key that is wrong, e.g. "expect.regex: ...".
base::Result<std::unique_ptr<const Check>> make_check(const CheckSettings& settings);

// The default parameter set for a script name, before a module's own parameters are laid over it.
// Works with every responder tried: php-fpm, php-cgi, fcgiwrap, libfcgi, Go, uWSGI.
fastcgi::Params default_params(const CheckSettings& settings, std::string_view query_string);

// The default set for a path that a query may follow after '?', and the settings' own parameters
// laid over it.
fastcgi::Params params_for_path(const CheckSettings& settings);

// `own` over `defaults`: a name that is already there keeps its one place and gets the new value,
// others are added.
fastcgi::Params lay_over(fastcgi::Params defaults, const fastcgi::Params& own);

}  // namespace probe
