/// A queue on an array: appending and removing at constant cost in the long run.
struct Fifo<Element> {
  private var elements: ContiguousArray<Element?> = []
  private var head = 0

  var count: Int { elements.count - head }

  var isEmpty: Bool { head == elements.count }

  var first: Element? { head < elements.count ? elements[head] : nil }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 256, head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Puts elements back before all others, in their order.
  mutating func prepend(_ returned: [Element]) {
    elements.replaceSubrange(0..<head, with: returned.map { Optional($0) })
    head = 0
  }

  /// Removes and returns everything.
  mutating func removeAll() -> [Element] {
    defer {
      elements.removeAll()
      head = 0
    }
    return elements[head...].compactMap { $0 }
  }

  /// The elements in order.
  func forEach(_ body: (Element) -> Void) {
    for index in head..<elements.count { elements[index].map(body) }
  }
}
