import FoundationEssentials
import Glibc
import Host

/// What an S3 service knows us by. It is never part of an error or a log line.
package struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let accessKey: String
    let secretKey: String
    /// Of temporary credentials.
    let sessionToken: String?

    /// Reads a JSON object or lines `name = value` with `access_key`, `secret_key` and perhaps `session_token`, or with AWS's
    /// names for them; nil where one of the first two is missing.
    package init?(text: String) {
        var values: [String: String] = [:]
        if let object = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) {
            values = object
        } else {
            for line in text.split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, !line.hasPrefix("#"), !line.hasPrefix(";") else { continue }
                values[Self.trimmed(parts[0])] = Self.trimmed(parts[1])
            }
        }
        self.init(values: values)
    }

    init?(values: [String: String]) {
        func value(_ names: String...) -> String? { names.lazy.compactMap { values[$0] }.first { !$0.isEmpty } }
        guard let access = value("access_key", "aws_access_key_id", "AWS_ACCESS_KEY_ID"),
            let secret = value("secret_key", "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY")
        else { return nil }
        self.init(
            accessKey: access, secretKey: secret,
            sessionToken: value("session_token", "aws_session_token", "AWS_SESSION_TOKEN"))
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// The names and values that a file of them has.
    package var values: [String: String] {
        var values = ["access_key": accessKey, "secret_key": secretKey]
        values["session_token"] = sessionToken
        return values
    }

    /// A file's text.
    package var text: String {
        get throws { String(decoding: try JSONEncoder().encode(values), as: UTF8.self) }
    }

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
    private let known: [String: Credentials]

    /// * `folder`: the folder of the files.
    /// * `environment`: where `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` are looked up.
    /// * `known`: what is not looked up, by name.
    package init(
        folder: String, environment: [String: String] = ChildProcess.inheritedEnvironment(),
        known: [String: Credentials] = [:]
    ) {
        self.folder = folder
        self.environment = environment
        self.known = known
    }

    /// The credentials of a name; without a name those of the environment.
    package func find(_ name: String?) throws(BucketError) -> Credentials {
        guard let name else {
            guard let credentials = Credentials(values: environment) else {
                throw .badCredentials(
                    "of the environment",
                    reason: "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set: set both, or name a file with "
                        + "credentials=NAME in the bucket's location")
            }
            return credentials
        }
        if let credentials = known[name] { return credentials }
        let path = "\(folder)/\(name)"
        guard !name.isEmpty, !name.hasPrefix("."), name.utf8.allSatisfy(Self.isNameByte) else {
            throw .badCredentials("\"\(name)\"", reason: "a name has letters, digits, \".\", \"_\" and \"-\"")
        }
        return try Self.read(path)
    }

    /// The credentials of a file that only its owner may read.
    package static func read(_ path: String) throws(BucketError) -> Credentials {
        guard let credentials = Credentials(text: try privateText(path)) else {
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
}
