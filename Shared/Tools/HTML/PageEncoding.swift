internal import CLibXML

/// Brings a page into UTF-8, whatever it was written in. Bytes that mean nothing become U+FFFD.
enum PageEncoding {
  /// In this order: the mark at its beginning, what the server said, what the page says of itself, UTF-8 where it is that,
  /// and else what browsers take.
  static func utf8(_ bytes: [UInt8], said: String?) -> [UInt8] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return repaired(bytes.dropFirst(3)) }
    if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes.dropFirst(2), isLittle: false) }
    if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes.dropFirst(2), isLittle: true) }
    if let said, let name = known(said) { return read(bytes, as: name) }
    if let name = declared(bytes).flatMap(known) {
      // it could not have been read so far
      return name.hasPrefix("utf-16") ? repaired(bytes[...]) : read(bytes, as: name)
    }
    return String(validating: bytes, as: UTF8.self) == nil ? read(bytes, as: "windows-1252") : bytes
  }

  private static func read(_ bytes: [UInt8], as name: String) -> [UInt8] {
    switch name {
    case "utf-8": repaired(bytes[...])
    case "utf-16", "utf-16le": utf16(bytes[...], isLittle: true)
    case "utf-16be": utf16(bytes[...], isLittle: false)
    default: converted(bytes, from: name) ?? repaired(bytes[...])
    }
  }

  /// The name under which the C library knows it. Only what pages are written in: rarer converters have hurt others.
  private static func known(_ label: String) -> String? {
    let label = String(label.lowercased().filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }.prefix(40))
    if let name = names[label] { return name }
    for (prefix, numbers, name) in families where label.hasPrefix(prefix) {
      if let number = Int(label.dropFirst(prefix.count)), numbers.contains(number) { return "\(name)\(number)" }
    }
    return nil
  }

  private static let families: [(String, ClosedRange<Int>, String)] = [
    ("windows-", 1250...1258, "windows-"), ("cp", 1250...1258, "windows-"), ("iso-8859-", 2...16, "iso-8859-"),
    ("iso8859-", 2...16, "iso-8859-"),
  ]

  private static let names = [
    "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-16": "utf-16", "utf-16le": "utf-16le",
    "utf-16be": "utf-16be",
    // as browsers do: what calls itself Latin-1 or ASCII is Windows' extension of it
    "iso-8859-1": "windows-1252", "iso8859-1": "windows-1252", "latin1": "windows-1252", "ascii": "windows-1252",
    "us-ascii": "windows-1252", "koi8-r": "koi8-r", "koi8-u": "koi8-u", "macintosh": "macintosh",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "euc-jp": "euc-jp", "iso-2022-jp": "iso-2022-jp", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "gb2312": "gb18030",
    "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5-hkscs", "windows-874": "cp874", "tis-620": "cp874",
  ]

  /// `charset=` in the first kilobyte.
  private static func declared(_ bytes: [UInt8]) -> String? {
    let start = String(decoding: bytes.prefix(1_024), as: UTF8.self).lowercased()
    guard let sign = start.firstRange(of: "charset=") else { return nil }
    let value = start[sign.upperBound...].drop { $0 == "\"" || $0 == "'" || $0 == " " }
    return String(value.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_:.".contains($0)) })
  }

  private static func repaired(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    Array(String(decoding: bytes, as: UTF8.self).utf8)
  }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isLittle: Bool) -> [UInt8] {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var place = bytes.startIndex
    while place + 1 < bytes.endIndex {
      let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
      units.append(isLittle ? second << 8 | first : first << 8 | second)
      place += 2
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  /// nil: the C library does not know it.
  private static func converted(_ bytes: [UInt8], from name: String) -> [UInt8]? {
    guard let converter = iconv_open("utf-8", name), Int(bitPattern: converter) != -1 else { return nil }
    defer { iconv_close(converter) }
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var source = bytes.map { CChar(bitPattern: $0) }
    var piece = [CChar](repeating: 0, count: 65_536)
    source.withUnsafeMutableBufferPointer { source in
      var input = source.baseAddress
      var left = source.count
      while left > 0 {
        let room = piece.count
        let used = piece.withUnsafeMutableBufferPointer { piece -> Int in
          var place = piece.baseAddress
          var free = room
          _ = iconv(converter, &input, &left, &place, &free)
          return room - free
        }
        output += piece[..<used].lazy.map { UInt8(bitPattern: $0) }
        // the piece was full, or all is read; else what stands here means nothing
        if left == 0 || used > 0 { continue }
        output += [0xEF, 0xBF, 0xBD]
        input = input?.advanced(by: 1)
        left -= 1
      }
    }
    return output
  }
}
