/// A bucket as configuration names it.
///
/// | text | bucket |
/// |---|---|
/// | `file:PATH` | a folder; one that is not absolute lies in the data folder and is made when it is missing |
/// | `s3://BUCKET[/PREFIX][?…]` | a bucket of an S3 service, or what lies in it below a prefix |
///
/// After `?`, joined by `&` and percent-encoded: `endpoint=https://HOST[:PORT]` (without it, AWS), `region=R` (default
/// us-east-1), `style=path|virtual` (default path with an endpoint, virtual for AWS), `credentials=NAME` (without it, the
/// environment's), `ca=FILE` (PEM, instead of the system's authorities), `proxy=http://HOST:PORT`.
package enum BucketLocation: Hashable, Sendable {
    case folder(root: String, isOurs: Bool)
    case s3(S3Location)

    package init(_ text: String, dataFolder: String) throws(BucketError) {
        if text.hasPrefix("file:") {
            var path = String(text.dropFirst("file:".count))
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            guard !path.isEmpty, !path.utf8.contains(0) else { throw .badLocation(text, reason: "write file:PATH") }
            let isAbsolute = path.hasPrefix("/")
            self = .folder(root: isAbsolute ? path : "\(dataFolder)/\(path)", isOurs: !isAbsolute)
        } else if text.hasPrefix("s3://") {
            self = .s3(try S3Location(text))
        } else {
            throw .badLocation(text, reason: "write file:PATH or s3://BUCKET?endpoint=https://HOST")
        }
    }

    /// Makes the bucket, which connects when it is first used.
    package func open(_ credentials: CredentialStore) throws(BucketError) -> any Bucket {
        switch self {
        case .folder(let root, let isOurs): FolderBucket(root: root, createsRoot: isOurs)
        case .s3(let location): try S3Bucket(location, credentials: try credentials.find(location.credentials))
        }
    }
}

/// A bucket of an S3 service, and how it is reached.
package struct S3Location: Hashable, Sendable {
    package enum Style: String, Hashable, Sendable {
        /// `https://HOST/BUCKET/KEY`.
        case path
        /// `https://BUCKET.HOST/KEY`.
        case virtual
    }

    package let bucket: String
    /// What every key begins with: empty, or closed by a slash.
    package let prefix: String
    package let isSecure: Bool
    package let host: String
    /// Nil for the scheme's own.
    package let port: Int?
    package let region: String
    package let style: Style
    /// The name of its credentials; nil for those of the environment.
    package let credentials: String?
    /// A PEM file with the authorities that are trusted instead of the system's.
    package let authorityFile: String?
    package let proxy: Proxy?

    package struct Proxy: Hashable, Sendable {
        package let host: String
        package let port: Int
    }

    init(_ text: String) throws(BucketError) {
        func wrong(_ reason: String) -> BucketError { .badLocation(text, reason: reason) }
        let halves = text.dropFirst("s3://".count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let place = halves[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(place[0])
        guard Self.isBucketName(bucket) else {
            throw wrong("\"\(bucket)\" is not a bucket's name: 3 to 63 small letters, digits, \".\" and \"-\"")
        }
        let prefix = place.count > 1 ? String(place[1]) : ""
        self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
        if !self.prefix.isEmpty { try ObjectKey.check(self.prefix + "x") }
        let options = try Self.options(halves.count > 1 ? halves[1] : "", wrong)
        region = options["region"] ?? "us-east-1"
        guard !region.isEmpty, region.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }) else {
            throw wrong("region \"\(region)\" is not a region's name")
        }
        let endpoint = options["endpoint"] ?? "https://s3.\(region).amazonaws.com"
        guard let (isSecure, host, port) = Self.address(endpoint) else {
            throw wrong("endpoint \"\(endpoint)\" is not https://HOST[:PORT] or http://HOST[:PORT]")
        }
        (self.isSecure, self.host, self.port) = (isSecure, host, port)
        let word = options["style"] ?? (options["endpoint"] == nil ? "virtual" : "path")
        guard let style = Style(rawValue: word) else { throw wrong("style \"\(word)\" is not path or virtual") }
        self.style = style
        credentials = options["credentials"]
        authorityFile = options["ca"]
        if let proxy = options["proxy"] {
            guard let address = Self.address(proxy), let port = address.port, !address.isSecure else {
                throw wrong("proxy \"\(proxy)\" is not http://HOST:PORT")
            }
            self.proxy = Proxy(host: address.host, port: port)
        } else {
            proxy = nil
        }
    }

    private static func isBucketName(_ name: String) -> Bool {
        (3...63).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: ".")
            }
    }

    private static func options(
        _ text: Substring, _ wrong: (String) -> BucketError
    ) throws(BucketError) -> [String: String] {
        let known = ["endpoint", "region", "style", "credentials", "ca", "proxy"]
        var options: [String: String] = [:]
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard known.contains(name) else {
                throw wrong("there is no option \"\(name)\"; there are \(known.joined(separator: ", "))")
            }
            guard pair.count == 2, let value = PercentEncoding.decode(pair[1]), !value.isEmpty else {
                throw wrong("option \"\(name)\" has no value")
            }
            options[name] = value
        }
        return options
    }

    private static func address(_ text: String) -> (isSecure: Bool, host: String, port: Int?)? {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return nil }
        var rest = text.dropFirst(isSecure ? 8 : 7)
        if rest.hasSuffix("/") { rest.removeLast() }
        var port: Int?
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            port = number
            rest = rest[..<colon]
        }
        let isName = rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/?#@".utf8.contains($0) }
        return rest.isEmpty || !isName ? nil : (isSecure, String(rest), port)
    }
}
