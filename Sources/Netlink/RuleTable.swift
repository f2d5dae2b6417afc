import CNetlink
package import Model

/// One table of nftables over netlink: what must be quicker than the `nft` program.
///
/// Facts from linux/netfilter/nf_tables.h. Chains and rules in bulk go in through `nft`.
package struct RuleTable {
    package let table: TableName
    private let socket: NetfilterSocket
    private var name: String { table.name }
    private var family: UInt8 { table.family.rawValue }

    package init(_ table: TableName, socket: NetfilterSocket) {
        self.table = table
        self.socket = socket
    }

    private static func type(_ message: UInt32) -> UInt16 { UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(message) }

    /// An element of a set, as the kernel keeps it.
    package struct Element: Equatable {
        /// The key's components, each padded to four bytes.
        package var key: [UInt8]
        package var traffic = Traffic.zero
    }

    /// The elements of a set with their counters.
    ///
    /// A dump that other changes interrupt is begun anew, a few times.
    package func elements(of set: String) throws(NetlinkError) -> [Element] {
        var attempts = 0
        while true {
            var found: [Element] = []
            do {
                try dumpElements(of: set) { key, traffic in found.append(Element(key: key.array, traffic: traffic)) }
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

    /// Hands over each element of a set; the key is only valid during the call.
    package func dumpElements(of set: String, each: (ByteView, Traffic) -> Void) throws(NetlinkError) {
        let table = name
        try socket.dump(
            "nftables dump of set \(set)", type: Self.type(NFT_MSG_GETSETELEM.rawValue), family: family,
            {
                $0.attribute(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), text: table)
                $0.attribute(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), text: set)
            }
        ) { message in
            var attributes = AttributeCursor(message.attributes)
            while let attribute = attributes.next() {
                guard attribute.type == UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue) else { continue }
                var list = AttributeCursor(attribute.payload)
                while let element = list.next() { Self.read(element.payload, each) }
            }
        }
    }

    private static func read(_ view: ByteView, _ each: (ByteView, Traffic) -> Void) {
        var key: ByteView?
        var traffic = Traffic.zero
        var attributes = AttributeCursor(view)
        while let attribute = attributes.next() {
            switch Int(attribute.type) {
            case 1:  // NFTA_SET_ELEM_KEY
                var inner = AttributeCursor(attribute.payload)
                if let value = inner.next() { key = value.payload }  // NFTA_DATA_VALUE
            case 7:  // NFTA_SET_ELEM_EXPR
                if let found = counter(attribute.payload) { traffic = found }
            case 11:  // NFTA_SET_ELEM_EXPRESSIONS
                var list = AttributeCursor(attribute.payload)
                while let expression = list.next() {
                    if let found = counter(expression.payload) { traffic = found }
                }
            default: break
            }
        }
        if let key { each(key, traffic) }
    }

    /// The numbers of a `counter` expression.
    private static func counter(_ view: ByteView) -> Traffic? {
        var attributes = AttributeCursor(view)
        var isCounter = false
        var traffic = Traffic.zero
        while let attribute = attributes.next() {
            switch Int(attribute.type) {
            case 1:  // NFTA_EXPR_NAME
                isCounter = attribute.payload.array.starts(with: Array("counter".utf8))
            case 2 where isCounter:  // NFTA_EXPR_DATA
                var inner = AttributeCursor(attribute.payload)
                while let field = inner.next() {
                    if field.type == 1 { traffic.bytes = field.payload.big(0) }  // NFTA_COUNTER_BYTES
                    if field.type == 2 { traffic.packets = field.payload.big(0) }  // NFTA_COUNTER_PACKETS
                }
            default: break
            }
        }
        return isCounter ? traffic : nil
    }

    /// The number of the ruleset's present state (NFTA_GEN_ID): every transaction of anybody adds one.
    package func rulesetNumber() throws(NetlinkError) -> UInt32 {
        var number: UInt32 = 0
        try socket.query("nftables generation", type: Self.type(NFT_MSG_GETGEN.rawValue)) { message in
            var attributes = AttributeCursor(message.attributes)
            while let attribute = attributes.next() {
                if attribute.type == UInt16(NFTA_GEN_ID.rawValue) { number = attribute.payload.big(0) }
            }
        }
        return number
    }

    /// One step of a transaction.
    package enum Step: Equatable, Sendable {
        /// Adds an element; it must not be there.
        case add(set: String, key: [UInt8])
        /// Adds an element that jumps to a chain; should the chain end, the rule after the map goes on.
        case addJump(map: String, key: [UInt8], chain: String)
        /// Adds an element that gives a value.
        case addValue(map: String, key: [UInt8], value: [UInt8])
        case remove(set: String, key: [UInt8])
        case addChain(String)
        /// Adds a rule without matches that jumps to a chain and comes back.
        case addJumpRule(chain: String, to: String)
        /// Adds a rule without matches that goes to a chain and does not come back.
        case addGotoRule(chain: String, to: String)
    }

    /// Makes all steps at one instant, or none.
    package func commit(_ name: String, _ steps: [Step]) throws(NetlinkError) {
        try socket.transaction(name, steps.map { step in { builder, sequence in encode(step, &builder, sequence) } })
    }

    private func encode(_ step: Step, _ builder: inout MessageBuilder, _ sequence: UInt32) {
        let flags = UInt16(NLM_F_REQUEST | NLM_F_ACK)
        func begin(_ message: UInt32, _ extra: Int32 = 0) {
            builder.begin(type: Self.type(message), flags: flags | UInt16(extra), sequence: sequence, family: family)
        }
        switch step {
        case .add(let set, let key):
            begin(NFT_MSG_NEWSETELEM.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            encodeElement(set, key, &builder)
        case .addJump(let map, let key, let chain):
            begin(NFT_MSG_NEWSETELEM.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            encodeElement(map, key, &builder) { encodeVerdict(NFT_JUMP.rawValue, chain, &$0) }
        case .addValue(let map, let key, let value):
            begin(NFT_MSG_NEWSETELEM.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            encodeElement(map, key, &builder) { $0.attribute(UInt16(NFTA_DATA_VALUE.rawValue), value) }
        case .remove(let set, let key):
            begin(NFT_MSG_DELSETELEM.rawValue)
            encodeElement(set, key, &builder)
        case .addChain(let chain):
            begin(NFT_MSG_NEWCHAIN.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            builder.attribute(UInt16(NFTA_CHAIN_TABLE.rawValue), text: name)
            builder.attribute(UInt16(NFTA_CHAIN_NAME.rawValue), text: chain)
        case .addJumpRule(let chain, let target), .addGotoRule(let chain, let target):
            begin(NFT_MSG_NEWRULE.rawValue, NLM_F_CREATE | NLM_F_APPEND)
            builder.attribute(UInt16(NFTA_RULE_TABLE.rawValue), text: name)
            builder.attribute(UInt16(NFTA_RULE_CHAIN.rawValue), text: chain)
            let verdict: Int32 = if case .addJumpRule = step { NFT_JUMP.rawValue } else { NFT_GOTO.rawValue }
            builder.nested(UInt16(NFTA_RULE_EXPRESSIONS.rawValue)) {
                $0.nested(UInt16(NFTA_LIST_ELEM.rawValue)) {
                    $0.attribute(UInt16(NFTA_EXPR_NAME.rawValue), text: "immediate")
                    $0.nested(UInt16(NFTA_EXPR_DATA.rawValue)) {
                        $0.attribute(UInt16(NFTA_IMMEDIATE_DREG.rawValue), big: UInt32(0))  // NFT_REG_VERDICT
                        $0.nested(UInt16(NFTA_IMMEDIATE_DATA.rawValue)) { encodeVerdict(verdict, target, &$0) }
                    }
                }
            }
        }
    }

    private func encodeElement(
        _ set: String, _ key: [UInt8], _ builder: inout MessageBuilder, data: ((inout MessageBuilder) -> Void)? = nil
    ) {
        builder.attribute(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), text: name)
        builder.attribute(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), text: set)
        builder.nested(UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)) {
            $0.nested(UInt16(NFTA_LIST_ELEM.rawValue)) {
                $0.nested(UInt16(NFTA_SET_ELEM_KEY.rawValue)) { $0.attribute(UInt16(NFTA_DATA_VALUE.rawValue), key) }
                if let data { $0.nested(UInt16(NFTA_SET_ELEM_DATA.rawValue), data) }
            }
        }
    }

    private func encodeVerdict(_ code: Int32, _ chain: String, _ builder: inout MessageBuilder) {
        builder.nested(UInt16(NFTA_DATA_VERDICT.rawValue)) {
            $0.attribute(UInt16(NFTA_VERDICT_CODE.rawValue), big: code)
            $0.attribute(UInt16(NFTA_VERDICT_CHAIN.rawValue), text: chain)
        }
    }
}
