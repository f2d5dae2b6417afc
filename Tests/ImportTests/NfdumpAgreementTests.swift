import Archive
import FuzzEntries
import Host
import Model
import Query
import Records
import TestSupport
import Testing

@testable import Import

/// The same random packets by nfpcapd and by the meter here: `make nfdump-check`, which installs nfdump.
@Suite(.enabled(if: ChildProcess.inheritedEnvironment()["GATEHOUSE_NFDUMP"] == "1", "left out: make nfdump-check"))
struct NfdumpAgreementTests {
    private struct Way: Hashable, CustomStringConvertible {
        let description: String

        init(_ source: AnswerValue, _ target: AnswerValue, _ sourcePort: AnswerValue, _ targetPort: AnswerValue) {
            description = "\(source) \(sourcePort) > \(target) \(targetPort)"
        }
    }

    /// Packets and bytes of each way between two ends, whichever way its records go.
    private func sums(_ folder: String, _ files: [String]) throws -> [Way: [UInt128]] {
        let archive = ArchiveFolder(folder)
        var importer = try Importer(
            archive, try ArchiveWriter(archive, try archive.claim()), format: nil, fields: nil)
        for file in files { try importer.read(file) }
        try importer.finish()
        #expect(importer.result.failures.isEmpty)
        #expect(importer.result.badLines == 0)
        var question = FlowQuestion()
        question.limit = 1_000_000
        question.columns = [
            .initiatorIP, .targetIP, .initiatorPort, .targetPort, .packetsFromInitiator, .bytesFromInitiator,
            .packetsFromTarget, .bytesFromTarget,
        ]
        var sums: [Way: [UInt128]] = [:]
        for row in try Answerer(archive).answer(question).rows {
            let ways = [Way(row[0], row[1], row[2], row[3]), Way(row[1], row[0], row[3], row[2])]
            for (way, values) in zip(ways, [row[4...5], row[6...7]]) {
                let numbers = values.map { if case .number(let number) = $0 { number } else { 0 as UInt128 } }
                guard numbers[0] > 0 else { continue }
                let old = sums[way] ?? [0, 0]
                sums[way] = [old[0] + numbers[0], old[1] + numbers[1]]
            }
        }
        return sums
    }

    @Test func `nfpcapd counts the same`() async throws {
        try await withScratchFolder { folder in
            var random = SplitMix64(seed: 7)
            var capture = CaptureBytes()
            var instant = 1_767_225_600_000_000
            for _ in 0..<20_000 {
                instant += Int(random.next() % 20_000)
                let ends = (UInt8(random.next() % 20), UInt8(random.next() % 20))
                let (from, to) = (1000 + Int(random.next() % 5), 1000 + Int(random.next() % 5))
                let (flags, count) = (UInt8(random.next() % 64), Int(random.next() % 200))
                let isTCP = random.next() % 2 == 0
                let rest =
                    isTCP ? PacketBytes.tcp(from, to, flags, count: count) : PacketBytes.udp(from, to, count: count)
                let isSixth = random.next() % 3 == 0
                let packet =
                    isSixth
                    ? PacketBytes.ipv6(ends.0, ends.1, isTCP ? 6 : 17, rest)
                    : PacketBytes.ipv4(ends.0, ends.1, isTCP ? 6 : 17, rest)
                capture.add(PacketBytes.ethernet(isSixth ? 0x86dd : 0x0800, packet), at: instant)
            }
            let file = "\(folder)/random.pcap"
            try write(capture.bytes, to: file)
            try TestHost.run(
                "bash", "-c",
                """
                cd \(folder) && mkdir nf && nfpcapd -r random.pcap -w nf >talk 2>&1
                TZ=UTC nfdump -6 -R nf -o csv >flows.csv && TZ=UTC nfdump -6 -R nf -o json >flows.json
                """)
            let own = try sums("\(folder)/own", [file])
            #expect(own.count > 5000)
            #expect(try sums("\(folder)/csv", ["\(folder)/flows.csv"]) == own)
            #expect(try sums("\(folder)/json", ["\(folder)/flows.json"]) == own)
        }
    }
}
