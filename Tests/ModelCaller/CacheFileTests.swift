import Deliberation
import Foundation
import Testing

@testable import ModelCaller

@Suite("The cache's file") struct CacheFileTests {
  @Test("holds nothing that is too old, by itself within a minute and from its opening on") func old() throws {
    let folder = try Folder()
    let path = folder.path + "/cache.sqlite"
    let secret = "xylophone, said the model"
    func isHeld() -> Bool {
      ["", "-wal", "-shm"].contains { suffix in
        FileManager.default.contents(atPath: path + suffix)?.firstRange(of: Data(secret.utf8)) != nil
      }
    }
    let begin = Moment(milliseconds: 1_800_000_000_000)
    let options = CacheOptions(path: path, bytes: 1_000_000)
    let file = try CacheFile(options, now: begin)
    _ = try file.keep("a", seconds: 10, Array(secret.utf8), now: begin)
    #expect(isHeld())
    #expect(try file.clear(begin + 30_000) == nil)
    #expect(isHeld())
    #expect(try file.clear(begin + 60_000) == 0)
    #expect(!isHeld())

    _ = try file.keep("b", seconds: 10, Array(secret.utf8), now: begin + 60_000)
    #expect(try file.find("b", within: 10, now: begin + 61_000) != nil)
    #expect(isHeld())
    _ = try CacheFile(options, now: begin + 71_000)
    #expect(!isHeld())
  }
}
