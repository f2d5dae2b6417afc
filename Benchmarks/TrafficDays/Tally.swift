/// How well findings fit attacks, by kind.
package struct Tally: Sendable {
    package struct Row: Sendable {
        package var attacks = 0
        package var found = 0
        package var findings = 0
        package var right = 0
        /// First contacts, or attempts, until it was found.
        package var contacts: [Int] = []
        /// Seconds from an attack's beginning to its finding.
        package var delays: [Double] = []

        package var precision: Double { findings == 0 ? 1 : Double(right) / Double(findings) }
        package var recall: Double { attacks == 0 ? 1 : Double(found) / Double(attacks) }
    }

    package private(set) var rows: [String: Row] = [:]

    package init() {}

    /// A finding as the tally sees it.
    package struct Found: Sendable {
        package let kind: String
        package let entity: String
        package let foundAt: Int64
        package let lastSeen: Int64
        package let contacts: Int

        package init(kind: String, entity: String, foundAt: Int64, lastSeen: Int64, contacts: Int) {
            (self.kind, self.entity, self.foundAt) = (kind, entity, foundAt)
            (self.lastSeen, self.contacts) = (lastSeen, contacts)
        }
    }

    /// Adds a day: an attack is found by its kind and entity, and every other finding is a wrong one, as is a second one of an attack.
    package mutating func add(_ attacks: [TrafficDay.Attack], _ findings: [Found]) -> [Found] {
        var left = attacks
        var wrong: [Found] = []
        for attack in attacks { rows[attack.kind, default: Row()].attacks += 1 }
        for finding in findings {
            rows[finding.kind, default: Row()].findings += 1
            let place = left.firstIndex {
                $0.kind == finding.kind && $0.entity == finding.entity && finding.lastSeen >= $0.start
            }
            guard let place else {
                wrong.append(finding)
                continue
            }
            let attack = left.remove(at: place)
            rows[finding.kind, default: Row()].right += 1
            rows[finding.kind, default: Row()].found += 1
            rows[finding.kind, default: Row()].contacts.append(finding.contacts)
            rows[finding.kind, default: Row()].delays.append(Double(finding.foundAt - attack.start) / 1e6)
        }
        return wrong
    }

    /// All kinds together.
    package var whole: Row {
        rows.values.reduce(into: Row()) { sum, row in
            sum.attacks += row.attacks
            sum.found += row.found
            sum.findings += row.findings
            sum.right += row.right
        }
    }

    package static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }
}
