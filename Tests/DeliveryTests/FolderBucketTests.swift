import Foundation
import Testing

@testable import Delivery

@Suite struct FolderBucketTests {
    @Test func `an object lies under its key, and nothing else beside it`() throws {
        try withScratchFolder { folder in
            let bucket = try FolderBucket(location: "file:logs/", dataFolder: folder)
            #expect(try bucket.put([1, 2, 3], key: "a/b=%3A/0.gz") == .written)
            #expect(files(below: folder) == ["logs/a/b=%3A/0.gz"])
            #expect(try bucket.content(of: "a/b=%3A/0.gz") == [1, 2, 3])
        }
    }

    @Test func `the same object twice is one object`() throws {
        try withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            let outcomes = [try bucket.put([1], key: "a"), try bucket.put([1], key: "a")]
            #expect(outcomes == [.written, .alreadyThere])
        }
    }

    @Test func `an object is never replaced`() throws {
        try withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            try bucket.put([1], key: "a")
            #expect(throws: BucketError.differentContent(key: "a", path: "\(folder)/a")) {
                try bucket.put([2], key: "a")
            }
            #expect(try bucket.content(of: "a") == [1])
        }
    }

    @Test func `what a crash left behind is overwritten`() throws {
        try withScratchFolder { folder in
            let bucket = FolderBucket(root: folder, createsRoot: false)
            try bucket.put([1], key: "a")
            // The name that the next attempt at the same key uses, as an interrupted one would leave it.
            try FileManager.default.moveItem(atPath: "\(folder)/a", toPath: "\(folder)/b")
            try bucket.put([9, 9, 9], key: "a")
            #expect(try bucket.content(of: "a") == [9, 9, 9])
            #expect(files(below: "\(folder)/.incoming").isEmpty)
        }
    }

    @Test(arguments: ["", "/a", "a//b", "a/", "../a", "a/./b", "a/../../b", "a\u{0}b"])
    func `a key cannot lead out of the bucket`(key: String) throws {
        try withScratchFolder { folder in
            let bucket = FolderBucket(root: "\(folder)/logs", createsRoot: true)
            #expect(throws: BucketError.badKey(key)) { try bucket.put([1], key: key) }
            #expect(files(below: folder).isEmpty)
        }
    }

    @Test func `a folder of somebody else's is not made in its place`() throws {
        try withScratchFolder { folder in
            let bucket = try FolderBucket(location: "file:\(folder)/mount", dataFolder: "/nowhere")
            #expect(throws: BucketError.missing(path: "\(folder)/mount")) { try bucket.put([1], key: "a") }
            #expect(files(below: folder).isEmpty)
        }
    }

    @Test(arguments: ["logs", "s3://logs", "file:", "file:\u{0}"])
    func `a location that is no folder is refused`(location: String) {
        #expect(throws: BucketError.badLocation(location)) {
            try FolderBucket(location: location, dataFolder: "/tmp")
        }
    }

    @Test func `an error names the call, the path and errno`() throws {
        try withScratchFolder { folder in
            try write([], to: "\(folder)/a")
            let bucket = FolderBucket(root: folder, createsRoot: false)
            let error = #expect(throws: BucketError.self) { try bucket.put([1], key: "a/b") }
            #expect(error?.description == "open \(folder)/a/b: Not a directory (errno 20)")
        }
    }
}
