import CSHA256
import Hashing
import Testing

@Suite("SHA-256") struct SHA256Tests {
  @Test(
    "is what FIPS 180-4 says",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func known(text: String, expected: String) {
    #expect(SHA256.hex(text) == expected)
    #expect(SHA256.hex(Array(text.utf8)) == expected)
  }

  @Test("does not care how its input is cut") func cuts() {
    for size in [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1_000] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
      for cut in [0, 1, 63, 64, 65, size] where cut <= size {
        var hash = SHA256()
        hash.update(Array(bytes[..<cut]))
        hash.update(Array(bytes[cut...]))
        #expect(hash.finish() == SHA256.hash(bytes))
      }
    }
    #expect(SHA256.hex([UInt8](repeating: 97, count: 1_000_000)).hasPrefix("cdc76e5c9914fb9281a1c7e284d73e67"))
  }

  @Test("is the same with the processor's own instructions as without") func alike() {
    var fast: [UInt32] = [1, 2, 3, 4, 5, 6, 7, 8]
    var plain = fast
    let bytes = (0..<6_400).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ $0 / 7) }
    for blocks in [1, 2, 3, 100] {
      csha256_compress(&fast, bytes, blocks)
      csha256_compress_plainly(&plain, bytes, blocks)
      #expect(fast == plain)
    }
  }
}
