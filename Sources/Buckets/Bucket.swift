/// A place that keeps objects by their keys: a folder, or a bucket of an S3 service.
///
/// Objects are written once and never replaced. A put that is repeated, after a crash or because its answer was lost,
/// finds its object and leaves it. Keys are UTF-8 of at most 1,024 bytes, with parts between slashes that are not empty,
/// `.` or `..`.
package protocol Bucket: Sendable {
    /// Puts objects, and returns when they are as durable as the bucket makes them; outcomes come in the objects' order.
    func put(_ objects: [NewObject]) async -> [Result<PutOutcome, BucketError>]

    /// The content of an object; nil where there is none.
    func content(of key: String) async throws(BucketError) -> [UInt8]?

    /// Removes an object; it is no error when there is none.
    func delete(_ key: String) async throws(BucketError)

    /// Hands over every object whose key begins with `prefix`, in no order that is promised.
    func list(prefix: String, _ body: (ListedObject) -> Void) async throws(BucketError)

    /// Ends connections. The bucket is not used afterwards.
    func close() async
}

/// An object that is to be put.
package struct NewObject: Hashable, Sendable {
    package struct Metadata: Hashable, Sendable {
        /// Lower-case letters, digits, `-` and `_`.
        package let name: String
        /// Printable ASCII.
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package let key: String
    package let content: [UInt8]
    /// What an S3 service tells with the object, as `x-amz-meta-NAME`; a folder does not keep it.
    package let metadata: [Metadata]
    package let contentType: String

    package init(
        key: String, content: [UInt8], metadata: [Metadata] = [], contentType: String = "application/octet-stream"
    ) {
        self.key = key
        self.content = content
        self.metadata = metadata
        self.contentType = contentType
    }
}

/// What a put found.
package enum PutOutcome: Hashable, Sendable {
    case written
    /// The same content was there already.
    case alreadyThere
}

/// An object that is there.
package struct ListedObject: Hashable, Sendable {
    package let key: String
    /// In bytes.
    package let size: Int

    package init(key: String, size: Int) {
        self.key = key
        self.size = size
    }
}

extension Bucket {
    @discardableResult
    package func put(_ object: NewObject) async throws(BucketError) -> PutOutcome {
        guard let result = await put([object]).first else { return .alreadyThere }
        return try result.get()
    }

    @discardableResult
    package func put(_ content: [UInt8], key: String) async throws(BucketError) -> PutOutcome {
        try await put(NewObject(key: key, content: content))
    }

    /// Every object whose key begins with `prefix`, by key; for buckets that fit into memory.
    package func list(prefix: String = "") async throws(BucketError) -> [ListedObject] {
        var objects: [ListedObject] = []
        try await list(prefix: prefix) { objects.append($0) }
        return objects.sorted { $0.key < $1.key }
    }
}

/// The rule that keys keep in every bucket, so that a bucket's copy in a folder is the bucket again.
enum ObjectKey {
    static func check(_ key: String) throws(BucketError) {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard key.utf8.count <= 1024,
            !parts.contains(where: { ["", ".", ".."].contains($0) || $0.utf8.contains(0) || $0.utf8.count > 255 })
        else { throw .badKey(key) }
    }
}
