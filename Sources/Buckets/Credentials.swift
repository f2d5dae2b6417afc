import FoundationEssentials
import Glibc
import Host

/// What an S3 service knows us by. It is never part of an error or a log line.
package struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let accessKey: String
    let secretKey: String
    /// Of temporary credentials.
    let sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }

    package var description: String { "credentials \(accessKey)" }
    package var debugDescription: String { description }
}

/// Where credentials are found: files of a folder, one for each name, or the environment.
///
/// A file is a JSON object or lines `name = value`, with `access_key`, `secret_key` and perhaps `session_token`, or with
/// AWS's names for them (`aws_access_key_id` …). Nobody but its owner may read it.
package struct CredentialStore: Sendable {
    private let folder: String
    private let environment: [String: String]

    /// * `folder`: the folder of the files.
    /// * `environment`: where `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` are looked up.
    package init(folder: String, environment: [String: String] = ChildProcess.inheritedEnvironment()) {
        self.folder = folder
        self.environment = environment
    }

    /// The credentials of a name; without a name those of the environment.
    package func find(_ name: String?) throws(BucketError) -> Credentials {
        guard let name else {
            guard let credentials = Self.credentials(environment) else {
                throw .badCredentials(
                    "of the environment",
                    reason: "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set: set both, or name a file with "
                        + "credentials=NAME in the bucket's location")
            }
            return credentials
        }
        let path = "\(folder)/\(name)"
        guard !name.isEmpty, !name.hasPrefix("."), name.utf8.allSatisfy(Self.isNameByte) else {
            throw .badCredentials("\"\(name)\"", reason: "a name has letters, digits, \".\", \"_\" and \"-\"")
        }
        let text = try Self.privateText(path)
        let values = Self.values(text)
        guard let credentials = Self.credentials(values) else {
            throw .badCredentials(
                path, reason: "access_key or secret_key is missing: write both, as JSON or NAME = VALUE")
        }
        return credentials
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The text of a file that only its owner may read.
    private static func privateText(_ path: String) throws(BucketError) -> String {
        do throws(SystemError) {
            try SecretFile.checkMode(path)
            guard let bytes = try DurableFile.read(path) else {
                throw SystemError("open", path, code: ENOENT)
            }
            return String(decoding: bytes, as: UTF8.self)
        } catch  where error.code == EACCES && error.call == SecretFile.modeCheck {
            throw .badCredentials(path, reason: "others may read it: chmod 600 \(path)")
        } catch {
            throw .badCredentials(path, reason: "\(error)")
        }
    }

    private static func values(_ text: String) -> [String: String] {
        if let object = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) { return object }
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, !line.hasPrefix("#"), !line.hasPrefix(";") else { continue }
            values[trimmed(parts[0])] = trimmed(parts[1])
        }
        return values
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    private static func credentials(_ values: [String: String]) -> Credentials? {
        func value(_ names: String...) -> String? { names.lazy.compactMap { values[$0] }.first { !$0.isEmpty } }
        guard let access = value("access_key", "aws_access_key_id", "AWS_ACCESS_KEY_ID"),
            let secret = value("secret_key", "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY")
        else { return nil }
        return Credentials(
            accessKey: access, secretKey: secret,
            sessionToken: value("session_token", "aws_session_token", "AWS_SESSION_TOKEN"))
    }
}
