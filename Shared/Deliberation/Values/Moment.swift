/// A point in time, to the millisecond, as records carry it.
package struct Moment: Comparable, Hashable, Sendable {
  /// Since 1970-01-01T00:00:00Z.
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }

  package static func + (moment: Moment, milliseconds: Int64) -> Moment {
    Moment(milliseconds: moment.milliseconds &+ milliseconds)
  }

  package static func - (moment: Moment, milliseconds: Int64) -> Moment {
    Moment(milliseconds: moment.milliseconds &- milliseconds)
  }

  /// The milliseconds from one moment to another.
  package static func - (left: Moment, right: Moment) -> Int64 { left.milliseconds &- right.milliseconds }

  /// Reads RFC 3339 with any number of decimals (cut to milliseconds) and any offset.
  package init?(rfc3339 text: String) {
    var text = text
    guard let moment = text.withUTF8({ Moment(rfc3339: $0) }) else { return nil }
    self = moment
  }

  package init?(rfc3339 bytes: [UInt8]) {
    guard let moment = bytes.withUnsafeBufferPointer({ Moment(rfc3339: $0) }) else { return nil }
    self = moment
  }

  init?(rfc3339 bytes: UnsafeBufferPointer<UInt8>) {
    func number(_ start: Int, _ count: Int) -> Int64? {
      guard bytes.count >= start + count else { return nil }
      var value: Int64 = 0
      for place in start..<start + count {
        let digit = bytes[place] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        value = value * 10 + Int64(digit)
      }
      return value
    }
    func stands(_ character: UInt8, _ place: Int) -> Bool {
      place < bytes.count && bytes[place] | 0x20 == character | 0x20
    }
    guard let year = number(0, 4), stands(UInt8(ascii: "-"), 4), let month = number(5, 2), stands(UInt8(ascii: "-"), 7),
      let day = number(8, 2), stands(UInt8(ascii: "t"), 10), let hour = number(11, 2), stands(UInt8(ascii: ":"), 13),
      let minute = number(14, 2), stands(UInt8(ascii: ":"), 16), let second = number(17, 2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
    else { return nil }
    var place = 19
    var milliseconds: Int64 = 0
    if stands(UInt8(ascii: "."), place) {
      place += 1
      var scale: Int64 = 100
      let start = place
      while let digit = number(place, 1) {
        milliseconds += digit * scale
        scale /= 10
        place += 1
      }
      guard place > start else { return nil }
    }
    var offset: Int64 = 0
    if stands(UInt8(ascii: "z"), place) {
      guard place + 1 == bytes.count else { return nil }
    } else {
      guard place + 6 == bytes.count, let hours = number(place + 1, 2), let minutes = number(place + 4, 2),
        bytes[place + 3] == UInt8(ascii: ":"), hours < 24, minutes < 60
      else { return nil }
      switch bytes[place] {
      case UInt8(ascii: "+"): offset = hours * 60 + minutes
      case UInt8(ascii: "-"): offset = -(hours * 60 + minutes)
      default: return nil
      }
    }
    let days = Self.days(year: year, month: month, day: day)
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    self.milliseconds = seconds * 1000 + milliseconds
  }

  /// As it stands in records: milliseconds, `Z`.
  package var rfc3339: String {
    let days = milliseconds.floored(by: 86_400_000)
    let rest = milliseconds % 86_400_000
    let ofDay = rest < 0 ? rest + 86_400_000 : rest
    let date = Self.date(days: days)
    return String(unsafeUninitializedCapacity: 24) { buffer in
      var place = 0
      func digits(_ value: Int64, _ count: Int, _ after: UInt8) {
        var rest = max(0, value)
        for index in stride(from: count - 1, through: 0, by: -1) {
          buffer[place + index] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
        buffer[place + count] = after
        place += count + 1
      }
      digits(date.year, 4, UInt8(ascii: "-"))
      digits(date.month, 2, UInt8(ascii: "-"))
      digits(date.day, 2, UInt8(ascii: "T"))
      digits(ofDay / 3_600_000, 2, UInt8(ascii: ":"))
      digits(ofDay / 60_000 % 60, 2, UInt8(ascii: ":"))
      digits(ofDay / 1000 % 60, 2, UInt8(ascii: "."))
      digits(ofDay % 1000, 3, UInt8(ascii: "Z"))
      return place
    }
  }

  // The two conversions are Howard Hinnant's civil calendar: exact for all years, no tables.

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year.floored(by: 400)
    let ofEra = year - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted.floored(by: 146_097)
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

extension Int64 {
  fileprivate func floored(by divisor: Int64) -> Int64 {
    self % divisor < 0 ? self / divisor - 1 : self / divisor
  }
}

extension Moment: CustomStringConvertible {
  package var description: String { rfc3339 }
}
