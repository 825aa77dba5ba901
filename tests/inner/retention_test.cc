// What is kept until the other side has it, and said again where it has not.
#include "inner/retention.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

// Frames of 4, 5 and 6 bytes: they end at 4, 9 and 15.
Retention three_frames() {
  Retention kept;
  for (const std::size_t size : {4, 5, 6}) kept.keep(ByteString(size, std::uint8_t(size)));
  return kept;
}

std::vector<std::size_t> said(Retention& kept) {
  std::vector<std::size_t> sizes;
  while (const ByteString* frame = kept.say_next()) sizes.push_back(frame->size());
  return sizes;
}

using Sizes = std::vector<std::size_t>;

TEST(Retention, SaysEachFrameOnceAndInOrder) {
  Retention kept = three_frames();
  EXPECT_EQ(said(kept), (Sizes{4, 5, 6}));
  EXPECT_EQ(said(kept), Sizes{});
  EXPECT_EQ(kept.said(), 15u);
  EXPECT_EQ(kept.size(), 15u);
}

TEST(Retention, ForgetsWhatIsAcknowledgedAndNoMore) {
  Retention kept = three_frames();
  said(kept);
  EXPECT_TRUE(kept.acknowledge(9));
  EXPECT_EQ(kept.size(), 6u);
  EXPECT_EQ(kept.frames(), 1u);
  EXPECT_TRUE(kept.acknowledge(9));  // once more changes nothing
  EXPECT_EQ(kept.frames(), 1u);
}

TEST(Retention, BelievesNoAcknowledgementOfWhatWasNotSaid) {
  Retention kept = three_frames();
  kept.say_next();
  EXPECT_FALSE(kept.acknowledge(9));
  EXPECT_TRUE(kept.acknowledge(4));
}

TEST(Retention, BelievesNoAcknowledgementThatGoesBack) {
  Retention kept = three_frames();
  said(kept);
  EXPECT_TRUE(kept.acknowledge(9));
  EXPECT_FALSE(kept.acknowledge(4));
}

TEST(Retention, BelievesNoAcknowledgementInsideAFrame) {
  Retention kept = three_frames();
  said(kept);
  EXPECT_FALSE(kept.acknowledge(6));
}

TEST(Retention, SaysAgainWhatTheOtherSideHasNot) {
  for (const auto& [next, again] : std::vector<std::pair<std::uint64_t, Sizes>>{
           {0, {4, 5, 6}}, {4, {5, 6}}, {9, {6}}, {15, {}}}) {
    Retention kept = three_frames();
    said(kept);
    ASSERT_TRUE(kept.resume_from(next)) << next;
    EXPECT_EQ(kept.acknowledged(), next);
    EXPECT_EQ(said(kept), again) << next;
    EXPECT_EQ(kept.said(), 15u);
  }
}

// The last carrier was lost before all was said on it.
TEST(Retention, SaysWhatWasNeverSaidBehindWhatIsSaidAgain) {
  Retention kept = three_frames();
  kept.say_next();
  kept.say_next();
  ASSERT_TRUE(kept.resume_from(4));
  EXPECT_EQ(said(kept), (Sizes{5, 6}));
}

// It heard us on the last carrier, though no Acknowledge came back.
TEST(Retention, ResumesFromWhereNoAcknowledgementEverCame) {
  Retention kept = three_frames();
  said(kept);
  ASSERT_TRUE(kept.resume_from(9));
  ASSERT_TRUE(kept.resume_from(9));
  EXPECT_EQ(said(kept), (Sizes{6}));
}

TEST(Retention, ResumesFromNoOtherPlaceAndIsNotChangedByTheQuestion) {
  for (const std::uint64_t next : {0, 3, 5, 8, 10, 14, 16, 1'000}) {
    Retention kept = three_frames();
    said(kept);
    kept.acknowledge(4);
    EXPECT_FALSE(kept.keeps(next)) << next;
    EXPECT_FALSE(kept.resume_from(next)) << next;
    EXPECT_EQ(kept.acknowledged(), 4u);
    EXPECT_EQ(kept.said(), 15u);
    EXPECT_EQ(said(kept), Sizes{});
  }
}

TEST(Retention, KeepsNothingAtFirst) {
  Retention kept;
  EXPECT_TRUE(kept.keeps(0));
  EXPECT_FALSE(kept.keeps(1));
  EXPECT_EQ(kept.say_next(), nullptr);
}

}  // namespace
}  // namespace tasuki::inner
