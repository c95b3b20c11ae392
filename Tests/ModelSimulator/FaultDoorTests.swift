import Testing
import Web

@testable import ModelSimulator

@Suite(.timeLimit(.minutes(1))) struct FaultDoorTests {
  private static let door = Result { try FaultDoor(port: 0) }

  private func outcome(_ fault: String) async throws -> HTTPError? {
    let url = "http://127.0.0.1:\(try Self.door.get().port)/\(fault)/v1/chat/completions"
    do throws(HTTPError) {
      _ = try await HTTPClient().send(
        HTTPRequest(
          method: "POST", url: url, body: Array("{}".utf8), timeouts: .init(total: .seconds(1))))
      return nil
    } catch {
      return error
    }
  }

  @Test("every raw fault is an error to its client, and not one of the client's own", arguments: RawFault.allCases)
  func faults(fault: RawFault) async throws {
    switch try await outcome(fault.rawValue) {
    case .cut, .malformed, .headersTooLarge: break
    // Clients may believe one of the two.
    case nil: #expect(fault == .twoLengths)
    case .timeout(.total): #expect(fault == .slowHeaders)
    case let other?: Issue.record("\(fault.rawValue): \(other.description)")
    }
  }

  @Test("a path that names no fault is told which there are")
  func unknown() async throws {
    #expect(try await outcome("nonsense") == nil)
  }
}
