import Testing
import Web

@Suite struct ASCIITextTests {
  @Test(arguments: [
    ("content-type", "Content-Type", true), ("a", "b", false), ("", "", true), ("etag", "etags", false),
    ("@[`{", "`{@[", false), ("é", "é", true),
  ]) func `names are the same in whatever case`(left: String, right: String, isSame: Bool) {
    #expect(ASCIIText.isSame(left, right) == isSame)
  }

  @Test func `a word is found wherever it stands, in whatever case`() {
    for text in ["ratelimit-reset", "X-RateLimit-Remaining", "anthropic-ratelimit-", "ratratelimit-"] {
      #expect(ASCIIText.holds(text, "ratelimit-"))
    }
    for text in ["", "ratelimit", "rate-limit-", "atelimit-", "ratelimiu-"] {
      #expect(!ASCIIText.holds(text, "ratelimit-"))
    }
    #expect(ASCIIText.holds("", ""))
  }
}
