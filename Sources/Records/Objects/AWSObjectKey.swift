package import Model

/// The key of an object of format `aws`:
/// `AWSLogs/ACCOUNT/vpcflowlogs/REGION/YYYY/MM/DD/ACCOUNT_vpcflowlogs_REGION_COLLECTOR_YYYYMMDDTHHMMZ_HASH.log.gz`.
///
/// The stamp is the start of the five-minute slot in which the span has its last instant. A collector whose interval is
/// longer than that has records of earlier slots in it too. AWS's hash means nothing to its readers; here it is the
/// interface's id and 16 digits of stream, hour and counter, so that no key is written twice and an object's interface is
/// known. Account and region are percent-encoded.
package struct AWSObjectKey: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "AWSLogs/"
    /// How long a slot is, in seconds.
    static let slot: Int64 = 300

    package let description: String

    /// - Parameters:
    ///   - collector: The flow log.
    ///   - placement: The interface whose records the object holds.
    ///   - region: The region's name, plain.
    ///   - end: The end of the span.
    ///   - stream: The end of the stream's first span.
    ///   - counter: The object's number in the hour of `end`, from 0 on.
    package init(
        collector: Collector, placement: Placement, region: String, end: Timestamp, stream: Timestamp, counter: Int
    ) {
        let account = PercentEncoding.wholePart(placement.project)
        let region = PercentEncoding.wholePart(region)
        let stamp = CivilTime(
            Timestamp(nanoseconds: end.nanoseconds - 1).aligned(to: .seconds(Self.slot)))
        let hour = end.aligned(to: .seconds(3600)).seconds / 3600
        let place = Identifier<AWSObjectKey>(
            derivedFrom: "aws-object", "\(stream.nanoseconds)", "\(hour)", "\(counter)")
        var line = ByteLine(capacity: 320)
        line.append("\(Self.prefix)\(account)/vpcflowlogs/\(region)/")
        line.append(decimal: stamp.year, width: 4)
        line.append(UInt8(ascii: "/"))
        line.append(decimal: stamp.month, width: 2)
        line.append(UInt8(ascii: "/"))
        line.append(decimal: stamp.day, width: 2)
        line.append("/\(account)_vpcflowlogs_\(region)_\(collector.id)_")
        line.append(dayName: stamp)
        line.append(UInt8(ascii: "T"))
        line.append(decimal: stamp.hour, width: 2)
        line.append(decimal: stamp.minute, width: 2)
        line.append("Z_")
        line.append(hexadecimal: placement.interface.high, width: 16)
        line.append(hexadecimal: placement.interface.low, width: 16)
        line.append(hexadecimal: place.low ^ place.high, width: 16)
        line.append(".log.gz")
        self.description = line.text
    }
}
