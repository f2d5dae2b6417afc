import Foundation
import Host
import TestSupport
import Testing

@testable import Buckets

@Suite struct FolderBucketTests {
    private func bucket(_ location: String, _ folder: String) throws -> any Bucket {
        try BucketLocation(location, dataFolder: folder).open(CredentialStore(folder: folder))
    }

    @Test func `an object lies under its key, and nothing else beside it`() async throws {
        try await withScratchFolder { folder in
            let bucket = try bucket("file:logs/", folder)
            #expect(try await bucket.put([1, 2, 3], key: "a/b=%3A/0.gz") == .written)
            #expect(files(below: folder) == ["logs/a/b=%3A/0.gz"])
            #expect(try await bucket.content(of: "a/b=%3A/0.gz") == [1, 2, 3])
        }
    }

    @Test func `the same object twice is one object`() async throws {
        try await withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            let outcomes = [try await bucket.put([1], key: "a"), try await bucket.put([1], key: "a")]
            #expect(outcomes == [.written, .alreadyThere])
        }
    }

    @Test func `an object is never replaced`() async throws {
        try await withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            try await bucket.put([1], key: "a")
            await #expect(throws: BucketError.differentContent(key: "a", bucket: folder)) {
                try await bucket.put([2], key: "a")
            }
            #expect(try await bucket.content(of: "a") == [1])
        }
    }

    @Test(arguments: [6, 20]) func `one refused object leaves the others of its batch`(count: Int) async throws {
        try await withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            try await bucket.put([1], key: "x/3")
            let outcomes = await bucket.put((0..<count).map { NewObject(key: "x/\($0)", content: [UInt8($0)]) })
            #expect(outcomes[3] == .failure(.differentContent(key: "x/3", bucket: folder)))
            #expect(outcomes.filter { $0 == .success(.written) }.count == count - 1)
            #expect(files(below: folder) == (0..<count).map { "x/\($0)" }.sorted())
        }
    }

    @Test func `what a crash left behind is overwritten`() async throws {
        try await withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            try await bucket.put([1], key: "a")
            // The name that the next attempt at the same key uses, as an interrupted one would leave it.
            try FileManager.default.moveItem(atPath: "\(folder)/a", toPath: "\(folder)/b")
            try await bucket.put([9, 9, 9], key: "a")
            #expect(try await bucket.content(of: "a") == [9, 9, 9])
            #expect(files(below: "\(folder)/.incoming").isEmpty)
        }
    }

    @Test(arguments: ["", "/a", "a//b", "a/", "../a", "a/./b", "a/../../b", "a\u{0}b"])
    func `a key cannot lead out of the bucket`(key: String) async throws {
        try await withScratchFolder { folder in
            let bucket = FolderBucket(root: "\(folder)/logs", createsRoot: true)
            await #expect(throws: BucketError.badKey(key)) { try await bucket.put([1], key: key) }
            await #expect(throws: BucketError.badKey(key)) { try await bucket.content(of: key) }
            await #expect(throws: BucketError.badKey(key)) { try await bucket.delete(key) }
            #expect(files(below: folder).isEmpty)
        }
    }

    @Test func `a folder of somebody else's is not made in its place`() async throws {
        try await withScratchFolder { folder in
            let bucket = try bucket("file:\(folder)/mount", "/nowhere")
            await #expect(throws: BucketError.missing(bucket: "\(folder)/mount")) {
                try await bucket.put([1], key: "a")
            }
            await #expect(throws: BucketError.missing(bucket: "\(folder)/mount")) { try await bucket.list() }
            #expect(files(below: folder).isEmpty)
        }
    }

    @Test func `a list has what begins with the prefix, and no unfinished object`() async throws {
        try await withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            for key in ["a/b/1", "a/bc/2", "a/b.gz", "d"] { try await bucket.put([1, 2], key: key) }
            try write([1], to: "\(folder)/.incoming/left")
            #expect(try await bucket.list().map(\.key) == ["a/b.gz", "a/b/1", "a/bc/2", "d"])
            #expect(try await bucket.list(prefix: "a/b").map(\.key) == ["a/b.gz", "a/b/1", "a/bc/2"])
            #expect(try await bucket.list(prefix: "a/b/") == [ListedObject(key: "a/b/1", size: 2)])
            #expect(try await bucket.list(prefix: "x/y/").isEmpty)
        }
    }

    @Test func `a deleted object is gone, and may be deleted again`() async throws {
        try await withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            try await bucket.put([1], key: "a/b")
            for _ in 0..<2 { try await bucket.delete("a/b") }
            #expect(try await bucket.content(of: "a/b") == nil)
        }
    }

    @Test func `an error names the call, the path and the reason`() async throws {
        try await withScratchFolder { folder in
            try write([], to: "\(folder)/a")
            let bucket = FolderBucket(root: folder, createsRoot: false)
            let error = await #expect(throws: BucketError.self) { try await bucket.put([1], key: "a/b") }
            #expect(error?.description == "openat2 \(folder)/a: Not a directory")
        }
    }

    @Test func `no symbolic link below the bucket is followed`() async throws {
        try await withScratchFolder { folder in
            try DurableFile.makeFolder(folder + "/bucket/real")
            try DurableFile.makeFolder(folder + "/secrets")
            try write([7], to: folder + "/secrets/key")
            let files = FileManager.default
            try files.createSymbolicLink(atPath: folder + "/bucket/linked", withDestinationPath: folder + "/secrets")
            try files.createSymbolicLink(
                atPath: folder + "/bucket/real/key", withDestinationPath: folder + "/secrets/key")
            let bucket = FolderBucket(root: folder + "/bucket", createsRoot: false)
            for key in ["linked/new", "linked/key", "real/key"] {
                await #expect(throws: BucketError.self, "\(key)") { try await bucket.put([1], key: key) }
                await #expect(throws: BucketError.self, "\(key)") { try await bucket.content(of: key) }
            }
            var listed: [String] = []
            try await bucket.list(prefix: "") { listed.append($0.key) }
            #expect(listed.isEmpty)
            // The link itself may go; what it leads to stays.
            try await bucket.delete("real/key")
            #expect(try bytes(folder + "/secrets/key") == [7])
            #expect(try DurableFile.list(folder + "/secrets") == ["key"])
        }
    }

    @Test func `a place for unfinished objects that leads elsewhere is not used`() async throws {
        try await withScratchFolder { folder in
            try DurableFile.makeFolder(folder + "/bucket")
            try DurableFile.makeFolder(folder + "/elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/bucket/.incoming", withDestinationPath: folder + "/elsewhere")
            let bucket = FolderBucket(root: folder + "/bucket", createsRoot: false)
            await #expect(throws: BucketError.self) { try await bucket.put([1], key: "a") }
            #expect(try DurableFile.list(folder + "/elsewhere").isEmpty)
        }
    }
}
