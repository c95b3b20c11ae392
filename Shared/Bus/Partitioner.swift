/// Where a record with a key goes: Java's default partitioner, which librdkafka calls `murmur2`. So a gateway finds the
/// partition that its name hashes to, and a Java client agrees with us on where a key lives.
package enum Partitioner {
  package static func murmur2(_ key: [UInt8], partitions: Int32) -> Int32 {
    precondition(partitions > 0, "a topic has at least one partition")
    return Int32(bitPattern: hash(key) & 0x7fff_ffff) % partitions
  }

  private static func hash(_ key: [UInt8]) -> UInt32 {
    let m: UInt32 = 0x5bd1_e995
    var h: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: key.count)
    var index = 0
    while key.count - index >= 4 {
      var k = UInt32(key[index]) | UInt32(key[index + 1]) << 8 | UInt32(key[index + 2]) << 16
      k |= UInt32(key[index + 3]) << 24
      k = k &* m
      k ^= k >> 24
      k = k &* m
      h = h &* m
      h ^= k
      index += 4
    }
    let rest = key.count - index
    if rest >= 3 { h ^= UInt32(key[index + 2]) << 16 }
    if rest >= 2 { h ^= UInt32(key[index + 1]) << 8 }
    if rest >= 1 {
      h ^= UInt32(key[index])
      h = h &* m
    }
    h ^= h >> 13
    h = h &* m
    h ^= h >> 15
    return h
  }
}
