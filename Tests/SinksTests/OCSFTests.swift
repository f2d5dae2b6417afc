import Foundation
import Model
import TestSupport
import Testing

@testable import Sinks

/// Our OCSF against the schema's own lists of attributes, requirements, profiles and enumerations.
@Suite struct OCSFTests {
    static let flow = """
        {"id":"gw-01:88","window_start":"2026-11-20T10:00:00.000000Z","window_end":"2026-11-20T10:01:00.000000Z",\
        "start":"2026-11-20T10:00:01.000000Z","end":"2026-11-20T10:00:31.000000Z","connection_start":"2026-11-20T10:00:01.000000Z",\
        "connection":12,"host":"gw-01","project":"demo","vpc":"shop","subnet":"front","instance":"web-1","interface":"eth0",\
        "interface_id":"0e86db6f-4f1b-891e-bb82-0f4016d7a468","direction":"egress","verdict":"accept","stage":"group",\
        "rule_id":"b0a20fd7-7cad-830d-a8de-2af1501b9f25","rule":"egress any to any","group":"web","revision":2,\
        "initiator_ip":"10.10.1.5","initiator_port":41000,"target_ip":"2001:db8::1","target_port":443,"protocol":"tcp",\
        "protocol_number":6,"packets_from_initiator":5,"bytes_from_initiator":500,"packets_from_target":4,"bytes_from_target":400,\
        "state":"ended","detail":"full"}
        """
    static let total = """
        {"id":"gw-01:89","start":"2026-11-20T10:00:01.000000Z","end":"2026-11-20T10:00:31.000000Z","host":"gw-01",\
        "interface_id":"0e86db6f-4f1b-891e-bb82-0f4016d7a468","direction":"ingress","verdict":"drop","stage":"guard","detail":"total"}
        """
    static let audit = """
        {"kind":"audit","id":"gw-01:revision:7","time":"2026-11-20T10:00:00.000000Z","host":"gw-01","action":"apply","actor":"ada",\
        "origin":"shop.yaml","project":"demo","revision":7}
        """
    static let finding = """
        {"kind":"finding","id":"gw-01:loss:90","time":"2026-11-20T10:00:00.000000Z","host":"gw-01","reason":"unguarded",\
        "title":"Packets may have passed that no rule judged","interface_id":"0e86db6f-4f1b-891e-bb82-0f4016d7a468","way":"into",\
        "packets":0,"bytes":0,"from":"2026-11-20T09:59:00.000000Z","to":"2026-11-20T10:00:00.000000Z"}
        """

    @Test(arguments: [
        (SinkSource.events, SinkRig.event(1)), (.events, SinkRig.event(2, verdict: "ACCEPT")),
        (.events, SinkRig.event(3, verdict: "OBSERVE")), (.flows, flow), (.flows, total), (.audit, audit),
        (.findings, finding),
        (
            .events,
            #"{"kind":"summary","host":"gw-01","lost":3,"suppressed":9,"from":"2026-11-20T10:00:00Z","to":"2026-11-20T10:00:01Z"}"#
        ),
    ])
    func `every sort of record meets the schema`(_ source: SinkSource, _ line: String) throws {
        let event = try MappingTests.object(try MappingTests.render(.ocsf, line, source))
        let faults = try OCSFSchema().faults(event)
        #expect(faults.isEmpty, "\(faults)")
    }

    @Test(arguments: MappingTests.hostile)
    func `hostile values meet it too`(_ value: String) throws {
        let event = try MappingTests.object(
            try MappingTests.render(.ocsf, SinkRig.event(1, rule: value, instance: value)))
        #expect(try OCSFSchema().faults(event).isEmpty)
    }

    @Test func `the schema refuses what is wrong`() throws {
        var event = try MappingTests.object(try MappingTests.render(.ocsf, SinkRig.event(1)))
        event["time"] = nil
        event["severity_id"] = 77
        event["nonsense"] = 1
        event["type_uid"] = 400_102
        let faults = try OCSFSchema().faults(event)
        #expect(faults.count == 4, "\(faults)")
    }
}

/// The part of OCSF 1.8.0 that our classes use; `Fixtures/ocsf.json` has names, types, requirements, profiles, enumerations.
struct OCSFSchema {
    private let classes: [String: [String: Any]]
    private let objects: [String: [String: Any]]

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/ocsf.json")
        let root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        classes = try #require(root["classes"] as? [String: [String: Any]])
        objects = try #require(root["objects"] as? [String: [String: Any]])
    }

    func faults(_ event: [String: Any]) -> [String] {
        guard let kind = classes.values.first(where: { $0["uid"] as? Int == event["class_uid"] as? Int }) else {
            return ["no class \(String(describing: event["class_uid"]))"]
        }
        let profiles = Set((event["metadata"] as? [String: Any])?["profiles"] as? [String] ?? [])
        var faults = faults(event, kind, profiles, "")
        let uid = (event["class_uid"] as? Int ?? 0) * 100 + (event["activity_id"] as? Int ?? -1)
        if event["type_uid"] as? Int != uid { faults.append("type_uid is not \(uid)") }
        return faults
    }

    private func faults(_ value: [String: Any], _ kind: [String: Any], _ profiles: Set<String>, _ path: String)
        -> [String]
    {
        guard let attributes = kind["attributes"] as? [String: [String: Any]] else {
            return ["no attributes at \(path)"]
        }
        func applies(_ attribute: [String: Any]) -> Bool {
            (attribute["profile"] as? String).map(profiles.contains) ?? true
        }
        var faults: [String] = []
        for (name, attribute) in attributes where applies(attribute) && attribute["req"] as? String == "required" {
            if value[name] == nil { faults.append("\(path)\(name) is missing") }
        }
        if let some = (kind["constraints"] as? [String: Any])?["at_least_one"] as? [String],
            !some.contains(where: { value[$0] != nil })
        {
            faults.append("\(path): none of \(some)")
        }
        for (name, member) in value {
            guard let attribute = attributes[name], applies(attribute) else {
                faults.append("\(path)\(name) is unknown")
                continue
            }
            let type = attribute["t"] as? String ?? ""
            let isList = attribute["arr"] as? Bool ?? false
            for element in isList ? member as? [Any] ?? [] : [member] {
                faults += self.faults(element, type, attribute, profiles, "\(path)\(name)")
            }
            if isList != (member is [Any]) { faults.append("\(path)\(name) is a list, or none") }
        }
        return faults
    }

    private func faults(
        _ value: Any, _ type: String, _ attribute: [String: Any], _ profiles: Set<String>, _ path: String
    ) -> [String] {
        if let allowed = attribute["enum"] as? [String: Any], let number = value as? Int, allowed[String(number)] == nil
        {
            return ["\(path): \(number) is not in its enumeration"]
        }
        switch type {
        case "integer_t", "timestamp_t", "long_t", "port_t": return value is Int ? [] : ["\(path) is no number"]
        case "string_t", "hostname_t", "ip_t", "mac_t", "username_t", "uuid_t", "subnet_t", "datetime_t",
            "resource_uid_t":
            return value is String ? [] : ["\(path) is no text"]
        case "boolean_t": return value is Bool ? [] : ["\(path) is no truth"]
        case "object", "json_t": return []
        default:
            guard let kind = objects[type] else { return ["\(path): type \(type) is not in the subset"] }
            guard let object = value as? [String: Any] else { return ["\(path) is no object"] }
            return faults(object, kind, profiles, path + ".")
        }
    }
}
