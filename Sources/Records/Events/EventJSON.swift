package import Model

/// The event log's own form: one JSON object a line, keys in a fixed order, absent values left out.
///
/// `docs/formats/event-log.md` describes each key. What belongs to an interface, a rule or a revision is encoded once
/// and kept; for each event only its own numbers are written.
package struct EventJSON: Sendable {
    private let host: [UInt8]
    private var catalogue: Catalogue
    private var placements: [Identifier<Interface>: [UInt8]] = [:]
    private var rules: [Identifier<Rule>: [UInt8]] = [:]
    private var changes: [Change: [UInt8]] = [:]
    private let protocols: [[UInt8]]

    private struct Change: Hashable {
        let rule: Identifier<Rule>
        let revision: Int
    }

    package init(host: String, catalogue: Catalogue) {
        self.catalogue = catalogue
        var fragment = ByteLine(capacity: 64)
        fragment.append(jsonMember: "host", host)
        self.host = fragment.bytes
        self.protocols = (0...UInt8.max).map { number in
            var fragment = ByteLine(capacity: 48)
            fragment.append(jsonMember: "protocol", TransportProtocol(rawValue: number).description)
            fragment.append(jsonKey: "protocol_number")
            fragment.append(decimal: UInt64(number))
            return fragment.bytes
        }
    }

    /// Takes the names of a newer catalogue for the lines that follow.
    package mutating func learn(_ catalogue: Catalogue) {
        self.catalogue = catalogue
        placements.removeAll(keepingCapacity: true)
        rules.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
    }

    /// Writes the event as one line with its line feed.
    package mutating func append(_ event: SessionEvent, to line: inout ByteLine) {
        line.append("{\"sequence\":")
        line.append(decimal: event.sequence)
        line.append(",\"time\":")
        line.append(jsonInstant: event.time)
        line.append(host)
        line.append(jsonWord: "verdict", event.word)
        if let wouldBe = catalogue.wouldBe(event) { line.append(jsonWord: "would_be", wouldBe.word) }
        if event.verdict == .drop, let reason = DropReason(stage: event.stage, rule: event.rule) {
            line.append(jsonWord: "reason", reason.rawValue)
        }
        line.append(jsonWord: "direction", event.direction.rawValue)
        appendPlacement(event.interface, to: &line)
        line.append(jsonWord: "stage", event.stage.rawValue)
        appendRule(event.rule, to: &line)
        line.append(",\"revision\":")
        line.append(decimal: event.revision)
        appendChange(Change(rule: event.rule, revision: event.revision), to: &line)
        appendKey(event.key, to: &line)
        appendPacket(event, to: &line)
        if let translation = event.translation { append(translation, to: &line) }
        line.append("}\n")
    }

    private func appendKey(_ key: FlowKey, to line: inout ByteLine) {
        line.append(",\"src_ip\":\"")
        line.append(key.initiator)
        line.append("\",\"dst_ip\":\"")
        line.append(key.target)
        line.append(UInt8(ascii: "\""))
        line.append(protocols[Int(key.transport.rawValue)])
        if key.transport.hasPorts {
            if let port = key.initiatorPort {
                line.append(",\"src_port\":")
                line.append(decimal: UInt64(port))
            }
            if let port = key.targetPort {
                line.append(",\"dst_port\":")
                line.append(decimal: UInt64(port))
            }
        } else if let type = key.icmpType, let code = key.icmpCode {
            line.append(",\"icmp_type\":")
            line.append(decimal: UInt64(type))
            line.append(",\"icmp_code\":")
            line.append(decimal: UInt64(code))
        }
    }

    private func appendPacket(_ event: SessionEvent, to line: inout ByteLine) {
        let layout = PacketLayout(event.packet)
        if let flags = layout.tcpFlags(event.packet) {
            line.append(",\"tcp_flags\":\"")
            line.append(flags == TCPFlags(rawValue: 2) ? "SYN" : flags.text)
            line.append(UInt8(ascii: "\""))
        }
        if let timeToLive = layout.timeToLive {
            line.append(",\"ttl\":")
            line.append(decimal: UInt64(timeToLive))
        }
        if let length = layout.length {
            line.append(",\"length\":")
            line.append(decimal: length)
        }
        append(event.sourceMAC, key: ",\"src_mac\":\"", to: &line)
        append(event.targetMAC, key: ",\"dst_mac\":\"", to: &line)
    }

    private func append(_ translation: Translation, to line: inout ByteLine) {
        for (side, key) in [("pre_nat", translation.before), ("post_nat", translation.after)] {
            append(side, "src", key.initiator, key.transport.hasPorts ? key.initiatorPort : nil, to: &line)
            append(side, "dst", key.target, key.transport.hasPorts ? key.targetPort : nil, to: &line)
        }
    }

    private func append(
        _ side: String, _ end: String, _ address: IPAddress, _ port: UInt16?, to line: inout ByteLine
    ) {
        line.append(",\"\(side)_\(end)_ip\":\"")
        line.append(address)
        line.append(UInt8(ascii: "\""))
        guard let port else { return }
        line.append(",\"\(side)_\(end)_port\":")
        line.append(decimal: UInt64(port))
    }

    private func append(_ address: MACAddress?, key: String, to line: inout ByteLine) {
        guard let address else { return }
        line.append(key)
        line.append(address)
        line.append(UInt8(ascii: "\""))
    }
}

