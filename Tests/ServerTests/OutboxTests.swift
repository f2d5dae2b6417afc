import Testing

@testable import IdentityAPI
@testable import NativeAPI
@testable import NeutronAPI
@testable import Server
@testable import Service
@testable import VPCAPI

@Suite struct OutboxTests {
    @Test func `what is sent or can be sent no more waits no longer`() {
        let outbox = Outbox()
        outbox.put(1000, for: 1)
        outbox.put(500, for: 2)
        outbox.put(50, for: 2)
        #expect(outbox.bytes == 1550)
        outbox.take(500, for: 2)
        #expect(outbox.bytes == 1050)
        outbox.close(2)
        #expect(outbox.bytes == 1000)
        // The last words of a connection that has been closed meanwhile.
        outbox.take(50, for: 2)
        outbox.close(2)
        #expect(outbox.bytes == 1000)
    }

    @Test func `who makes lines waits for those who take them, but not for ever`() async {
        let outbox = Outbox()
        outbox.put(100 << 20, for: 1)
        let begin = ContinuousClock.now
        await outbox.waitForRoom()
        #expect(ContinuousClock.now - begin >= .milliseconds(100))
        outbox.close(1)
        await outbox.waitForRoom()
        #expect(outbox.bytes == 0)
    }
}
