import Deliberation
import Testing

@testable import PanelDispatcher

@Suite("The book of cancellations") struct CancelBookTests {
  private let whole = CancelRequested(by: .client)

  @Test("keeps every request about a deliberation, and each once") func requests() {
    let book = CancelBook(maximum: 10)
    #expect(book.add("d", whole, source: "/a", id: "1"))
    #expect(!book.add("d", whole, source: "/a", id: "1"))
    #expect(book.add("d", CancelRequested(by: .client, members: [1]), source: "/a", id: "2"))
    #expect(book.add("d", whole, source: "/b", id: "1"), "an id is its source's own")
    #expect(book.requests("d").count == 3)
    #expect(book.requests("e").isEmpty)
    #expect(book.count == 3)
  }

  @Test("forgets the oldest beyond its bound") func bound() {
    let book = CancelBook(maximum: 100)
    for number in 0..<5_000 { #expect(book.add("d\(number % 1_000)", whole, source: "/a", id: "\(number)")) }
    #expect(book.count == 100)
    #expect(book.requests("d899").isEmpty)
    #expect(book.requests("d900").map(\.id) == ["4900"])
    #expect(book.requests("d999").map(\.id) == ["4999"])
  }
}
