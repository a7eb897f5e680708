#include "phpfpm/status_page.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "phpfpm/process_list.h"

namespace phpfpm {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDescribedTextBytes = 80;
constexpr std::string_view kProcesses = "processes";
constexpr std::string_view kProcessManagers[] = {"static", "dynamic", "ondemand"};

bool set_pool(StatusPage& page, const Scalar& value) {
  const auto* name = std::get_if<std::string_view>(&value);
  if (name == nullptr) return false;
  page.pool = base::clean_text(*name, kMaxPoolNameBytes);
  return true;
}

bool set_process_manager(StatusPage& page, const Scalar& value) {
  const auto* word = std::get_if<std::string_view>(&value);
  if (word == nullptr) return false;
  const auto* known = std::ranges::find(kProcessManagers, *word);
  if (known == std::end(kProcessManagers)) return false;
  page.process_manager = *known;
  return true;
}

template <std::optional<std::uint64_t> StatusPage::*member>
bool set_page_number(StatusPage& page, const Scalar& value) {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr) return false;
  page.*member = *number;
  return true;
}

// A list that can be read is opened, not set.
bool set_no_list(StatusPage&, const Scalar&) {
  return false;
}

// Sets what the page says under one key; false for a value that cannot stand there.
struct PageRow {
  std::string_view key;
  bool (*set)(StatusPage& page, const Scalar& value);
  bool is_required = false;  // JSON without this key is no status page
};
constexpr std::array kPageRows{
    PageRow{"pool", set_pool, true},
    PageRow{"process manager", set_process_manager},
    PageRow{"start time", set_page_number<&StatusPage::start_time>},
    PageRow{"start since", set_page_number<&StatusPage::start_since>},
    PageRow{"accepted conn", set_page_number<&StatusPage::accepted_connections>},
    PageRow{"listen queue", set_page_number<&StatusPage::listen_queue>},
    PageRow{"max listen queue", set_page_number<&StatusPage::listen_queue_peak>},
    PageRow{"listen queue len", set_page_number<&StatusPage::listen_queue_limit>},
    PageRow{"idle processes", set_page_number<&StatusPage::idle_processes>, true},
    PageRow{"active processes", set_page_number<&StatusPage::active_processes>, true},
    PageRow{"total processes", set_page_number<&StatusPage::total_processes>},
    PageRow{"max active processes", set_page_number<&StatusPage::active_processes_peak>},
    PageRow{"max children reached", set_page_number<&StatusPage::max_children_reached>},
    PageRow{"slow requests", set_page_number<&StatusPage::slow_requests>},
    PageRow{"memory peak", set_page_number<&StatusPage::memory_peak_bytes>},
    PageRow{kProcesses, set_no_list},
};

// Takes the page token by token, as nlohmann's parser reads it (its interface for that is called
// SAX). No tree is built, so depth costs a bit a level, and what stands before a broken list has
// been taken when the parser stops at it.
class PageReader {
 public:
  explicit PageReader(Keep keep) : keep_(keep) {}

  // What the parser calls. False stops it.
  bool null() { return take({}); }
  bool boolean(bool) { return take({}); }
  bool number_integer(json::number_integer_t) { return take({}); }  // the negative ones
  bool number_unsigned(json::number_unsigned_t number) { return take(std::uint64_t{number}); }
  bool number_float(json::number_float_t number, const json::string_t&) { return take(number); }
  bool string(json::string_t& text) { return take(std::string_view(text)); }
  bool binary(json::binary_t&) { return take({}); }  // JSON has none
  bool key(json::string_t& key);
  bool start_object(std::size_t) { return open(Bracket::object); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Bracket::list); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    broken_at_ = position;
    return false;
  }

  // `is_whole`: the parser found no fault. The reason says nothing when the body is no object.
  base::Result<StatusPage> finish(bool is_whole) &&;

 private:
  enum class Bracket : std::uint8_t { object, list };
  enum class Place : std::uint8_t { outside, page, list, process };

  bool open(Bracket bracket);
  bool close();
  bool take(const Scalar& value);
  void set(const Scalar& value);
  std::string_view missing_key() const;

  const Keep keep_;
  Place place_ = Place::outside;
  std::size_t unread_depth_ = 0;  // brackets open inside a value that is not read
  std::string key_;
  StatusPage page_;
  std::bitset<kPageRows.size()> seen_;
  std::optional<ProcessList> list_;
  bool is_object_ = false;
  std::size_t broken_at_ = 0;  // byte of the body, from 1
};

