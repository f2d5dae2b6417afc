import Host
import Link
import Model
import TestSupport
import Testing

/// The revisions of a host on disk.
@Suite struct RevisionStoreTests {
    private static func revision(_ number: Int) -> Revision {
        var revision = Revision.none
        for step in 1...number {
            revision = revision.next(
                policy: Policy(project: "p\(step)", vpcs: [], collectors: []), actor: "ada", origin: "file \(step)",
                at: Timestamp(seconds: Int64(step)))
        }
        return revision
    }

    @Test func `what is saved is there, by its number, and the last is the latest`() async throws {
        try await withScratchFolder { path in
            let store = RevisionStore(DataFolder(path))
            #expect(try store.numbers() == [] && store.latest() == nil && store.load(1) == nil)
            for number in [1, 2, 10, 9] { try store.save(Self.revision(number)) }
            #expect(try store.numbers() == [1, 2, 9, 10])
            #expect(try store.latest()?.number == 10)
            #expect(try store.load(9) == Self.revision(9) && store.load(3) == nil)
        }
    }

    @Test func `a file that cannot be read is told by its path, and the others are read`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            let store = RevisionStore(folder)
            for number in 1...3 { try store.save(Self.revision(number)) }
            let whole = try bytes(folder.revision(2))
            for length in [0, 1, whole.count / 2, whole.count - 1] {
                try write(Array(whole[..<length]), to: folder.revision(2))
                #expect(throws: (any Error).self) { try store.load(2) }
                var told: [String] = []
                let catalogue = try store.catalogue { path, _ in told.append(path) }
                #expect(told == [folder.revision(2)])
                #expect(catalogue.revision(1) != nil && catalogue.revision(3) != nil && catalogue.revision(2) == nil)
            }
            // What is no revision's file is passed over.
            try write([1], to: folder.revisions + "/notes.txt")
            #expect(try store.numbers() == [1, 2, 3])
        }
    }

    @Test func `paths of a folder are told apart`() {
        let folder = DataFolder("/d")
        let paths = [
            folder.revisions, folder.spool, folder.state, folder.snapshot, folder.movedSessions, folder.journals,
            folder.bindings, folder.delivery, folder.manifestKey, folder.credentials, folder.lock,
            folder.supervisorLock, folder.eventsJSON, folder.controlSocket, folder.notifySocket,
        ]
        #expect(Set(paths).count == paths.count && paths.allSatisfy { $0.hasPrefix("/d/") })
        #expect(folder.revision(7) == "/d/revisions/0000000007.json")
    }
}
