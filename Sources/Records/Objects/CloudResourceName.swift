package import Model

/// The names by which VPC flow logs call things: `crn:v1:gatehouse:private:is:REGION:a/ACCOUNT::vpc:ID`.
///
/// They are those of the VPC API. In place of the region subnets and instances have their zone; the first zone of a region
/// is `REGION-1` where nobody says otherwise.
package struct CloudResourceName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    private init(_ type: String, _ id: String, account: String, location: String) {
        let account = PercentEncoding.encode(account)
        let location = PercentEncoding.encode(location)
        self.description = "crn:v1:gatehouse:private:is:\(location):a/\(account)::\(type):\(id)"
    }

    package init(vpcOf placement: Placement, region: String) {
        self.init("vpc", placement.vpc.description, account: placement.project, location: region)
    }

    package init(subnetOf placement: Placement, region: String) {
        self.init(
            "subnet", placement.subnet.description, account: placement.project,
            location: placement.subnetZone ?? Self.firstZone(of: region))
    }

    package init(instanceOf placement: Placement, region: String) {
        self.init(
            "instance", placement.instance.description, account: placement.project,
            location: placement.instanceZone ?? Self.firstZone(of: region))
    }

    /// `account` is the project of a collector that does not name its own.
    package init(_ collector: Collector, account: String, region: String) {
        self.init(
            "flow-log-collector", collector.id.description, account: collector.project ?? account, location: region)
    }

    static func firstZone(of region: String) -> String { "\(region)-1" }

    /// The name as a part of an object's key: `:` is `%3A`, `/` is `%2F`.
    package var keyPart: String { PercentEncoding.encode(description) }
}

/// Percent-encoding of RFC 3986: all but unreserved characters, with capital digits.
enum PercentEncoding {
    /// A text as one whole part of a key: `unknown` where it is empty, and never `.` or `..`, which lead elsewhere.
    static func wholePart(_ text: String) -> String {
        guard !text.isEmpty else { return "unknown" }
        return text.utf8.allSatisfy { $0 == UInt8(ascii: ".") } ? text.replacing(".", with: "%2E") : encode(text)
    }

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
