// Every recorded answer of a real responder means what captures.tsv says, however it is cut.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <vector>

#include "fastcgi/protocol.h"
#include "reading.h"

namespace fastcgi {
namespace {

// Above this size every position would take minutes; then the neighbourhood of all record borders,
// where a reader changes its state, and a stride over the rest.
constexpr std::size_t kEveryCutBelowBytes = 16 << 10;
constexpr std::size_t kStrideBytes = 997;

struct Capture {
  std::string name;
  std::uint16_t request_id = 0;
  std::string line;  // of the table, whole
  std::string outcome;
  std::size_t answer_bytes = 0;  // with END_REQUEST's last byte; 0 when no answer is whole
  std::string bytes;
};

std::string contents(const std::string& file) {
  std::ifstream in(std::string(TEST_DATA_DIR "/") + file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Capture> captures() {
  std::vector<Capture> all;
  std::istringstream table(contents("captures.tsv"));
  std::string line;
  std::getline(table, line);  // the names of the columns
  while (std::getline(table, line)) {
    std::istringstream cells(line);
    Capture capture;
    capture.line = line;
    std::string answer_bytes;
    cells >> capture.name >> capture.request_id >> capture.outcome >> answer_bytes;
    if (answer_bytes != "-") capture.answer_bytes = std::stoul(answer_bytes);
    capture.bytes = contents("captures/" + capture.name + ".response.bin");
    all.push_back(std::move(capture));
  }
  return all;
}

std::string fnv1a64(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  std::ostringstream hex;
  hex << std::hex;
  hex.width(16);
  hex.fill('0');
  hex << hash;
  return hex.str();
}

// The line that the table must hold if this reading is right.
std::string table_line(const Capture& capture, const Reading& reading) {
  std::ostringstream line;
  line << capture.name << '\t' << capture.request_id << '\t' << word_for(reading.progress) << '\t';
  if (reading.progress == Progress::complete) {
    line << capture.answer_bytes << '\t' << word_for(reading.response.protocol_status) << '\t'
         << reading.response.status << '\t' << reading.response.app_status << '\t'
         << fnv1a64(reading.response.body) << '\t' << reading.response.body.size();
  } else {
    line << "-\t-\t-\t-\t-\t-";
  }
  line << '\t' << reading.response.stderr_bytes;
  return line.str();
}

std::set<std::size_t> cuts(std::string_view bytes) {
  std::set<std::size_t> positions;
  const std::size_t stride = bytes.size() <= kEveryCutBelowBytes ? 1 : kStrideBytes;
  for (std::size_t at = 0; at <= bytes.size(); at += stride) positions.insert(at);
  for (std::size_t border = 0; border + kHeaderBytes <= bytes.size();) {
    const RecordHeader header = decode_header(bytes.substr(border));
    border += kHeaderBytes + header.content_bytes + header.padding_bytes;
    for (std::size_t at = border - kHeaderBytes - 1; at <= border + kHeaderBytes + 1; ++at) {
      if (at <= bytes.size()) positions.insert(at);
    }
  }
  return positions;
}

TEST(Captures, AreAllInTheTable) {
  EXPECT_EQ(captures().size(), 229U);
}

TEST(Captures, MeanWhatTheTableSays) {
  for (const Capture& capture : captures()) {
    EXPECT_EQ(table_line(capture, read_whole(capture.bytes, capture.request_id)), capture.line);
  }
}

TEST(Captures, MeanTheSameByteByByte) {
  for (const Capture& capture : captures()) {
    EXPECT_EQ(read_in_pieces(capture.bytes, 1, capture.request_id),
              read_whole(capture.bytes, capture.request_id))
        << capture.name;
  }
}

TEST(Captures, MeanTheSameCutAnywhere) {
  for (const Capture& capture : captures()) {
    const Reading whole = read_whole(capture.bytes, capture.request_id);
    for (const std::size_t cut : cuts(capture.bytes)) {
      EXPECT_EQ(read_cut_at(capture.bytes, cut, capture.request_id).reading, whole)
          << capture.name << " cut at " << cut;
    }
  }
}

TEST(Captures, AreCompleteFromTheLastByteOfEndRequestOn) {
  for (const Capture& capture : captures()) {
    if (capture.outcome == "protocol_error") continue;  // has no such byte
    for (const std::size_t cut : cuts(capture.bytes)) {
      const bool is_whole = capture.answer_bytes != 0 && cut >= capture.answer_bytes;
      EXPECT_EQ(read_cut_at(capture.bytes, cut, capture.request_id).progress_at_cut,
                is_whole ? Progress::complete : Progress::need_more)
          << capture.name << " cut at " << cut;
    }
  }
}

TEST(Captures, MeanTheSameWhateverFollowsThem) {
  for (const Capture& capture : captures()) {
    if (capture.answer_bytes == 0) continue;
    const std::string answer = capture.bytes.substr(0, capture.answer_bytes);
    EXPECT_EQ(read_whole(answer + "HTTP/1.1 400 Bad Request\r\n\r\n", capture.request_id),
              read_whole(answer, capture.request_id))
        << capture.name;
  }
}

}  // namespace
}  // namespace fastcgi
