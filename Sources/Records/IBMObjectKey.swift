package import Model

/// The key of a flow-log object: where in the bucket the records of one interface, part and window lie.
package struct IBMObjectKey: Hashable, Sendable, CustomStringConvertible {
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
        line.append("ibm_vpc_flowlogs_v1/account=\(account)/region=\(PercentEncoding.encode(region))")
        line.append("/vpc-id=\(vpc)/subnet-id=\(subnet)/endpoint-type=vnics/instance-id=\(instance)")
        line.append("/vnic-id=\(placement.interface)/record-type=\(part.rawValue)")
        let hour = CivilTime(windowEnd)
        line.append("/year=")
        line.append(decimal: hour.year, width: 4)
        line.append("/month=")
        line.append(decimal: hour.month, width: 2)
        line.append("/day=")
        line.append(decimal: hour.day, width: 2)
        line.append("/hour=")
        line.append(decimal: hour.hour, width: 2)
        line.append("/stream-id=")
        line.append(streamName: CivilTime(stream))
        line.append(UInt8(ascii: "/"))
        line.append(decimal: counter, width: 8)
        line.append(".gz")
        self.description = line.text
    }
}

extension ByteLine {
    /// Writes `20261103T090002Z`.
    fileprivate mutating func append(streamName calendar: CivilTime) {
        append(decimal: calendar.year, width: 4)
        append(decimal: calendar.month, width: 2)
        append(decimal: calendar.day, width: 2)
        append(UInt8(ascii: "T"))
        append(decimal: calendar.hour, width: 2)
        append(decimal: calendar.minute, width: 2)
        append(decimal: calendar.second, width: 2)
        append(UInt8(ascii: "Z"))
    }
}
