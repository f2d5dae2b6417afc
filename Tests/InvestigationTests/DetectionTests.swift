import Model
import Testing

@testable import Investigation

/// What is found beside scans.
@Suite struct DetectionTests {
    private static let hours = 3600.0

    /// Hours in which nothing happens but what is usual.
    private static func learned(hours: Int = 7) -> Scene {
        var scene = Scene()
        for hour in 0..<hours * 4 {
            scene.add(Double(hour) * 900, "10.0.0.1", "10.0.0.2", 443, .answered, bytes: 900, answered: 4000)
        }
        return scene
    }

    private static func logins(_ count: Int, from: String) -> Scene {
        var scene = Scene()
        for number in 0..<count {
            scene.add(Double(number) * 5, from, "10.0.0.7", 22, .answered, bytes: 2000, answered: 2600, length: 2)
        }
        return scene
    }

    @Test func `ten tried passwords from outside are found`() {
        #expect(Self.logins(9, from: "203.0.113.5").kinds() == [])
        let finding = Self.logins(30, from: "203.0.113.5").findings().first
        #expect(finding?.kind == .bruteForce)
        #expect(finding?.severity == .medium)
        #expect(finding?.contacts == 10)
    }

    @Test func `what both ends tell is counted once`() {
        var scene = Scene()
        for number in 0..<12 {
            for end in ["eni-1", "eni-2"] {
                scene.add(
                    Double(number) * 5, "10.0.0.5", "10.0.0.7", 22, .answered, sourcePort: UInt16(40_000 + number),
                    bytes: 2000,
                    answered: 2600, length: 2, interface: end)
            }
        }
        #expect(scene.kinds() == [])
    }

    @Test func `a long session after them is a success`() {
        var scene = Self.logins(30, from: "203.0.113.5")
        scene.add(160, "203.0.113.5", "10.0.0.7", 22, .answered, bytes: 90_000, answered: 200_000, length: 900)
        #expect(scene.findings().first?.severity == .critical)
    }

    @Test func `health checks of a login port are none`() {
        var scene = Scene()
        for number in 0..<200 {
            scene.add(Double(number) * 10, "10.0.0.5", "10.0.0.7", 22, .answered, bytes: 240, answered: 180)
        }
        #expect(scene.kinds() == [])
    }

    private static func calls(to: String, port: UInt16 = 443, hosts: Int = 1, jitter: Double = 0.2) -> Scene {
        var scene = Scene()
        for host in 1...hosts {
            var second = Double(host) * 17.3
            for number in 0..<120 {
                scene.add(second, "10.0.0.\(host)", to, port, .answered, bytes: 800, answered: 600)
                // A saw between both ends of the jitter.
                second += 60 * (1 - jitter + 2 * jitter * Double(number * 7 % 11) / 10)
            }
        }
        return scene
    }

    @Test func `regular calls to an outside address are a beacon`() {
        let finding = Self.calls(to: "203.0.113.9").findings().first
        #expect(finding?.kind == .beacon)
        #expect(finding?.entity == "10.0.0.1")
    }

    @Test func `refused calls are one as well`() {
        var scene = Scene()
        for number in 0..<60 {
            scene.add(Double(number) * 90 + Double(number * 7 % 5), "10.0.0.1", "203.0.113.9", 443, .refused)
        }
        #expect(scene.kinds() == [.beacon])
    }

