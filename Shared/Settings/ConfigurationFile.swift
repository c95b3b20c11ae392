internal import Deliberation
internal import FoundationEssentials
internal import Glibc

/// Finds and reads the configuration file.
enum ConfigurationFile {
  private static let usual = "deploy/conclave.json"
  private static let mostBytes = 8_000_000

  static func read(_ environment: Environment) throws(SettingsError) -> JSON {
    let path = try path(environment)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .wrong("CONCLAVE_CONFIG", "\"\(path)\" cannot be read; name the configuration file")
    }
    guard data.count <= mostBytes else {
      throw .wrong("CONCLAVE_CONFIG", "\"\(path)\" has more than \(mostBytes) bytes; name the configuration file")
    }
    do throws(JSONError) { return try JSON.parse(Array(data)) } catch {
      throw .wrong("CONCLAVE_CONFIG", "\"\(path)\" is \(error)")
    }
  }

  private static func path(_ environment: Environment) throws(SettingsError) -> String {
    if let named = environment["CONCLAVE_CONFIG"] { return named }
    var folders = ["."]
    // a program in .build finds the file of the folder it was built in, wherever it is started
    var folder = executableFolder
    while folder.count > 1 {
      folders.append(folder)
      folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
    }
    let candidates = folders.map { "\($0)/\(usual)" }
    if let found = candidates.first(where: { access($0, R_OK) == 0 }) { return found }
    throw .missing("CONCLAVE_CONFIG", "there is no \(usual) here; name the configuration file")
  }

  private static var executableFolder: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count)
    let text = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(text[..<(text.lastIndex(of: "/") ?? text.startIndex)])
  }
}
