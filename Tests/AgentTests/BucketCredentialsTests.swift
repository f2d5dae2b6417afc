import Foundation
import Host
import Link
import TestSupport
import Testing

@testable import Uplink

@Suite struct BucketCredentialsTests {
    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func `credentials are files that only their owner may read, for as long as they are needed`() async throws {
        try await withScratchFolder { root in
            let folder = root + "/credentials"
            var credentials = BucketCredentials(folder: folder)
            try credentials.forgetOthers()
            try credentials.keep([HostCredentials(name: "sealed-a-1", content: "x")])
            try credentials.forgetOthers()
            let file = try FileManager.default.attributesOfItem(atPath: folder + "/sealed-a-1")
            #expect((file[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            try DurableFile.replace(folder + "/lab", with: Array("the operator's".utf8), mode: 0o600)
            try credentials.keep([HostCredentials(name: "sealed-a-2", content: "y")])
            #expect(try names(folder) == ["lab", "sealed-a-1", "sealed-a-2"])
            try credentials.forgetOthers()
            #expect(try names(folder) == ["lab", "sealed-a-2"])
            // A stream that begins anew and names none.
            try BucketCredentials(folder: folder).forgetOthers()
            #expect(try names(folder) == ["lab"])
        }
    }

    @Test(arguments: ["lab", "sealed-../../etc/x", "../sealed-x"])
    func `a name that leads elsewhere is refused`(name: String) async throws {
        try await withScratchFolder { root in
            var credentials = BucketCredentials(folder: root + "/credentials")
            #expect(throws: UplinkError.badCredentialsName(name)) {
                try credentials.keep([HostCredentials(name: name, content: "x")])
            }
            #expect(!DurableFile.exists(root + "/credentials"))
        }
    }
}