    @Test func `what many call is telemetry`() { #expect(Self.calls(to: "203.0.113.9", hosts: 8).kinds() == []) }

    @Test func `time, names and own addresses are no beacon`() {
        #expect(Self.calls(to: "203.0.113.9", port: 123).kinds() == [])
        #expect(Self.calls(to: "203.0.113.9", port: 53).kinds() == [])
        #expect(Self.calls(to: "10.0.9.9").kinds() == [])
    }

    @Test func `cron is no beacon`() {
        var scene = Scene()
        // Whole minutes of the clock.
        let first = Double(60 - Scene.start / 1_000_000 % 60)
        for number in 0..<100 { scene.add(first + Double(number) * 300 + 1, "10.0.0.1", "203.0.113.9", 443, .answered) }
        #expect(scene.kinds() == [])
    }

    @Test func `much sent to an address that is new is found`() {
        var scene = Self.learned()
        for number in 0..<10 {
            scene.add(
                7 * Self.hours + Double(number) * 61, "10.0.0.1", "203.0.113.9", 443, .answered, bytes: 60_000_000,
                answered: 800_000, length: 50)
        }
        for hour in 0..<7 {
            scene.add(Double(hour * hour) * 500 + 5, "10.0.0.1", "198.18.0.1", 443, .answered, bytes: 9000)
        }
        #expect(scene.kinds().contains(.exfiltration))
    }

    @Test func `a download is none`() {
        var scene = Self.learned()
        for hour in 0..<7 {
            scene.add(Double(hour * hour) * 500 + 5, "10.0.0.1", "198.18.0.1", 443, .answered, bytes: 9000)
        }
        scene.add(
            7 * Self.hours, "10.0.0.1", "203.0.113.9", 443, .answered, bytes: 60_000_000, answered: 4_000_000_000,
            length: 50)
        #expect(scene.kinds() == [])
    }

    @Test func `a machine that never administered others begins to`() {
        var scene = Self.learned()
        scene.add(7 * Self.hours, "10.0.0.1", "10.0.0.2", 22, .answered, bytes: 9000, answered: 9000)
        let finding = scene.findings().first
        #expect(finding?.kind == .lateralMovement)
        #expect(finding?.targets == ["10.0.0.2"])
    }

    @Test func `a bastion goes on to new machines`() {
        var scene = Self.learned()
        scene.add(60, "10.0.0.1", "10.0.0.2", 22, .answered, bytes: 9000, answered: 9000)
        scene.add(7 * Self.hours, "10.0.0.1", "10.0.0.3", 22, .answered, bytes: 9000, answered: 9000)
        #expect(scene.kinds() == [])
    }

    @Test func `ten refused requests to the outside are a burst`() {
        var scene = Scene()
        for number in 0..<10 { scene.add(Double(number), "10.0.0.1", "198.18.0.\(number)", 443, .refused) }
        #expect(scene.kinds() == [.refusedEgressBurst])
    }

    @Test func `one refused address is none, however often`() {
        var scene = Scene()
        for number in 0..<100 { scene.add(Double(number * number % 97), "10.0.0.1", "198.18.0.1", 443, .refused) }
        #expect(scene.kinds() == [])
    }

    @Test func `a flood is found within two seconds`() throws {
        var scene = Scene()
        for number in 0..<4000 {
            scene.add(Double(number) / 1000, "198.18.\(number / 250).\(number % 250)", "10.0.0.1", 443, .halfOpen)
        }
        let finding = try #require(scene.findings().first)
        #expect(scene.kinds() == [.flood])
        #expect(finding.foundAt - finding.firstSeen <= 2_000_000)
    }

    @Test func `a new service is found after learning`() {
        var scene = Self.learned()
        scene.add(7 * Self.hours, "198.18.0.1", "10.0.0.2", 4444, .answered, bytes: 900, answered: 4000)
        #expect(scene.kinds() == [.newService])
    }

    @Test func `a client's port is no service`() {
        var scene = Self.learned()
        scene.add(7 * Self.hours, "198.18.0.1", "10.0.0.2", 41_000, .answered, bytes: 900, answered: 4000)
        #expect(scene.kinds() == [])
    }

    @Test func `failures at one service are trouble`() {
        var scene = Scene()
        for number in 0..<20 { scene.add(Double(number), "10.0.0.1", "10.0.0.2", 6379, .reset) }
        let finding = scene.findings().first
        #expect(finding?.kind == .failedConnectionBurst)
        #expect(finding?.severity == .low)
    }

    @Test func `an interface that wakes after a week is found`() {
        var scene = Scene()
        scene.add(0, "10.0.0.1", "10.0.0.2", 443, .answered)
        scene.add(8 * 86_400, "10.0.0.1", "10.0.0.2", 443, .answered)
        #expect(scene.kinds() == [.dormantInterface])
    }

    @Test func `a refused answer is a fault of the policy`() {
        var scene = Scene()
        for number in 0..<3 {
            let port = UInt16(40_000 + number)
            scene.add(Double(number), "198.18.0.1", "10.0.0.2", 443, .unanswered, sourcePort: port)
            scene.add(Double(number) + 0.1, "10.0.0.2", "198.18.0.1", port, .refused, sourcePort: 443)
        }
        let finding = scene.findings().first
        #expect(scene.kinds() == [.answerRefused])
        #expect(finding?.severity == .info)
    }

    @Test func `listed addresses are told with whom they spoke`() throws {
        var scene = Scene()
        scene.add(0, "203.0.113.9", "10.0.0.2", 443, .answered)
        let list = try ListReader.read(Array("# list\n203.0.113.0/24\n".utf8), name: "list")
        let finding = scene.findings(listed: list).first
        #expect(finding?.entity == "203.0.113.9")
        #expect(finding?.targets == ["10.0.0.2"])
    }

    @Test(arguments: [
        "address,why\n\"203.0.113.9\",bad\n",
        #"{"type":"bundle","objects":[{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9']"}]}"#,
        #"{"Event":{"Attribute":[{"type":"ip-dst|port","value":"203.0.113.9|443"}]}}"#,
    ]) func `lists come in many forms`(text: String) throws {
        #expect(try ListReader.read(Array(text.utf8), name: "list").contains(Scene.address("203.0.113.9")))
    }

    @Test func `a line that is no address is named`() {
        let error = #expect(throws: ListReader.Unreadable.self) {
            try ListReader.read(Array("203.0.113.9\nnobody\n".utf8), name: "list.txt")
        }
        #expect(error?.description.hasPrefix("list.txt:2: \"nobody\" has no address") == true)
    }
}
