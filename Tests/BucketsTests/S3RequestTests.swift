import AsyncHTTPClient
import Model
import NIOHTTP1
import Testing

@testable import Buckets

/// What is sent, without a store.
@Suite struct S3RequestTests {
    private func signed(_ location: String, _ request: S3Bucket.Request, token: String? = nil) async throws
        -> HTTPClientRequest
    {
        var tuning = S3Bucket.Tuning()
        tuning.now = { Timestamp(seconds: 1_369_353_600) }
        let credentials = Credentials(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            sessionToken: token)
        let bucket = try S3Bucket(try S3Location(location), credentials: credentials, tuning: tuning)
        let signed = bucket.signed(request)
        await bucket.close()
        return signed
    }

    @Test(arguments: [
        (
            "s3://flows?region=eu-west-1", "https://flows.s3.eu-west-1.amazonaws.com/a%253A/b%3D1",
            "flows.s3.eu-west-1.amazonaws.com"
        ),
        (
            "s3://flows/p?endpoint=https://store.lab:9000", "https://store.lab:9000/flows/p/a%253A/b%3D1",
            "store.lab:9000"
        ),
        (
            "s3://flows?endpoint=http://store.lab&style=virtual", "http://flows.store.lab/a%253A/b%3D1",
            "flows.store.lab"
        ),
    ])
    func `host and path follow the style`(location: String, url: String, host: String) async throws {
        let request = try await signed(location, .init(method: .PUT, key: "a%3A/b=1"))
        #expect(request.url == url)
        #expect(request.headers["host"] == [host])
    }

    @Test func `a bucket's own requests have a path of their own`() async throws {
        let query = [(name: "list-type", value: "2"), (name: "prefix", value: "a%3A/")]
        let virtual = try await signed("s3://flows", .init(query: query))
        #expect(virtual.url == "https://flows.s3.us-east-1.amazonaws.com/?list-type=2&prefix=a%253A%2F")
        let path = try await signed("s3://flows?endpoint=https://store.lab", .init(query: query))
        #expect(path.url == "https://store.lab/flows?list-type=2&prefix=a%253A%2F")
    }

    @Test func `the reference's example is what is sent`() async throws {
        let request = try await signed(
            "s3://examplebucket?endpoint=https://s3.amazonaws.com&style=virtual",
            .init(key: "test.txt", headers: [("range", "bytes=0-9")]))
        #expect(
            request.headers["authorization"] == [
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                    + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                    + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
            ])
    }

    @Test func `a session token is sent, signed`() async throws {
        let request = try await signed("s3://flows", .init(key: "a"), token: "T0KEN")
        #expect(request.headers["x-amz-security-token"] == ["T0KEN"])
        #expect(request.headers["authorization"][0].contains("x-amz-date;x-amz-security-token,"))
    }
}
