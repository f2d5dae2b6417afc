import Foundation
import Model
import Testing

@testable import Buckets

/// What a store keeps, whoever made it.
@Suite(.objectStore) struct S3BucketTests {
    /// As flow-log objects are called: percent signs and equals signs are characters of the key.
    private static let keys = [
        "ibm_vpc_flowlogs_v1/account=demo/vpc-id=crn%3Av1%3Ais%3Aa%2Fdemo%3A%3Avpc%3Ab459/stream-id=20261103T101600Z/00000000.gz",
        "a/b=1/c d+é&?#.json.gz", "plain", "%25/%", "~tilde/*(star)'!",
    ]

    @Test func `every key comes back as it was`() async throws {
        try await ObjectStore.withBucket { _, bucket, _ async throws in
            for (index, key) in Self.keys.enumerated() {
                #expect(try await bucket.put([UInt8(index)], key: key) == .written)
            }
            #expect(Set(try await bucket.list().map(\.key)) == Set(Self.keys))
            for (index, key) in Self.keys.enumerated() {
                #expect(try await bucket.content(of: key) == [UInt8(index)])
            }
        }
    }

    @Test func `metadata comes back`() async throws {
        try await ObjectStore.withBucket { _, bucket, _ async throws in
            let metadata: [NewObject.Metadata] = [
                .init("number_of_flow_logs", "2"), .init("instance_crn", "crn:v1:a/demo::instance:1"),
                .init("state", "skip data"),
            ]
            try await bucket.put(NewObject(key: "a", content: [1], metadata: metadata))
            let fields = try #require(try await bucket.metadata(of: "a"))
            // Ceph tells a field's `_` as `-`.
            let told = Dictionary(fields.map { ($0.key.replacing("-", with: "_"), $0.value) }) { first, _ in first }
            for field in metadata { #expect(told[field.name] == field.value) }
            #expect(try await bucket.metadata(of: "b") == nil)
        }
    }

    @Test func `the same object twice is one object, another is refused`() async throws {
        try await ObjectStore.withBucket { _, bucket, name async throws in
            #expect(try await bucket.put([1], key: "a") == .written)
            #expect(try await bucket.put([1], key: "a") == .alreadyThere)
            await #expect(throws: BucketError.differentContent(key: "a", bucket: bucket.name)) {
                try await bucket.put([2], key: "a")
            }
            #expect(try await bucket.content(of: "a") == [1])
            #expect(try await bucket.content(of: "b") == nil)
        }
    }

    @Test func `a deleted object is gone, and may be deleted again`() async throws {
        try await ObjectStore.withBucket { _, bucket, _ async throws in
            try await bucket.put([1], key: "a%2Fb")
            for _ in 0..<2 { try await bucket.delete("a%2Fb") }
            #expect(try await bucket.list().isEmpty)
        }
    }

    @Test func `a prefix is a bucket of its own`() async throws {
        try await ObjectStore.withBucket { store, bucket, name async throws in
            let inner = try store.bucket("\(name)/team=a%2F1")
            try await inner.put([1], key: "x/1")
            #expect(try await bucket.list().map(\.key) == ["team=a%2F1/x/1"])
            #expect(try await inner.list(prefix: "x/").map(\.key) == ["x/1"])
            await inner.close()
        }
    }

    @Test func `a list goes on beyond its first page`() async throws {
        try await ObjectStore.withBucket { store, bucket, _ async throws in
            let keys = (0..<(store.isSwift ? 120 : 1100)).map { "n%3A/\(10_000 + $0)" }
            let outcomes = await bucket.put(keys.map { NewObject(key: $0, content: [1]) })
            #expect(outcomes.allSatisfy { $0 == .success(.written) })
            #expect(try await bucket.list(prefix: "n%3A/").map(\.key) == keys)
        }
    }

    @Test func `a large object is put in parts, once`() async throws {
        try await ObjectStore.withBucket { store, _, name async throws in
            let bucket = try store.bucket(name) { $0.partBytes = 5 << 20 }
            let content = (0..<(11 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 8) }
            #expect(try await bucket.put(content, key: "big=1") == .written)
            #expect(try await bucket.put(content, key: "big=1") == .alreadyThere)
            #expect(try await bucket.content(of: "big=1") == content)
            #expect(try await bucket.list() == [ListedObject(key: "big=1", size: content.count)])
            await bucket.close()
        }
    }

    // MARK: Refusals

    @Test func `a bucket that is not there is missing`() async throws {
        let store = try #require(ObjectStore.here)
        let bucket = try store.bucket("gh-not-there")
        await #expect(throws: BucketError.missing(bucket: bucket.name)) { try await bucket.put([1], key: "a") }
        await #expect(throws: BucketError.missing(bucket: bucket.name)) { try await bucket.list() }
        await bucket.close()
    }

    @Test func `a wrong secret is not authorized, and is not told`() async throws {
        try await ObjectStore.withBucket { store, _, name async throws in
            let wrong = Credentials(accessKey: store.credentials.accessKey, secretKey: "hush-hush")
            let bucket = try store.bucket(name, credentials: wrong)
            let error = await #expect(throws: BucketError.self) { try await bucket.put([1], key: "a") }
            // Swift refuses the condition before it looks at the signature, and then HEAD, whose answers have no text.
            let code = store.isSwift ? "HTTP 403" : "SignatureDoesNotMatch"
            #expect(error == .notAuthorized(bucket: bucket.name, code: code))
            #expect(error?.description.contains("hush-hush") == false)
            await bucket.close()
        }
    }

    @Test(arguments: [-1900, 1900]) func `a wrong clock is called one`(seconds: Int) async throws {
        try await ObjectStore.withBucket { store, _, name async throws in
            let bucket = try store.bucket(name) { tuning in
                let now = tuning.now
                tuning.now = { now().advanced(by: .seconds(seconds)) }
            }
            let error = await #expect(throws: BucketError.self) { try await bucket.put([1], key: "a") }
            guard case .clockSkew(_, let ahead?) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(abs(ahead - seconds) < 60)
            #expect(error?.description.contains(seconds < 0 ? "s behind" : "s ahead") == true)
            await bucket.close()
        }
    }

    @Test func `a store that is down is unavailable`() async throws {
        let store = try #require(ObjectStore.here)
        let bucket = try store.bucket("gh-down", endpoint: "http://127.0.0.1:9")
        let error = await #expect(throws: BucketError.self) { try await bucket.put([1], key: "a") }
        #expect(error?.isTransient == true)
        await bucket.close()
    }
}
