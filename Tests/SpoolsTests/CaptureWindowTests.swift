import Model
import Spools
import Testing

@Suite struct CaptureWindowTests {
    private func window(from seconds: Int64, closedUntil: Int64 = 0) -> CaptureWindow {
        CaptureWindow(
            length: .seconds(2), holding: Timestamp(seconds: seconds), closedUntil: Timestamp(seconds: closedUntil))
    }

    /// Who owns a record is asked at the end of its window: it must come behind the instant at which an owner began.
    @Test(arguments: [(52, 0), (53, 53), (54, 0), (55, 52), (99, 0), (52, 52)] as [(Int64, Int64)])
    func `an owner begins before the open window ends, however late that is closed`(now: Int64, closed: Int64) {
        let closedUntil = Timestamp(seconds: closed)
        let window = window(from: max(52, closed), closedUntil: closed)
        let instant = window.openInstant(at: Timestamp(seconds: now), closedUntil: closedUntil)
        #expect(instant > closedUntil)
        #expect(instant < window.end)
        if now < window.end.nanoseconds / 1_000_000_000, now > closed { #expect(instant == Timestamp(seconds: now)) }
    }
}
