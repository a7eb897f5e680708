#include "web/target_query.h"

#include <gmock/gmock.h>

#include "web/fleet.h"

namespace web {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

base::Result<TargetQuery> parse(const std::string& text) {
  http::Request request;
  request.query = text;
  return parse_target_query(request);
}

std::vector<std::string> selected(const std::string& query) {
  state::TargetIdentity shop = named("shop-1");
  shop.labels = {{"app", "Shop"}, {"tier", "a&b=c"}};
  state::TargetIdentity blog = named("blog");
  blog.address = *base::parse_address("/run/blog.sock");
  const FleetView fleet = view_of(
      set_of({target_with(shop, probe::Outcome::refused), target_with(blog, probe::Outcome::pass)}),
      kNow);
  std::vector<std::string> names;
  for (const FleetEntry& entry : select(fleet, *parse(query)).shown) {
    names.push_back(entry.record->identity().name);
  }
  return names;
}

TEST(TargetQuery, SelectsByHealthTextAndLabel) {
  EXPECT_THAT(selected(""), ElementsAre("shop-1", "blog"));
  EXPECT_THAT(selected("health=up"), ElementsAre("blog"));
  EXPECT_THAT(selected("q=RUN/"), ElementsAre("blog"));
  EXPECT_THAT(selected("q=app%3Dshop"), ElementsAre("shop-1"));
  EXPECT_THAT(selected("label=tier%3Da%26b%3Dc"), ElementsAre("shop-1"));
  EXPECT_THAT(selected("label=app=shop"), ElementsAre());
  EXPECT_THAT(selected("limit=1&offset=1"), ElementsAre("blog"));
  EXPECT_THAT(selected("offset=7"), ElementsAre());
}

TEST(TargetQuery, TakesAnEmptyValueAsNone) {
  const TargetQuery query = *parse("health=&q=&label=&limit=&offset=");
  EXPECT_EQ(query_string(query), "?");
}

TEST(TargetQuery, IsWrittenAsItIsRead) {
  const std::string text = "?health=down&q=a%20%26b%3D%C3%A9&label=app%3Dx&limit=7&offset=14";
  EXPECT_EQ(query_string(*parse(text.substr(1))), text);
}

TEST(TargetQuery, NamesWhatIsWrong) {
  EXPECT_THAT(parse("health=dead").error(), HasSubstr("up, saturated, down or unknown"));
  EXPECT_THAT(parse("label=x").error(), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(parse("label==x").error(), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(parse("limit=0").error(), HasSubstr("1 to 200"));
  EXPECT_THAT(parse("limit=5.5").error(), HasSubstr("limit must be a whole number"));
  EXPECT_THAT(parse("offset=99999999999999999999").error(), HasSubstr("offset"));
  EXPECT_THAT(parse("q=a&helth=up").error(), HasSubstr("\"helth\" is no parameter"));
}

}  // namespace
}  // namespace web
