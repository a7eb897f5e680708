#include "web/probe_page.h"

#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "exposition/writer.h"
#include "metrics/probe_page.h"
#include "probe/wording.h"
#include "web/accept.h"
#include "web/compress.h"

namespace web {
namespace {

int status_of(ProbeResult::End end) {
  switch (end) {
    case ProbeResult::End::probed:
      return 200;
    case ProbeResult::End::bad_request:
      return 400;
    case ProbeResult::End::not_allowed:
      return 403;
    case ProbeResult::End::unknown_target:
      return 404;
    case ProbeResult::End::unavailable:
      return 503;
  }
  std::abort();  // -Wswitch keeps the list complete
}

http::Answer refusal(int status, const std::string& problem) {
  http::Answer answer = http::text_answer(status, problem + ".\n");
  if (status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

base::Chunks metrics_of(const Services& services, const ProbeResult& result,
                        exposition::Format format) {
  exposition::ChunkSink sink;
  metrics::write_probe_page({.report = result.report,
                             .address = result.address,
                             .max_children = result.max_children,
                             .detail = services.detail,
                             .now = base::Clock::now()},
                            format, sink);
  return sink.take_chunks();
}

http::Answer answer_for(const Services& services, const http::Request& request,
                        const ProbeQuery& query, const ProbeResult& result) {
  if (result.end != ProbeResult::End::probed) return refusal(status_of(result.end), result.problem);
  http::Answer answer;
  base::Chunks chunks;
  if (query.debug) {
    std::string text;
    for (const std::string& chunk : metrics_of(services, result, exposition::Format::text_0_0_4)) {
      text += chunk;
    }
    answer.headers = {{"X-Content-Type-Options", "nosniff"}};
    chunks.push_back(probe_story(query, result, text));
  } else {
    const exposition::Format format = choose_format(request.accept);
    answer.content_type = exposition::content_type(format);
    chunks = metrics_of(services, result, format);
  }
  answer.body = std::make_shared<const base::Chunks>(std::move(chunks));
  compress_if_accepted(answer, request);
  if (query.debug) return answer;
  for (auto& [name, value] : answer.headers) {
    if (name == "Vary") value = "Accept, Accept-Encoding";
  }
  return answer;
}

void tell_records(std::string& story, const probe::CheckReport& check) {
  for (const probe::ConversationLine& line :
       probe::describe(check.conversation, check.answer_shown)) {
    story += (line.is_sent ? "  sent     " : "  received ") + line.text + "\n";
  }
}

void tell_check(std::string& story, const probe::CheckReport& check) {
  const probe::OutcomeInfo& info = probe::info(check.verdict.outcome);
  story += "\nCheck " + check.check + (check.decides ? "" : " (does not decide the success)") +
           (check.at_status_address ? ", at the status address" : "") + "\n";
  if (check.is_joined) {
    story +=
        "  An exchange was under way at this address already, and this probe waited for it instead "
        "of adding another; its records are not shown.\n";
  }
  if (check.attempt.address.size != 0) {
    story += "  address " + base::text(check.attempt.address) + "\n";
  }
  tell_records(story, check);
  story += "  phases";
  for (std::size_t i = 0; i < probe::kPhaseCount; ++i) {
    story += " " + std::string(probe::label(static_cast<probe::Phase>(i))) + "=" +
             probe::readable(check.attempt.phases[i]);
  }
  story += "\n  verdict " + std::string(probe::label(check.verdict.outcome)) + " (" +
           std::string(probe::label(check.verdict.outcome_class)) +
           (check.verdict.dead ? ", dead" : "") + "): " + std::string(info.sentence) + "\n";
  if (!check.verdict.detail.empty()) story += "  " + check.verdict.detail + "\n";
}

}  // namespace

std::string probe_story(const ProbeQuery& query, const ProbeResult& result,
                        const std::string& metrics) {
  const probe::OneShotReport& report = result.report;
  std::string story = "Probe of " + base::clean_text(query.target, 256) + " (" +
                      result.address.text() + ") with the module " + result.module + "\n";
  story += std::string(probe::is_success(report) ? "Success" : "Failure") + " after " +
           probe::readable(report.elapsed) + ", of " + probe::readable(report.limit) + " at most\n";
  for (const probe::CheckReport& check : report.checks) tell_check(story, check);
  for (const std::string& name : report.not_asked) {
    story += "\nCheck " + name + "\n  not asked: nobody answers, or the time was over\n";
  }
  story += "\nMetrics that would have been returned:\n\n" + metrics;
  story += "\nThe module:\n\n" + result.module_yaml;
  return story;
}

void answer_probe(const std::shared_ptr<const Services>& services, const http::Request& request,
                  http::Reply reply) {
  base::Result<ProbeQuery> query = read_probe_query(request);
  if (!query) return reply(refusal(400, query.error()));
  http::Request head;
  head.accept = request.accept;
  head.accept_encoding = request.accept_encoding;
  services->probe(*query, [services, head = std::move(head), query = *query,
                           reply = std::move(reply)](const ProbeResult& result) {
    reply(answer_for(*services, head, query, result));
  });
}

}  // namespace web
