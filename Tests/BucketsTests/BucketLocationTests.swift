import Testing

@testable import Buckets

@Suite struct BucketLocationTests {
    private func location(_ text: String) throws -> S3Location {
        guard case .s3(let location) = try BucketLocation(text, dataFolder: "/data") else {
            throw BucketError.badLocation(text, reason: "a folder")
        }
        return location
    }

    @Test func `folders are absolute or in the data folder`() throws {
        #expect(try BucketLocation("file:logs/", dataFolder: "/data") == .folder(root: "/data/logs", isOurs: true))
        #expect(try BucketLocation("file:/mnt/logs", dataFolder: "/data") == .folder(root: "/mnt/logs", isOurs: false))
    }

    @Test func `a bucket alone is one of AWS`() throws {
        let location = try location("s3://flows-eu?region=eu-west-1")
        #expect(location.host == "s3.eu-west-1.amazonaws.com")
        #expect(location.isSecure)
        #expect(location.style == .virtual)
        #expect(location.prefix.isEmpty)
        #expect(location.credentials == nil)
    }

    @Test func `every option is read`() throws {
        let location = try location(
            "s3://flows/a%3A/b?endpoint=http://[::1]:7480&region=default&style=virtual&credentials=lab&ca=%2Fetc%2Fca.pem"
                + "&proxy=http://proxy.lab:3128")
        #expect(location.prefix == "a%3A/b/")
        #expect(location.host == "[::1]")
        #expect(location.port == 7480)
        #expect(!location.isSecure)
        #expect(location.style == .virtual)
        #expect(location.region == "default")
        #expect(location.credentials == "lab")
        #expect(location.authorityFile == "/etc/ca.pem")
        #expect(location.proxy == .init(host: "proxy.lab", port: 3128))
    }

    @Test func `an endpoint of one's own is asked by path`() throws {
        #expect(try location("s3://flows?endpoint=https://store.lab").style == .path)
    }

    @Test(arguments: [
        ("logs", "write file:PATH or s3://BUCKET?endpoint=https://HOST"), ("file:", "write file:PATH"),
        ("file:\u{0}", "write file:PATH"),
        ("s3://", "\"\" is not a bucket's name: 3 to 63 small letters, digits, \".\" and \"-\""),
        ("s3://Flows", "\"Flows\" is not a bucket's name: 3 to 63 small letters, digits, \".\" and \"-\""),
        ("s3://flows?endpoint=ftp://x", "endpoint \"ftp://x\" is not https://HOST[:PORT] or http://HOST[:PORT]"),
        (
            "s3://flows?endpoint=http://u:p@x",
            "endpoint \"http://u:p@x\" is not https://HOST[:PORT] or http://HOST[:PORT]"
        ),
        (
            "s3://flows?endpoint=http://x:99999",
            "endpoint \"http://x:99999\" is not https://HOST[:PORT] or http://HOST[:PORT]"
        ),
        ("s3://flows?style=dns", "style \"dns\" is not path or virtual"),
        ("s3://flows?proxy=x", "proxy \"x\" is not http://HOST:PORT"),
        ("s3://flows?region", "option \"region\" has no value"),
        ("s3://flows?user=x", "there is no option \"user\"; there are endpoint, region, style, credentials, ca, proxy"),
    ])
    func `what is wrong is named`(text: String, reason: String) {
        #expect(throws: BucketError.badLocation(text, reason: reason)) { try BucketLocation(text, dataFolder: "/data") }
    }
}
