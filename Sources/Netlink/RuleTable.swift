import CNetlink
package import Model

/// One table of nftables over netlink: what must be quicker than the `nft` program.
///
/// Facts from linux/netfilter/nf_tables.h. Chains and rules in bulk go in through `nft`.
package struct RuleTable {
    package let table: TableName
    let socket: NetfilterSocket
    var name: String { table.name }
    var family: UInt8 { table.family.rawValue }

    package init(_ table: TableName, socket: NetfilterSocket) {
        self.table = table
        self.socket = socket
    }

    static func type(_ message: UInt32) -> UInt16 { UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(message) }

    /// An element of a set, as the kernel keeps it.
    package struct Element: Equatable {
        /// The key's components, each padded to four bytes; empty for the element that matches whatever no other does.
        package var key: [UInt8]
        package var traffic = Traffic.zero
        /// The last key of an interval; nil of a single key.
        package var end: [UInt8]?
    }

    /// The elements of a set with their counters.
    ///
    /// A dump that other changes interrupt is begun anew, a few times.
    package func elements(of set: String) throws(NetlinkError) -> [Element] {
        var attempts = 0
        while true {
            var found: [Element] = []
            do {
                try dumpElements(of: set) { key, end, traffic in
                    found.append(Element(key: key.array, traffic: traffic, end: end?.array))
                }
                return found
            } catch .interrupted(let request) {
                attempts += 1
                if attempts >= 8 { throw .interrupted(request: request) }
            }
        }
    }

    /// The elements of a set that no packet writes into any more, each once.
    ///
    /// A hash set grows in the background, also after the last write, and a dump that meets this growth can leave
    /// elements out or tell them twice. So the set is read until two readings agree.
    package func settledElements(of set: String) throws(NetlinkError) -> [Element] {
        var last: [[UInt8]: Traffic]?
        for _ in 0..<100 {
            var found: [[UInt8]: Traffic] = [:]
            var hasRepeats = false
            for element in try elements(of: set) {
                hasRepeats = found.updateValue(element.traffic, forKey: element.key) != nil || hasRepeats
            }
            if found.isEmpty && last == nil || !hasRepeats && found == last {
                return found.map { Element(key: $0.key, traffic: $0.value) }
            }
            last = found
        }
        throw .interrupted(request: "nftables dump of set \(set)")
    }

    /// Hands over each element of a set, with the last key of an interval; a key is only valid during the call.
    ///
    /// An element that cannot be read is an error: a set must not look smaller than it is.
    package func dumpElements(of set: String, each: (ByteView, ByteView?, Traffic) -> Void) throws(NetlinkError) {
        try socket.dump(
            "nftables dump of set \(set)", type: Self.type(NFT_MSG_GETSETELEM.rawValue), family: family,
            { Self.encodeDump(of: set, table: name, &$0) }, each: { Self.readElements($0, each) })
    }

    /// The number of the ruleset's present state (NFTA_GEN_ID): every transaction of anybody adds one.
    package func rulesetNumber() throws(NetlinkError) -> UInt32 {
        var number: UInt32?
        try socket.query("nftables generation", type: Self.type(NFT_MSG_GETGEN.rawValue)) { message in
            number = Self.readGeneration(message)
            return number != nil
        }
        guard let number else { throw .malformed(request: "nftables generation") }
        return number
    }

    /// Makes all steps at one instant, or none.
    package func commit(_ name: String, _ steps: [Step]) throws(NetlinkError) {
        try socket.transaction(
            name, steps.map { step in { builder, sequence in step.encode(&builder, table: self.table, sequence) } })
    }
}
