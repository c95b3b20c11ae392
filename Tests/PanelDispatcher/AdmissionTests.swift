import Testing

@testable import PanelDispatcher

@Suite("Admission") struct AdmissionTests {
  @Test("takes as many as may be open, and of bulk asks a share of that") func bounds() {
    var admission = Admission(maxOpen: 10, bulkShare: 0.5)
    #expect(admission.mayTake(isBulk: true, openCount: 4))
    #expect(!admission.mayTake(isBulk: true, openCount: 5))
    #expect(admission.mayTake(isBulk: false, openCount: 9))
    #expect(!admission.mayTake(isBulk: false, openCount: 10))
    for number in 0..<4 { admission.took("own-\(number)", isOwn: true) }
    #expect(!admission.mayTake(isBulk: true, openCount: 1))
    #expect(admission.mayTake(isBulk: false, openCount: 5))
    #expect(!admission.mayTake(isBulk: false, openCount: 6))
  }

  @Test("lets at least one bulk ask in, however small its share") func smallShare() {
    #expect(Admission(maxOpen: 3, bulkShare: 0.01).mayTake(isBulk: true, openCount: 0))
  }

  @Test("counts what it took until it is read as an event here") func own() {
    var admission = Admission(maxOpen: 2, bulkShare: 1)
    admission.took("a", isOwn: true)
    admission.acknowledged("a", now: 0)
    admission.tick(now: 1_000_000)
    #expect(admission.underWay == 1)
    admission.read("a")
    #expect(admission.underWay == 0)
  }

  @Test("counts what lives elsewhere until five seconds after its acknowledgement") func foreign() {
    var admission = Admission(maxOpen: 2, bulkShare: 1)
    admission.took("a", isOwn: false)
    admission.tick(now: 1_000_000)
    #expect(admission.underWay == 1, "it is not acknowledged yet")
    admission.acknowledged("a", now: 1_000_000)
    admission.tick(now: 1_004_999)
    #expect(admission.underWay == 1)
    admission.tick(now: 1_005_000)
    #expect(admission.underWay == 0)
  }

  @Test("forgets what counted as its own when the partitions change") func reassigned() {
    var admission = Admission(maxOpen: 2, bulkShare: 1)
    admission.took("own", isOwn: true)
    admission.took("foreign", isOwn: false)
    admission.reassigned()
    #expect(admission.underWay == 1)
  }
}
