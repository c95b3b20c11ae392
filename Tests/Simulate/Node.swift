/// One process, or one service's part of it on one partition. It does one small thing at a time, and may be killed
/// between any two.
protocol Node: AnyObject {
  /// Whether there is anything that it could do now.
  var isBusy: Bool { get }
  /// Does one of the things that it could do.
  func step()
  /// When it wants to be woken although nothing happened.
  var wake: Int64? { get }
  /// It is gone, with everything that it knew.
  func kill()
  /// Whether what it writes may be doubled and its acknowledgements lost.
  var isFaulty: Bool { get set }
  /// What it has not done though everything has come to rest.
  var unfinished: String? { get }
}
