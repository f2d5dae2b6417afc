import Foundation
import Host
import Registry

/// Tries whether objects can be put into a bucket, by putting one there and taking it away again.
struct BucketProbe: Sendable {
    /// Relative folders are within this one.
    let dataFolder: String

    /// What is wrong with a bucket, and how it is mended; nil when an object went in and out.
    func fault(of bucket: StoredBucket) -> String? {
        guard let folder = bucket.folder else {
            return "\(bucket.url) is no folder; write file:FOLDER"
        }
        let path = folder.hasPrefix("/") ? folder : "\(dataFolder)/\(folder)"
        // A folder within the data folder is ours to make; another may be a mount that is missing.
        if !folder.hasPrefix("/") {
            do {
                try DurableFile.makeFolder(path, mode: 0o700)
            } catch {
                return "folder \(path) cannot be made (\(error)); make it, writable for the server"
            }
        }
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return "folder \(path) is not there; create it, or mount what holds it"
        }
        let probe = "\(path)/.gatehouse-probe-\(Change.newID())"
        do {
            try Data("gatehouse".utf8).write(to: URL(fileURLWithPath: probe), options: .withoutOverwriting)
        } catch {
            return "folder \(path) takes no object; make it writable for the server, and see that its disk has room"
        }
        do {
            try FileManager.default.removeItem(atPath: probe)
        } catch {
            return "object \(probe) went in and cannot be removed; give the server the right to, and remove it"
        }
        return nil
    }
}
