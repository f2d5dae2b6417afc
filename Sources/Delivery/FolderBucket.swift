import Model

/// A bucket that is a folder: each object is a file under its key.
///
/// An object appears whole or not at all. It is written to `.incoming` in the bucket, outside every key's prefix,
/// brought to disk, and only then named; the name is brought to disk as well before `put` returns. A put that is
/// repeated after a crash finds its object and leaves it.
package struct FolderBucket: Hashable, Sendable {
    /// What a put found.
    package enum Outcome: Hashable, Sendable {
        case written
        /// The same content was there already.
        case alreadyThere
    }

    private let root: String
    private let isOurs: Bool

    /// Makes a bucket of the folder at `root`, which is made when it is missing where `createsRoot` says so.
    ///
    /// A folder of somebody else's must be there: an empty one made in its place would hide that its disk is not
    /// mounted.
    package init(root: String, createsRoot: Bool) {
        self.root = root
        self.isOurs = createsRoot
    }

    /// Reads `file:PATH`; a path that is not absolute lies in the data folder and is made when it is missing.
    package init(location: String, dataFolder: String) throws(BucketError) {
        guard location.hasPrefix("file:") else { throw .badLocation(location) }
        var path = String(location.dropFirst("file:".count))
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .badLocation(location) }
        let isAbsolute = path.hasPrefix("/")
        self.init(root: isAbsolute ? path : "\(dataFolder)/\(path)", createsRoot: !isAbsolute)
    }

    /// Puts an object, and returns when it is on disk.
    @discardableResult
    package func put(_ content: [UInt8], key: String) throws(BucketError) -> Outcome {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { ["", ".", ".."].contains($0) || $0.utf8.contains(0) }) else {
            throw .badKey(key)
        }
        guard isOurs || FileCalls.isFolder(root) else { throw .missing(path: root) }
        let path = "\(root)/\(key)"
        if let present = try FileCalls.content(of: path) {
            guard present == content else { throw .differentContent(key: key, path: path) }
            // The attempt that named it may have died before the name was on disk.
            try FileCalls.synchronizeFolder(FileCalls.folder(of: path))
            return .alreadyThere
        }
        try FileCalls.makeFolder(FileCalls.folder(of: path))
        try FileCalls.makeFolder("\(root)/.incoming")
        // One name for each key: what a crash left behind is overwritten by the next attempt.
        let temporary = "\(root)/.incoming/\(Identifier<FolderBucket>(derivedFrom: "object", key))"
        try FileCalls.place(content, at: path, by: temporary)
        return .written
    }

    /// The content of an object; nil where there is none.
    package func content(of key: String) throws(BucketError) -> [UInt8]? {
        try FileCalls.content(of: "\(root)/\(key)")
    }
}
