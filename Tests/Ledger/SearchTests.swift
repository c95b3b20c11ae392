import Bus
import Deliberation
import Foundation
import Store
import Telemetry
import Testing

@testable import Ledger

@Suite("The full text") struct SearchTests {
  private func isIn(_ shelf: Shelf, _ word: String) -> Bool {
    ["", "-wal"].contains { suffix in
      FileManager.default.contents(atPath: SearchFile.path(data: shelf.folder) + suffix)?
        .firstRange(of: Data(word.utf8)) != nil
    }
  }

  /// A deliberation with a word that stands in no other, and its tombstone.
  private func secret(_ teller: inout Teller, _ word: String) throws -> (id: String, records: [Record], stone: Event) {
    let (id, records) = teller.story()
    var requested = try #require(try JSON.parse(records[0].value ?? []).object)
    requested["request"] = ["model": "m", "messages": [["role": "user", "content": .string(word)]]]
    let first = Record(
      topic: records[0].topic, partition: records[0].partition, offset: records[0].offset,
      timestamp: records[0].timestamp, key: records[0].key, value: JSON.object(requested).bytes,
      headers: records[0].headers)
    let hashes = ([first] + records.dropFirst()).map { SHA256.hex($0.value ?? []) }
    return (id, [first] + records.dropFirst(), .forgotten(Forgotten(by: "o", hashes: hashes)))
  }

  @Test("that was killed between erasing and purging purges when it is opened again") func killed() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 81)
    let story = try secret(&teller, "xylophone")
    try shelf.write(story.records + teller.records(100))
    let archive = try shelf.archive()
    do {
      let search = try SearchFile(SearchFile.path(data: shelf.folder))
      while try search.follow(archive, most: 50) > 0 {}
      #expect(isIn(shelf, "xylophone"))
      // a reader holds an older state: the purge cannot end
      let reader = try Database(search.database.path, .read)
      try reader.run("BEGIN")
      _ = try reader.number("SELECT count(*) FROM texts")
      try shelf.write([teller.record(story.stone, of: story.id, "forgotten")])
      #expect(try search.follow(archive, most: 50) == 1)
      #expect(try !search.isPurged)
      try reader.run("ROLLBACK")
      try search.purge()
      #expect(try search.isPurged)
      #expect(!isIn(shelf, "xylophone"))
    }
    do {
      // what the transaction leaves behind where it is killed right after
      let search = try SearchFile(SearchFile.path(data: shelf.folder))
      try search.database.run("INSERT INTO texts(rowid, body) VALUES(9000, 'a xylophone')")
      try search.database.transaction { () throws(StoreError) in
        try search.database.run("DELETE FROM texts WHERE rowid = 9000")
        try search.database.run("UPDATE progress SET residue = 1")
      }
    }
    #expect(isIn(shelf, "xylophone"))
    let again = try SearchFile(SearchFile.path(data: shelf.folder))
    #expect(try again.follow(archive, most: 50) == 0)
    #expect(try again.isPurged)
    #expect(!isIn(shelf, "xylophone"))
  }

  @Test("merges its index once for many tombstones that it reads one after the other") func batches() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 82)
    var stones: [Record] = []
    var stories: [(id: String, records: [Record], stone: Event)] = []
    for number in 0..<6 {
      stories.append(try secret(&teller, "word\(number)"))
      try shelf.write(stories[number].records)
    }
    for story in stories { stones.append(teller.record(story.stone, of: story.id, "forgotten")) }
    let archive = try shelf.archive()
    let search = try SearchFile(SearchFile.path(data: shelf.folder))
    while try search.follow(archive, most: 50) > 0 {}
    try shelf.write(stones)
    for _ in 0..<3 {
      #expect(try search.follow(archive, most: 2) == 2)
      #expect(try !search.isPurged)
    }
    #expect(try search.follow(archive, most: 2) == 0)
    #expect(try search.isPurged)
  }

  @Test("is taken in by batches that have a bound, whatever the events hold") func bounded() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 84)
    try shelf.write(teller.records(1_200))
    let archive = try shelf.archive()
    let search = try SearchFile(SearchFile.path(data: shelf.folder))
    let last = try archive.lastSeq
    var batches: [Int] = []
    while true {
      let count = try search.follow(archive, most: 8_000, bytes: 1 << 10)
      guard count > 0 else { break }
      batches.append(count)
    }
    #expect(batches.reduce(0, +) == Int(last))
    #expect(batches.count > 2 && batches.allSatisfy { $0 <= 500 }, "\(batches)")
    #expect(try search.seq == last)
  }

  @Test("is made anew where it is damaged in the middle, and found in by whoever had it open before") func damaged()
    async throws
  {
    let shelf = try Shelf()
    var teller = Teller(seed: 83)
    let story = try secret(&teller, "xylophone")
    try shelf.write(story.records + teller.records(1_500))
    let news = News()
    let search = SearchLoop(data: shelf.folder, news: news, meters: Meters(Metrics()) { 0 }, log: .silent)
    defer { search.stop() }
    let path = SearchFile.path(data: shelf.folder)
    let readers = Readers(path: shelf.file.path, count: 1, log: .silent) { if $0 == path { search.damaged() } }
    defer { readers.stop() }
    func found() async -> Int? {
      await withCheckedContinuation { continuation in
        let isTaken = readers.ask { archive throws(StoreError) in
          do throws(StoreError) {
            let found = try archive.search("xylophone", tenant: nil, limit: 5)["found"]?.array?.count
            continuation.resume(returning: found)
          } catch {
            continuation.resume(returning: nil)
            throw error
          }
        }
        if !isTaken { continuation.resume(returning: nil) }
      }
    }
    try await eventually("the word is found") { await found() == 1 }
    try await eventually("the index is written back") {
      try Database(path, .write).checkpoint(patience: .milliseconds(50))
    }
    // everything behind the first page, which says that this is a database
    let file = try FileHandle(forUpdating: URL(filePath: path))
    let size = try file.seekToEnd()
    let page = UInt64(try Database(path, .read).number("PRAGMA page_size") ?? 4_096)
    try file.seek(toOffset: 2 * page)
    try file.write(contentsOf: Data(repeating: 0x5A, count: Int(size - 2 * page)))
    try file.close()
    // what it has in memory is as it was: something new makes it look
    try shelf.write(teller.records(200))
    news.tell(Writer.Written())
    try await eventually("the word is found again", within: .seconds(30)) {
      news.tell(Writer.Written())
      return await found() == 1
    }
  }
}
