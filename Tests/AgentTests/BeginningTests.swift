import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Agent

/// What an agent begins with, of files as they were left or damaged.
@Suite struct BeginningTests {
    private static func policy(_ devices: [String]) -> Policy {
        let interfaces = devices.enumerated().map { place, device in
            Interface(
                id: Identifier(derivedFrom: device), name: "eth\(place)", subnet: "s",
                addresses: [IPAddress(ipv4: 0x0a01_000a + UInt32(place))], mac: nil, device: device, groups: [])
        }
        let vpc = VPC(
            id: Identifier(derivedFrom: "v"), name: "v", prefixes: [], subnets: [], groups: [],
            instances: [
                Instance(id: Identifier(derivedFrom: "i"), name: "i", interfaces: interfaces)
            ])
        return Policy(project: "p", vpcs: [vpc], collectors: [])
    }

    /// Revisions 1 to 3, the last of which is in force; each names one device more.
    private static func prepare(_ path: String) throws -> DataFolder {
        let folder = DataFolder(path)
        var revision = Revision.none
        for number in 1...3 {
            revision = revision.next(
                policy: policy((1...number).map { "gh-\($0)" }), actor: "ada", origin: "",
                at: Timestamp(seconds: Int64(number)))
            try RevisionStore(folder).save(revision)
        }
        var state = AgentState()
        state.revision = 3
        state.devices = ["gh-1", "gh-2", "gh-3"]
        state.bound = ["gh-1": 11, "gh-2": 12, "gh-3": 13]
        state.bootID = Machine.bootID
        try state.save(folder)
        return folder
    }

    @Test func `an empty folder is a beginning without problems`() async throws {
        try await withScratchFolder { path in
            let beginning = try Beginning(DataFolder(path))
            #expect(beginning.revision.number == 0 && beginning.problems.isEmpty && beginning.held.isEmpty)
        }
    }

    @Test func `what was in force is in force, and devices of before are remembered with their numbers`() async throws {
        try await withScratchFolder { path in
            let beginning = try Beginning(Self.prepare(path))
            #expect(beginning.revision.number == 3 && beginning.problems.isEmpty)
            #expect(beginning.held == ["gh-1": 11, "gh-2": 12, "gh-3": 13])
        }
    }

    @Test func `a number of another boot is nobody's`() async throws {
        try await withScratchFolder { path in
            let folder = try Self.prepare(path)
            var state = try AgentState.load(folder)
            state.bootID = "another"
            state.held = ["gh-lost": 5]
            try state.save(folder)
            #expect(try Beginning(folder).held == ["gh-lost": 0])
        }
    }

    @Test(arguments: [0, 1, 20, -1]) func `a damaged state is set aside, and the newest revision is in force`(
        length: Int
    ) async throws {
        try await withScratchFolder { path in
            let folder = try Self.prepare(path)
            let whole = try bytes(folder.state)
            try write(Array(whole[..<(length < 0 ? whole.count + length : length)]), to: folder.state)
            let beginning = try Beginning(folder)
            #expect(beginning.isStateLost && beginning.revision.number == 3)
            #expect(beginning.problems.count == 1 && beginning.problems[0].contains(folder.state))
            #expect(DurableFile.exists(folder.state + ".damaged") && !DurableFile.exists(folder.state))
        }
    }

    @Test func `where the revision in force cannot be read, the one before is, and what it does not name is refused`()
        async throws
    {
        try await withScratchFolder { path in
            let folder = try Self.prepare(path)
            try write([1, 2, 3], to: folder.revision(3))
            let beginning = try Beginning(folder)
            #expect(beginning.revision.number == 2)
            #expect(beginning.held["gh-3"] != nil)
            #expect(beginning.problems.count == 2)
            #expect(beginning.problems.contains { $0.contains("gh-3") && $0.contains("apply the policy again") })
            #expect(DurableFile.exists(folder.revision(3) + ".damaged"))
        }
    }

    @Test func `where no revision can be read, every device that one named is refused`() async throws {
        try await withScratchFolder { path in
            let folder = try Self.prepare(path)
            for number in 1...3 { try write([], to: folder.revision(number)) }
            let beginning = try Beginning(folder)
            #expect(beginning.revision.number == 0)
            #expect(Set(beginning.held.keys) == ["gh-1", "gh-2", "gh-3"])
        }
    }

    @Test func `what is due is due in a successor, whatever the clock did`() throws {
        var cuts = DueCuts([])
        #expect(!cuts.isDue && cuts.kept.isEmpty)
        cuts.add(.drain)
        #expect(cuts.kept.isEmpty)
        cuts.add(.cutAfter(seconds: 3600))
        #expect(!cuts.isDue && cuts.kept.count == 1)
        cuts.add(.cut)
        #expect(cuts.isDue)
        // One that fails stays due.
        #expect(DueCuts(cuts.kept).isDue)
        cuts.removeDue()
        #expect(!cuts.isDue && cuts.kept.count == 1)
        #expect(!DueCuts(cuts.kept).isDue)
        // What comes over the wire may be any number.
        for seconds in [-1, .infinity, 1e300, -.infinity, .nan] {
            var extreme = DueCuts([])
            extreme.add(.cutAfter(seconds: seconds))
            #expect(extreme.isDue == !(seconds > 0), "\(seconds)")
        }
        for extreme in [Int64.min, 0, .max] { #expect(DueCuts([extreme]).isDue == (extreme < .max)) }
    }
}
