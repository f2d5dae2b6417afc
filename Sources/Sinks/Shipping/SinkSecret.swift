import Buckets
import Host
import Model

/// A secret in a file of its own, read for each use: a new one is in force with the next request.
struct SinkSecret: Sendable {
    let path: String

    init?(_ sink: Sink) {
        guard let path = sink.secretFile else { return nil }
        self.path = path
    }

    /// The file's text without the line feed at its end.
    func read() throws(SinkFault) -> String {
        let bytes: [UInt8]?
        do throws(SystemError) {
            try SecretFile.checkMode(path)
            bytes = try DurableFile.read(path)
        } catch  where error.call == SecretFile.modeCheck {
            throw SinkFault(.settings("secret_file \(path): others may read it: chmod 600 \(path)"))
        } catch {
            throw SinkFault(.settings("secret_file \(path): \(error)"))
        }
        guard let bytes else { throw SinkFault(.settings("secret_file \(path): there is no such file")) }
        var text = String(decoding: bytes, as: UTF8.self)
        while let last = text.last, last.isNewline { text.removeLast() }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw SinkFault(.settings("secret_file \(path): it is empty, or more than one line"))
        }
        return text
    }

    /// When the file was written last.
    var writtenAt: Int64? { (try? DurableFile.modifiedAt(path)) ?? nil }
}