/// The parts that are encoded once.
extension EventJSON {
    private mutating func appendPlacement(_ interface: Identifier<Interface>, to line: inout ByteLine) {
        if let known = placements[interface] {
            line.append(known)
            return
        }
        var made = ByteLine(capacity: 320)
        let placement = catalogue.placement(interface)
        if let placement {
            made.append(jsonMember: "project", placement.project)
            if let name = placement.projectName { made.append(jsonMember: "project_name", name) }
            made.append(jsonMember: "vpc", placement.vpcName)
            made.append(jsonMember: "subnet", placement.subnetName)
            made.append(jsonMember: "instance", placement.instanceName)
            made.append(jsonMember: "interface", placement.interfaceName)
        }
        made.append(jsonMember: "interface_id", interface.description)
        if let placement, !placement.device.isEmpty { made.append(jsonMember: "device", placement.device) }
        if placement != nil { placements[interface] = made.bytes }
        line.append(made.bytes)
    }

    private mutating func appendRule(_ rule: Identifier<Rule>, to line: inout ByteLine) {
        if let known = rules[rule] {
            line.append(known)
            return
        }
        var made = ByteLine(capacity: 256)
        made.append(jsonMember: "rule_id", rule.description)
        let reference = catalogue.rule(rule)
        if let reference {
            made.append(jsonMember: "rule", reference.text)
            if let name = reference.name { made.append(jsonMember: "rule_name", name) }
            if !reference.group.isEmpty { made.append(jsonMember: "group", reference.group) }
            if let group = reference.groupID { made.append(jsonMember: "security_group_id", group.description) }
        }
        if reference != nil { rules[rule] = made.bytes }
        line.append(made.bytes)
    }

    private mutating func appendChange(_ change: Change, to line: inout ByteLine) {
        if let known = changes[change] {
            line.append(known)
            return
        }
        guard let note = catalogue.change(behind: change.rule, inForce: change.revision) else { return }
        var made = ByteLine(capacity: 96)
        made.append(jsonMember: "changed_by", note.actor)
        made.append(jsonKey: "changed_at")
        made.append(jsonInstant: note.madeAt)
        changes[change] = made.bytes
        line.append(made.bytes)
    }
}

extension SessionEvent {
    /// What an observation's line says in the place of a verdict.
    package static let observation = "OBSERVE"

    /// The word that its line has for its verdict.
    fileprivate var word: String { isObservation ? Self.observation : verdict.word }
}

extension Catalogue {
    /// What would have become of a session that was let through because its interface is observed.
    fileprivate func wouldBe(_ event: SessionEvent) -> Verdict? {
        guard event.verdict == .accept, !event.isObservation, event.stage.hasAuthor else { return nil }
        return rule(event.rule)?.refuses == true ? .drop : nil
    }
}

extension ByteLine {
    /// Writes a member after others whose value is a word of ours, which needs no escapes.
    fileprivate mutating func append(jsonWord key: String, _ word: String) {
        append(jsonKey: key)
        append(UInt8(ascii: "\""))
        append(word)
        append(UInt8(ascii: "\""))
    }
}
