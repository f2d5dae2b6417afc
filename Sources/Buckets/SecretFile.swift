import Crypto
import Glibc
package import Host

/// Files that nobody but their owner may read.
package enum SecretFile {
    /// The call that an error of `checkMode` names, with EACCES, where others may read the file.
    package static let modeCheck = "mode"

    /// Refuses a file that its group or everybody may read or write; one that is not there passes.
    package static func checkMode(_ path: String) throws(SystemError) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        guard status.st_mode & 0o077 == 0 else { throw SystemError(modeCheck, path, code: EACCES) }
    }

    /// The 32 bytes of a key file, which is made of random bytes when it is not there.
    package static func key(_ path: String) throws -> [UInt8] {
        try checkMode(path)
        if let bytes = try DurableFile.read(path) {
            guard bytes.count == 32 else { throw KeyFileError(path: path, count: bytes.count) }
            return bytes
        }
        // SAFETY: the bytes are copied while they are there.
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        try DurableFile.makeFolder(FileCalls.folder(of: path), mode: 0o700)
        try DurableFile.replace(path, with: bytes, mode: 0o600)
        return bytes
    }

    /// A key file that holds something else.
    package struct KeyFileError: Error, CustomStringConvertible {
        let path: String
        let count: Int

        package var description: String {
            "key file \(path) has \(count) bytes, not 32: put the right one back; what it sealed is lost without it"
        }
    }
}
