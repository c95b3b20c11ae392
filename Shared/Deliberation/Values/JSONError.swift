/// Why a text is no JSON, and at which byte.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case unexpectedEnd = "it ends too early"
    case unexpectedByte = "there is a character that cannot stand there"
    case trailing = "something follows the value"
    case tooDeep = "it is nested too deeply"
    case tooLong = "it is longer than four gigabytes"
    case invalidUTF8 = "it is not UTF-8"
    case invalidEscape = "there is an unknown escape"
    case controlCharacter = "a control character stands unescaped in a string"
    case invalidNumber = "there is a malformed number"
    case numberOutOfRange = "there is a number out of range"
  }

  package let reason: Reason
  package let offset: Int

  package var description: String { "not valid JSON at byte \(offset): \(reason.rawValue)" }
}
