public import Foundation
internal import Synchronization

/// Makes UUIDv7 ids from the injected clock: 48 bits of milliseconds, a counter within one millisecond, random bits.
///
/// Ids of one process sort in the order in which they were made, as long as its clock does not go back.
public final class IdentifierSource: Sendable {
  private let clock: any WallClock
  private let last = Mutex<(milliseconds: UInt64, counter: UInt16)>((0, 0))

  /// - Parameter clock: where the milliseconds come from.
  public init(clock: any WallClock) { self.clock = clock }

  /// The next UUIDv7 (RFC 9562 §5.7, §6.2 method 1).
  public func nextUUID() -> UUID {
    let now = UInt64(max(0, clock.now().timeIntervalSince1970 * 1000))
    let (milliseconds, counter) = last.withLock { last -> (UInt64, UInt16) in
      if now > last.milliseconds {
        last = (now, UInt16.random(in: 0..<0x400))
      } else if last.counter < 0xfff {
        last.counter += 1
      } else {
        // 4,096 ids within one millisecond: borrow the next one, order is worth more than a millisecond.
        last = (last.milliseconds + 1, 0)
      }
      return last
    }
    var generator = SystemRandomNumberGenerator()
    let high = milliseconds << 16 | 0x7000 | UInt64(counter)
    let low = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    return UUID(high: high, low: low)
  }

  /// The next id of a kind.
  public func next<Kind: IdentifierKind>(_ kind: Kind.Type = Kind.self) -> Identifier<Kind> { Identifier(nextUUID()) }
}
