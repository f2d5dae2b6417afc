package import Model

extension StoredInterface {
    /// The pairs and own blocks of a policy file's interface; nil where it has none.
    static func pairs(of interface: Interface) -> [Pair]? {
        let own = interface.prefixes.map { Pair(address: $0.description, isOwn: true) }
        let all = own + interface.pairs.map { Pair($0) }
        return all.isEmpty ? nil : all
    }
}

extension StoredInterface.Pair {
    package init(_ pair: AddressPair) {
        self.init(
            address: pair.address?.description ?? pair.prefix.description, mac: pair.mac?.description)
    }
}

extension RowReading {
    /// Pairs as hosts have them, and own blocks.
    func pairs(
        _ stored: [StoredInterface.Pair]
    ) throws(UnreadableRow) -> (pairs: [AddressPair], own: [IPPrefix]) {
        var pairs: [AddressPair] = []
        var own: [IPPrefix] = []
        for pair in stored {
            let prefix = try prefix(pair.address, "pairs")
            if pair.isOwn == true {
                own.append(prefix)
            } else {
                pairs.append(AddressPair(prefix, mac: try mac(pair.mac ?? "", "pairs")))
            }
        }
        return (pairs, own)
    }
}
