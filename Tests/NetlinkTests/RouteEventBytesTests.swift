import FuzzEntries
import Model
import Testing

@testable import Netlink

@Suite struct RouteEventBytesTests {
    private func events() throws -> [RouteEvent] {
        try RecordedBytes("route-events").datagrams.flatMap { datagram in
            ByteView.with(datagram) { view in
                var cursor = RouteEventCursor(view)
                var found: [RouteEvent] = []
                while let event = cursor.next() { found.append(event) }
                #expect(cursor.skipped == 0)
                #expect(!cursor.isMalformed)
                return found
            }
        }
    }

    @Test func `a deleted route is told with its protocol and device`() throws {
        let events = try events()
        for text in ["10.9.0.1", "fd09::1"] {
            let target = IPPrefix(try #require(IPAddress(text)))
            #expect(events.contains(.routeGone(target: target, device: 2, routeProtocol: 117)), "\(events)")
        }
    }

    @Test func `a deleted address is told`() throws {
        let events = try events()
        for text in ["10.2.0.1", "fd02::1"] {
            #expect(events.contains(.addressGone(try #require(IPAddress(text)), device: 3)), "\(events)")
        }
    }

    @Test func `switches are told for a device, and for all`() throws {
        let switches = try events().compactMap { event in
            if case .switches(let switches) = event { switches } else { nil }
        }
        #expect(switches.contains { $0.device == 2 && $0.family == .ipv4 && $0.answersForOthers == false })
        #expect(switches.contains { $0.device == IPSwitches.everyDevice && $0.forwards == false })
    }

    @Test func `a device that goes down, or away, is told`() throws {
        let events = try events()
        let devices = events.compactMap { if case .device(let device) = $0 { device } else { nil } }
        #expect(devices.contains { $0.number == 2 && $0.name == "near0" && !$0.isUp && $0.kind == "veth" })
        #expect(events.contains(.deviceGone(number: 3)))
    }
}
