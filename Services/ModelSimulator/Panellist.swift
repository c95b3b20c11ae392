/// Writes what one simulated model answers to a question: sentences from the question's pool, of which every model takes
/// its own choice, so that several models agree, contradict each other and each know something alone.
struct Panellist {
  /// Stands before everything that a simulated model says.
  static let mark = "[simulated]"

  let question: String
  let model: String
  /// Another salt, another text: for a model that never says the same twice.
  var salt = ""

  func answer(words wanted: Int? = nil) -> String {
    let subject = Subject(of: question)
    let pool = Seed(question)
    let own = pool.mixed(model).mixed(salt)
    var sentences: [String] = []

    for number in 0..<4 {
      let claim = Claims.common[(pool.mixed("common").below(Claims.common.count) + number) % Claims.common.count]
      if number == 0 || own.mixed("common").mixed(number).happens(percent: 75) {
        sentences.append(Claims.filled(claim, subject, number: 0, capitalised: true))
      }
    }
    for number in 0..<2 {
      let start = pool.mixed("contested").below(Claims.contested.count)
      let contested = Claims.contested[(start + number) % Claims.contested.count]
      guard own.mixed("topic").mixed(number).happens(percent: 90) else { continue }
      let stance = own.mixed("stance").mixed(number).pick(contested.stances)
      let weeks = pool.mixed(contested.topic).within(2...12)
      sentences.append("On \(contested.topic), \(Claims.filled(stance, subject, number: weeks))")
    }
    for number in 0..<4 {
      let start = pool.mixed("occasional").below(Claims.occasional.count)
      let place = (start + number) % Claims.occasional.count
      guard own.mixed("occasional").mixed(number).happens(percent: 40) else { continue }
      let count = pool.mixed(place).within(3...40)
      sentences.append(Claims.filled(Claims.occasional[place], subject, number: count, capitalised: true))
    }
    let single = own.mixed("single")
    sentences.append(
      Claims.filled(
        single.pick(Claims.single), subject, number: single.mixed("number").within(3...9999), capitalised: true))
    sentences = arranged(sentences, by: own)
    if let wanted { sentences = lengthened(sentences, to: wanted, subject, own) }
    return paragraphs(sentences)
  }

  /// Two models that say the same say it in another order.
  private func arranged(_ sentences: [String], by seed: Seed) -> [String] {
    var order = sentences
    for index in order.indices.dropFirst().reversed() {
      order.swapAt(index, seed.mixed("order").mixed(index).below(index + 1))
    }
    return order
  }

  private func lengthened(_ sentences: [String], to wanted: Int, _ subject: Subject, _ own: Seed) -> [String] {
    var result: [String] = []
    var count = 0
    var number = 0
    while count < wanted {
      let sentence: String
      if number < sentences.count {
        sentence = sentences[number]
      } else {
        let seed = own.mixed("more").mixed(number)
        let claim = Claims.filled(seed.pick(Claims.occasional), subject, number: seed.mixed("n").within(3...9999))
        sentence = "Point \(number), \(claim)"
      }
      let words = sentence.split(separator: " ")
      result.append(
        count + words.count <= wanted
          ? sentence : words.prefix(wanted - count).joined(separator: " "))
      count += words.count
      number += 1
    }
    return result
  }

  private func paragraphs(_ sentences: [String]) -> String {
    var text = Panellist.mark
    for (index, sentence) in sentences.enumerated() {
      text += index > 0 && index % 4 == 0 ? "\n\n" : " "
      text += sentence
    }
    return text
  }
}
