import Testing

@testable import Investigation

/// Scans by one source and by many, and what is none.
@Suite struct ScanTests {
    private static func probes(_ count: Int, gap: Double = 1, _ outcome: Outcome = .refused) -> Scene {
        var scene = Scene()
        for number in 0..<count {
            scene.add(Double(number) * gap, "203.0.113.5", "10.0.0.\(number + 1)", 3389, outcome)
        }
        return scene
    }

    @Test func `five failed first contacts are a scan`() throws {
        #expect(Self.probes(4).findings().isEmpty)
        let finding = try #require(Self.probes(5).findings().first)
        #expect(finding.kind == .horizontalScan)
        #expect(finding.contacts == 5)
        #expect(finding.entity == "203.0.113.5")
        #expect(finding.evidence.first == "host:1")
    }

    @Test func `a scan grows, and is told once`() throws {
        let findings = Self.probes(200).findings()
        #expect(findings.count == 1)
        #expect(findings.first?.records == 200)
        #expect(findings.first?.targets.count == 64)
        #expect(findings.first.map { abs($0.targetCount - 200) < 20 } == true)
    }

    @Test func `ports of one target are a vertical scan`() {
        var scene = Scene()
        for port in 1...30 { scene.add(Double(port), "203.0.113.5", "10.0.0.1", UInt16(port), .reset) }
        #expect(scene.kinds() == [.verticalScan])
    }

    @Test func `requests minutes apart are a slow scan`() { #expect(Self.probes(20, gap: 300).kinds() == [.slowScan]) }

    @Test(arguments: [(Outcome.refused, Severity.low), (.unanswered, .medium), (.reset, .medium)])
    func `what the policy refuses matters less`(outcome: Outcome, severity: Severity) {
        #expect(Self.probes(10, outcome).findings().first?.severity == severity)
    }

    @Test func `a scan that finds something open is high`() {
        var scene = Self.probes(10)
        scene.add(10, "203.0.113.5", "10.0.0.11", 3389, .answered, rule: "allow 3389")
        let finding = scene.findings().first
        #expect(finding?.severity == .high)
        #expect(finding?.rules == ["allow 3389"])
    }

    @Test func `an honest client that fails at times is none`() {
        var scene = Scene()
        for number in 0..<200 {
            scene.add(Double(number), "10.0.0.9", "10.0.1.\(number)", 443, number % 4 == 0 ? .unanswered : .answered)
        }
        #expect(scene.kinds() == [])
    }

    @Test func `retries at one service are one contact`() {
        var scene = Scene()
        for number in 0..<12 { scene.add(Double(number), "10.0.0.9", "10.0.1.1", 443, .unanswered) }
        #expect(scene.kinds() == [])
    }

    @Test func `late answers of a server are none`() {
        var scene = Scene()
        for number in 0..<50 {
            scene.add(
                Double(number), "10.0.0.9", "198.18.0.\(number)", UInt16(40_000 + number), .refused, sourcePort: 443)
        }
        #expect(scene.kinds() == [])
    }

    @Test func `traceroute, multicast and syslog are known`() {
        var scene = Scene()
        for number in 0..<30 {
            scene.add(Double(number), "10.0.0.9", "10.9.9.9", UInt16(33_434 + number), .unanswered, transport: 17)
            scene.add(Double(number), "10.0.0.9", "224.0.0.\(number + 1)", 5000, .unanswered, transport: 17)
            scene.add(Double(number), "10.0.0.9", "10.0.2.\(number + 1)", 514, .unanswered, transport: 17)
        }
        #expect(scene.kinds() == [])
    }

    @Test func `many sources that ask a target's ports are one finding`() {
        var scene = Scene()
        for number in 0..<30 {
            scene.add(Double(number) * 20, "198.18.1.\(number)", "10.0.0.1", UInt16(1000 + number), .refused)
        }
        let findings = scene.findings()
        #expect(findings.map(\.kind) == [.distributedScan])
        #expect(findings.first?.entity == "10.0.0.1")
    }

    @Test func `the Internet's noise is none`() {
        var scene = Scene()
        let ports: [UInt16] = [23, 22, 445, 3389, 8080]
        for number in 0..<600 {
            scene.add(
                Double(number) * 100, "198.18.\(number / 250).\(number % 250)", "10.0.0.1", ports[number % 5], .refused)
        }
        #expect(scene.kinds() == [])
    }

    @Test func `decoys are one finding`() {
        var scene = Scene()
        for port in 1...20 {
            for source in 1...6 {
                scene.add(Double(port), "198.18.1.\(source)", "10.0.0.1", UInt16(port), .refused)
            }
        }
        #expect(scene.kinds() == [.distributedScan])
    }
}
