import Glibc
import Host
import Model

/// A bucket that is a folder: each object is a file under its key. It keeps content only, no metadata.
///
/// An object appears whole or not at all. It is written to `.incoming` in the bucket, outside every key's prefix,
/// brought to disk, and only then named; the name is brought to disk as well before `put` returns.
///
/// Below the bucket's folder no symbolic link is followed: who may write there leads the agent, which is root, nowhere else.
package struct FolderBucket: Bucket, Hashable {
    private static let incoming = ".incoming"
    /// From so many objects on, one `syncfs` costs less than an `fsync` of each file and folder.
    private static let batch = 16

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

    package func put(_ objects: [NewObject]) async -> [Result<PutOutcome, BucketError>] {
        do {
            return try await onBlockingThread { () throws(BucketError) in try putAll(objects) }
        } catch {
            return objects.map { _ in .failure(error) }
        }
    }

    package func content(of key: String) async throws(BucketError) -> [UInt8]? {
        try ObjectKey.check(key)
        return try await onBlockingThread { () throws(BucketError) in
            guard let folder = try opened() else { return nil }
            do throws(SystemError) { return try folder.read(key) } catch { throw .system(error) }
        }
    }

    package func delete(_ key: String) async throws(BucketError) {
        try ObjectKey.check(key)
        try await onBlockingThread { () throws(BucketError) in
            guard let folder = try opened() else { return }
            do throws(SystemError) { try folder.remove(key) } catch { throw .system(error) }
        }
    }

    package func list(prefix: String, _ body: (ListedObject) -> Void) async throws(BucketError) {
        guard isOurs || FileCalls.isFolder(root) else { throw .missing(bucket: root) }
        // The deepest folder that the prefix names whole.
        var pending = [prefix.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")]
        while let folder = pending.popLast() {
            let entries = try await onBlockingThread {
                () throws(BucketError) -> [(name: String, fileSize: Int?)] in
                guard let opened = try opened() else { return [] }
                do throws(SystemError) { return try opened.list(folder) } catch { throw .system(error) }
            }
            for entry in entries where !(folder.isEmpty && entry.name == Self.incoming) {
                let key = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
                if let size = entry.fileSize {
                    if key.hasPrefix(prefix) { body(ListedObject(key: key, size: size)) }
                } else if "\(key)/".hasPrefix(prefix) || prefix.hasPrefix("\(key)/") {
                    pending.append(key)
                }
            }
        }
    }

    package func close() async {}

    /// The bucket's folder; nil where there is none.
    private func opened() throws(BucketError) -> ConfinedFolder? {
        do throws(SystemError) {
            return try ConfinedFolder(root)
        } catch {
            guard error.code == SystemError.noSuchFile else { throw .system(error) }
            return nil
        }
    }

    // MARK: Putting

    private struct Draft {
        let index: Int
        let key: String
        let temporary: String
    }

    private func putAll(_ objects: [NewObject]) throws(BucketError) -> [Result<PutOutcome, BucketError>] {
        guard isOurs || FileCalls.isFolder(root) else { throw .missing(bucket: root) }
        var outcomes: [Result<PutOutcome, BucketError>] = objects.map { _ in .success(.written) }
        var drafts: [Draft] = []
        if isOurs, !FileCalls.isFolder(root) {
            try FileCalls.run { () throws(SystemError) in
                try DurableFile.makeFolder(root)
                try DurableFile.synchronizeFolder(of: root)
            }
        }
        guard let folder = try opened() else { throw .missing(bucket: root) }
        // Whose names are not on disk yet.
        var changed: Set<String> = []
        do throws(SystemError) {
            try folder.makeFolder(Self.incoming) { changed.insert($0) }
        } catch {
            throw .system(error)
        }
        let isBatch = objects.count >= Self.batch
        for (index, object) in objects.enumerated() {
            do throws(BucketError) {
                if let draft = try draft(object, index, folder, &changed, synchronizes: !isBatch) {
                    drafts.append(draft)
                } else {
                    outcomes[index] = .success(.alreadyThere)
                }
            } catch {
                outcomes[index] = .failure(error)
            }
        }
        // Bytes before names, names before the answer; those that an earlier attempt left may not be on disk either.
        if isBatch { try synchronizeFileSystem() }
        for draft in drafts {
            do throws(SystemError) {
                try folder.rename(draft.temporary, to: draft.key)
            } catch {
                outcomes[draft.index] = .failure(.system(error))
            }
        }
        if isBatch {
            try synchronizeFileSystem()
        } else {
            for name in changed.sorted() {
                do throws(SystemError) {
                    try folder.open(name, flags: O_RDONLY | O_DIRECTORY).synchronize()
                } catch {
                    throw .system(error)
                }
            }
        }
        return outcomes
    }

    private func synchronizeFileSystem() throws(BucketError) {
        try FileCalls.run { () throws(SystemError) in try DurableFile.synchronizeFileSystem(of: root) }
    }

    /// Writes the object's file beside its place; nil where the object is there already.
    private func draft(
        _ object: NewObject, _ index: Int, _ folder: borrowing ConfinedFolder, _ changed: inout Set<String>,
        synchronizes: Bool
    ) throws(BucketError) -> Draft? {
        try ObjectKey.check(object.key)
        let parent = object.key.split(separator: "/").dropLast().joined(separator: "/")
        // One name for each key: what a crash left behind is overwritten by the next attempt.
        let temporary = "\(Self.incoming)/\(Identifier<FolderBucket>(derivedFrom: "object", object.key))"
        let present: [UInt8]?
        do throws(SystemError) { present = try folder.read(object.key) } catch { throw .system(error) }
        if let present {
            guard present == object.content else { throw .differentContent(key: object.key, bucket: root) }
            changed.insert(parent)
            return nil
        }
        do throws(SystemError) {
            try folder.makeFolder(parent) { changed.insert($0) }
            changed.insert(parent)
            let file = try folder.open(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC)
            try file.writeAll(object.content)
            if synchronizes { try file.synchronize() }
        } catch {
            throw .system(error)
        }
        return Draft(index: index, key: object.key, temporary: temporary)
    }
}
