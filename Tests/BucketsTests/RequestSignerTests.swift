import Model
import Testing

@testable import Buckets

/// The examples that AWS publishes: of its Signature Version 4 test suite, and of the S3 API reference.
@Suite struct RequestSignerTests {
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        var method = "GET"
        var path = "/"
        var query: [String] = []
        var headers: [String] = []
        var payloadHash = RequestSignerTests.emptyHash
        let signature: String

        var testDescription: String { name }
    }

    private static let suite = [
        Example(
            name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Example(
            name: "get-vanilla-query-order-key-case", query: ["Param2=value2", "Param1=value1"],
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Example(
            name: "post-vanilla", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ]

    @Test(arguments: suite) func `the test suite's signatures are ours`(example: Example) {
        let credentials = Credentials(
            accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        let signer = RequestSigner(credentials: credentials, region: "us-east-1", service: "service")
        let headers = ["host:example.amazonaws.com", "x-amz-date:20150830T123600Z"]
        let line = signer.authorization(
            request(example, headers), at: Timestamp(seconds: 1_440_938_160))
        #expect(
            line == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=\(example.signature)")
    }

    private static let reference = [
        Example(
            name: "GET Object", path: "/test.txt", headers: ["range:bytes=0-9"],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Example(
            name: "PUT Object", method: "PUT", path: "/test%24file.text",
            headers: ["date:Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class:REDUCED_REDUNDANCY"],
            payloadHash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        Example(
            name: "GET Bucket Lifecycle", query: ["lifecycle="],
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Example(
            name: "List Objects", query: ["max-keys=2", "prefix=J"],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test(arguments: reference) func `the S3 reference's signatures are ours`(example: Example) {
        let credentials = Credentials(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let headers = [
            "host:examplebucket.s3.amazonaws.com", "x-amz-date:20130524T000000Z",
            "x-amz-content-sha256:\(example.payloadHash)",
        ]
        let line = RequestSigner(credentials: credentials, region: "us-east-1").authorization(
            request(example, headers), at: Timestamp(seconds: 1_369_353_600))
        #expect(line.hasSuffix(", Signature=\(example.signature)"))
    }

    private func request(_ example: Example, _ headers: [String]) -> RequestSigner.Request {
        func pairs(_ lines: [String], _ separator: Character) -> [(name: String, value: String)] {
            lines.map { line in
                let parts = line.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts[1]))
            }
        }
        return RequestSigner.Request(
            method: example.method, path: example.path, query: pairs(example.query, "="),
            headers: pairs(headers + example.headers, ":"), payloadHash: example.payloadHash)
    }

    @Test func `spaces of a header's value are signed as the service reads them`() {
        let credentials = Credentials(accessKey: "A", secretKey: "S")
        let signer = RequestSigner(credentials: credentials, region: "r")
        let lines = [" a  b ", "a b"].map {
            signer.authorization(.init(headers: [("x-amz-meta-note", $0)], payloadHash: ""), at: Timestamp(seconds: 0))
        }
        #expect(lines[0] == lines[1])
    }

    @Test(arguments: [("a%3A/b=c", "a%253A/b%3Dc"), ("c d+é.gz", "c%20d%2B%C3%A9.gz"), ("-._~Az09", "-._~Az09")])
    func `a key is encoded once`(key: String, path: String) {
        #expect(PercentEncoding.path(key) == path)
        #expect(PercentEncoding.decode(path) == key)
    }

    @Test func `a date is read as HTTP writes it`() {
        #expect(HTTPDate.parse("Fri, 24 May 2013 00:00:00 GMT") == Timestamp(seconds: 1_369_353_600))
        #expect(HTTPDate.parse("Thu, 29 Feb 2024 23:59:59 GMT") == Timestamp(seconds: 1_709_251_199))
        // A store may say anything of its clock.
        #expect(HTTPDate.parse("Fri, 31 Dec 9999 23:59:59 GMT") == Timestamp(nanoseconds: .max))
        #expect(HTTPDate.pause("Fri, 31 Dec 9999 23:59:59 GMT", now: Timestamp(seconds: 0)) == .nanoseconds(Int64.max))
        #expect(HTTPDate.parse("Friday, 24-May-13 00:00:00 GMT") == nil)
        #expect(HTTPDate.pause("7", now: Timestamp(seconds: 0)) == .seconds(7))
        #expect(
            HTTPDate.pause("Fri, 24 May 2013 00:01:00 GMT", now: Timestamp(seconds: 1_369_353_600)) == .seconds(60))
        #expect(HTTPDate.pause("soon", now: Timestamp(seconds: 0)) == nil)
    }

    @Test func `texts of an answer are found by element`() {
        let text = XMLText(
            "<?xml version=\"1.0\"?><R xmlns=\"x\"><Keys/><Key>a&amp;b&#x3A;&lt;</Key><C><Key>2</Key></C><KeyCount>1</KeyCount></R>"
        )
        #expect(text.elements("Key").count == 2)
        #expect(text.text(of: "Key") == "a&b:<")
        #expect(text.elements("C").first?.text(of: "Key") == "2")
        #expect(text.text(of: "Keys") == nil)
        #expect(text.text(of: "Absent") == nil)
    }
}
