package import Model

/// The key of a flow-log object: where in the bucket the records of one interface, part and window lie.
package struct IBMObjectKey: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "ibm_vpc_flowlogs_v1/"

    package let description: String

    /// - Parameters:
    ///   - placement: The interface whose records the object holds.
    ///   - part: Which of the interface's records; each window has an object of `ingress` and of `egress`.
    ///   - region: The region's name, plain.
    ///   - windowEnd: The end of the capture window, which says the folder of the hour.
    ///   - stream: The end of the stream's first window.
    ///   - counter: The object's number in its hour folder, from 0 on.
    package init(
        placement: Placement, part: FlowObjectFormat.Part, region: String, windowEnd: Timestamp, stream: Timestamp,
        counter: Int
    ) {
        let vpc = CloudResourceName(vpcOf: placement, region: region).keyPart
        let subnet = CloudResourceName(subnetOf: placement, region: region).keyPart
        let instance = CloudResourceName(instanceOf: placement, region: region).keyPart
        let account = PercentEncoding.encode(placement.project)
        var line = ByteLine(capacity: 640)
        line.append("\(Self.prefix)account=\(account)/region=\(PercentEncoding.encode(region))")
        line.append("/vpc-id=\(vpc)/subnet-id=\(subnet)/endpoint-type=vnics/instance-id=\(instance)")
        line.append("/vnic-id=\(placement.interface)/record-type=\(part.rawValue)")
        line.append(hourFolders: CivilTime(windowEnd))
        line.append("/stream-id=")
        line.append(streamName: CivilTime(stream))
        line.append(UInt8(ascii: "/"))
        line.append(decimal: counter, width: 8)
        line.append(".gz")
        self.description = line.text
    }
}

extension ByteLine {
    /// Writes `/year=2026/month=11/day=03/hour=09`.
    mutating func append(hourFolders calendar: CivilTime) {
        append("/year=")
        append(decimal: calendar.year, width: 4)
        append("/month=")
        append(decimal: calendar.month, width: 2)
        append("/day=")
        append(decimal: calendar.day, width: 2)
        append("/hour=")
        append(decimal: calendar.hour, width: 2)
    }

    /// Writes `20261103`.
    mutating func append(dayName calendar: CivilTime) {
        append(decimal: calendar.year, width: 4)
        append(decimal: calendar.month, width: 2)
        append(decimal: calendar.day, width: 2)
    }

    /// Writes `20261103T090002Z`.
    mutating func append(streamName calendar: CivilTime) {
        append(dayName: calendar)
        append(UInt8(ascii: "T"))
        append(decimal: calendar.hour, width: 2)
        append(decimal: calendar.minute, width: 2)
        append(decimal: calendar.second, width: 2)
        append(UInt8(ascii: "Z"))
    }
}
