import LedgerTool
import Synchronization
import Testing

@Suite struct ProgressTests {
  /// Time that stands still until it is moved, and what was shown.
  final class Stage: Sendable {
    let time = Mutex(ContinuousClock.now)
    let shown = Mutex<[String]>([])

    func progress(width: Int?) -> Progress {
      Progress("tag", width: { width }, now: { self.time.withLock { $0 } }) { text in self.shown.withLock { $0.append(text) } }
    }
    func pass(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
    var lines: [String] { shown.withLock { $0 } }
  }

  @Test func aTerminalShowsRateAndTimeLeftOnOneLine() {
    let stage = Stage()
    let progress = stage.progress(width: 80)
    progress.update(rows: 1, bytes: 1, of: 1_000)
    stage.pass(.seconds(2))
    progress.update(rows: 1_000, bytes: 250, of: 1_000)
    progress.end()
    #expect(stage.lines == ["\r\u{1B}[Ktag: 1000 rows, 25 %, 500 rows/s, 6 s left", "\r\u{1B}[K"])
  }

  @Test func aNarrowTerminalIsNotOverrun() {
    let stage = Stage()
    let progress = stage.progress(width: 20)
    stage.pass(.seconds(1))
    progress.update(rows: 123_456_789, bytes: 250, of: 1_000_000)
    #expect(stage.lines == ["\r\u{1B}[Ktag: 123456789 rows"])
  }

  @Test func withoutATerminalALineIsWrittenNowAndThen() {
    let stage = Stage()
    let progress = stage.progress(width: nil)
    for second in 1...25 {
      stage.pass(.seconds(1))
      progress.update(rows: second * 100, bytes: second, of: nil)
    }
    progress.end()
    #expect(stage.lines == ["tag: 1000 rows, 100 rows/s\n", "tag: 2000 rows, 100 rows/s\n"])
  }

  @Test func silenceIsSilent() {
    Progress.silent.update(rows: 1, bytes: 1, of: 2)
    Progress.silent.end()
  }
}
