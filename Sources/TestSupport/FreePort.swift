import Foundation
import Synchronization

/// Ports for servers of tests.
enum FreePort {
  private static let given = Mutex<Set<UInt16>>([])

  /// A port of 127.0.0.1 that nobody listens on, given once in this process.
  ///
  /// It lies below the range from which the kernel takes ports of outgoing connections, so that nobody takes it while its server is being
  /// started anew.
  static func next() throws -> UInt16 {
    for _ in 0..<1_000 {
      let port = UInt16.random(in: 20_000..<32_000)
      if given.withLock({ $0.insert(port).inserted }), isFree(port) { return port }
    }
    throw HouseFailure("No free port was found between 20000 and 32000.")
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
  }
}
