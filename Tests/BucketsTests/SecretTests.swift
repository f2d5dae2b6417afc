import Foundation
import Host
import TestSupport
import Testing

@testable import Buckets

@Suite struct SecretTests {
    private static let secret = "wJalrXUtnFEMI"

    private func store(_ folder: String, _ content: String, mode: UInt32 = 0o600) throws -> CredentialStore {
        try DurableFile.replace("\(folder)/lab", with: Array(content.utf8), mode: mode)
        return CredentialStore(folder: folder, environment: [:])
    }

    @Test(arguments: [
        "{\"access_key\":\"A\",\"secret_key\":\"wJalrXUtnFEMI\",\"session_token\":\"T\"}",
        "# of the lab\n[default]\naws_access_key_id = A\naws_secret_access_key=wJalrXUtnFEMI\naws_session_token = T\n",
    ])
    func `credentials are read from a file of their own`(content: String) async throws {
        try await withScratchFolder { folder in
            let credentials = try store(folder, content).find("lab")
            #expect(credentials.accessKey == "A")
            #expect(credentials.secretKey == Self.secret)
            #expect(credentials.sessionToken == "T")
            #expect(!"\(credentials) \(String(reflecting: credentials))".contains(Self.secret))
        }
    }

    @Test func `without a name they are the environment's`() throws {
        let full = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": Self.secret]
        #expect(try CredentialStore(folder: "/nowhere", environment: full).find(nil).secretKey == Self.secret)
        #expect(throws: BucketError.self) {
            try CredentialStore(folder: "/nowhere", environment: ["AWS_ACCESS_KEY_ID": "A"]).find(nil)
        }
    }

    @Test func `a file that others may read is refused`() async throws {
        try await withScratchFolder { folder in
            let store = try store(folder, "access_key=A\nsecret_key=\(Self.secret)", mode: 0o640)
            let error = #expect(throws: BucketError.self) { try store.find("lab") }
            #expect(error?.description == "credentials \(folder)/lab: others may read it: chmod 600 \(folder)/lab")
        }
    }

    @Test(arguments: ["../lab", "", ".hidden", "a/b"])
    func `a name cannot lead out of the folder`(name: String) {
        let error = #expect(throws: BucketError.self) {
            try CredentialStore(folder: "/tmp", environment: [:]).find(name)
        }
        #expect(error?.description.hasSuffix("a name has letters, digits, \".\", \"_\" and \"-\"") == true)
    }

    @Test func `an incomplete file is refused without telling what it holds`() async throws {
        try await withScratchFolder { folder in
            let store = try store(folder, "secret_key = \(Self.secret)")
            let error = #expect(throws: BucketError.self) { try store.find("lab") }
            #expect(error?.description.contains(Self.secret) == false)
        }
    }

    @Test func `a sealed secret opens with its key in its place`() async throws {
        try await withScratchFolder { folder in
            let path = "\(folder)/keys/seal.key"
            let sealed = try SealedSecret.Key(file: path).seal(Array(Self.secret.utf8), place: "bucket/1")
            let again = try SealedSecret.Key(file: path)
            #expect(try again.open(sealed, place: "bucket/1") == Array(Self.secret.utf8))
            #expect(throws: SealedSecret.OpenError(place: "bucket/2")) { try again.open(sealed, place: "bucket/2") }
            let status = try FileManager.default.attributesOfItem(atPath: path)
            #expect((status[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    @Test func `the same secret is sealed differently each time`() throws {
        let key = SealedSecret.Key([UInt8](repeating: 7, count: 32))
        #expect(try key.seal([1, 2, 3], place: "x") != key.seal([1, 2, 3], place: "x"))
    }

    @Test func `every changed byte is noticed`() throws {
        let key = SealedSecret.Key([UInt8](repeating: 7, count: 32))
        let sealed = try key.seal(Array(Self.secret.utf8), place: "x")
        for index in sealed.bytes.indices {
            var bytes = sealed.bytes
            bytes[index] ^= 1
            #expect(throws: SealedSecret.OpenError.self) { try key.open(SealedSecret(bytes: bytes), place: "x") }
        }
        #expect(throws: SealedSecret.OpenError.self) { try key.open(SealedSecret(bytes: []), place: "x") }
    }

    @Test func `a key file that others may read, or that is cut short, is refused`() async throws {
        try await withScratchFolder { folder in
            try DurableFile.replace("\(folder)/open", with: [UInt8](repeating: 1, count: 32), mode: 0o644)
            #expect(throws: SystemError.self) { try SealedSecret.Key(file: "\(folder)/open") }
            try DurableFile.replace("\(folder)/short", with: [1, 2], mode: 0o600)
            let error = #expect(throws: SecretFile.KeyFileError.self) { try SealedSecret.Key(file: "\(folder)/short") }
            #expect(error?.description.hasPrefix("key file \(folder)/short has 2 bytes, not 32") == true)
        }
    }
}