bool PageReader::key(json::string_t& key) {
  if (unread_depth_ > 0) return true;
  // PHP-FPM ends the page with the list. What follows it comes from a client, out of a text that
  // was not escaped.
  if (place_ == Place::page && list_) list_->mark_broken();
  key_.swap(key);
  return true;
}

bool PageReader::open(Bracket bracket) {
  const bool is_read = unread_depth_ == 0;
  if (is_read && place_ == Place::outside) {
    place_ = Place::page;
    is_object_ = bracket == Bracket::object;
    return is_object_;
  }
  if (is_read && place_ == Place::page && key_ == kProcesses && bracket == Bracket::list &&
      !list_) {
    list_.emplace(keep_);
    place_ = Place::list;
    return true;
  }
  if (is_read && place_ == Place::list && bracket == Bracket::object) {
    list_->open_process();
    place_ = Place::process;
    return true;
  }
  take({});
  ++unread_depth_;
  return true;
}

bool PageReader::close() {
  if (unread_depth_ > 0) {
    --unread_depth_;
  } else if (place_ == Place::process) {
    list_->close_process();
    place_ = Place::list;
  } else {
    place_ = place_ == Place::list ? Place::page : Place::outside;
  }
  return true;
}

bool PageReader::take(const Scalar& value) {
  if (unread_depth_ > 0) return true;
  switch (place_) {
    case Place::outside:
      return false;
    case Place::page:
      set(value);
      return true;
    case Place::list:
      list_->mark_broken();
      return true;
    case Place::process:
      list_->set(key_, value);
      return true;
  }
  std::abort();
}

// Of a key that comes twice the first is believed.
void PageReader::set(const Scalar& value) {
  if (list_) return;
  const auto* row = std::ranges::find(kPageRows, key_, &PageRow::key);
  if (row == kPageRows.end()) return;
  const auto index = static_cast<std::size_t>(row - kPageRows.begin());
  if (seen_.test(index) || !row->set(page_, value)) ++page_.warnings;
  seen_.set(index);
}

// The first required key that the page lacks; empty when it has all.
std::string_view PageReader::missing_key() const {
  if (page_.pool.empty()) return kPageRows.front().key;  // a pool without a name is none
  for (std::size_t i = 0; i < kPageRows.size(); ++i) {
    if (kPageRows[i].is_required && !seen_.test(i)) return kPageRows[i].key;
  }
  return {};
}

base::Result<StatusPage> PageReader::finish(bool is_whole) && {
  if (!is_object_) return base::Unexpected{};
  if (!is_whole && !list_) {
    return base::Unexpected{"JSON that is broken at byte " + std::to_string(broken_at_)};
  }
  if (const std::string_view key = missing_key(); !key.empty()) {
    return base::Unexpected{"a JSON object without the key \"" + std::string(key) + '"'};
  }
  if (page_.process_manager.empty()) page_.process_manager = "unknown";
  if (list_) {
    if (!is_whole) list_->mark_broken();
    std::move(*list_).put_into(page_);
  }
  return std::move(page_);
}

// The first words of a text, up to where a query string or a page of another kind may begin.
std::string first_words(std::string_view text) {
  const std::string_view words = text.substr(0, text.find_first_of("?<{[\r\n"));
  const bool is_cut = words.size() > kMaxDescribedTextBytes;
  return base::clean_text(base::trim(words), kMaxDescribedTextBytes) + (is_cut ? "..." : "");
}

}  // namespace

std::string_view label(ProcessState state) {
  static constexpr std::array<std::string_view, kProcessStateCount> kLabels{
      "idle",   "running",  "finishing", "reading_headers", "getting_request_information",
      "ending", "creating", "other"};
  return kLabels[static_cast<std::size_t>(state)];
}

base::Result<StatusPage> parse_status_page(std::string_view body, Keep keep) {
  PageReader reader(keep);
  const bool is_whole = json::sax_parse(body.begin(), body.end(), &reader);
  auto page = std::move(reader).finish(is_whole);
  if (!page && page.error().empty()) return base::Unexpected{describe_body(body)};
  return page;
}

std::string describe_body(std::string_view body) {
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  if (body.empty()) return "an empty body";
  if (body.starts_with("<?xml")) return "XML";
  if (body.starts_with('<')) return "HTML";
  if (body.starts_with('{')) return "a JSON object";
  if (body.starts_with('[')) return "a JSON list";
  if (body.starts_with("pool:")) return "a status page as plain text";
  if (body.starts_with("# HELP") || body.starts_with("# TYPE")) return "a page of metrics";
  return "the text \"" + first_words(body) + '"';
}

}  // namespace phpfpm
