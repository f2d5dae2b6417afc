package import Model

/// The names by which VPC flow logs call things: `crn:v1:gatehouse:private:is:REGION:a/ACCOUNT::vpc:ID`.
package struct CloudResourceName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    private init(_ type: String, _ id: String, account: String, region: String) {
        let account = PercentEncoding.encode(account)
        let region = PercentEncoding.encode(region)
        self.description = "crn:v1:gatehouse:private:is:\(region):a/\(account)::\(type):\(id)"
    }

    package init(vpcOf placement: Placement, region: String) {
        self.init("vpc", placement.vpc.description, account: placement.project, region: region)
    }

    package init(subnetOf placement: Placement, region: String) {
        self.init("subnet", placement.subnet.description, account: placement.project, region: region)
    }

    package init(instanceOf placement: Placement, region: String) {
        self.init("instance", placement.instance.description, account: placement.project, region: region)
    }

    package init(_ collector: Collector, account: String, region: String) {
        self.init("flow-log-collector", collector.id.description, account: account, region: region)
    }

    /// The name as a part of an object's key: `:` is `%3A`, `/` is `%2F`.
    package var keyPart: String { PercentEncoding.encode(description) }
}

/// Percent-encoding of RFC 3986: all but unreserved characters, with capital digits.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var line = ByteLine(capacity: text.utf8.count * 2)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                line.append(byte)
            default:
                line.append(UInt8(ascii: "%"))
                line.append(capital(byte >> 4))
                line.append(capital(byte & 0xf))
            }
        }
        return line.text
    }

    private static func capital(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") - 10 + digit
    }
}
