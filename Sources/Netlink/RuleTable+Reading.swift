import CNetlink
package import Model

/// What nftables answers, read.
extension RuleTable {
    static let elementsType = type(NFT_MSG_NEWSETELEM.rawValue)
    static let generationType = type(NFT_MSG_NEWGEN.rawValue)

    /// Hands over the elements in one message of a dump's answer; false where one cannot be read.
    package static func readElements(_ message: NetlinkMessage, _ each: (ByteView, ByteView?, Traffic) -> Void) -> Bool
    {
        guard message.type == elementsType else { return false }
        var attributes = AttributeCursor(message.attributes)
        while let attribute = attributes.next() {
            guard attribute.type == UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue) else { continue }
            var list = AttributeCursor(attribute.payload)
            while let element = list.next() {
                guard read(element.payload, each) else { return false }
            }
            if list.isMalformed { return false }
        }
        return !attributes.isMalformed
    }

    private static func read(_ view: ByteView, _ each: (ByteView, ByteView?, Traffic) -> Void) -> Bool {
        var key: ByteView?
        var end: ByteView?
        var traffic = Traffic.zero
        var flags: UInt32 = 0
        var attributes = AttributeCursor(view)
        while let attribute = attributes.next() {
            switch Int(attribute.type) {
            case 1:  // NFTA_SET_ELEM_KEY
                var inner = AttributeCursor(attribute.payload)
                guard let value = inner.next(), !inner.isMalformed else { return false }
                key = value.payload  // NFTA_DATA_VALUE
            case 10:  // NFTA_SET_ELEM_KEY_END
                var inner = AttributeCursor(attribute.payload)
                guard let value = inner.next(), !inner.isMalformed else { return false }
                end = value.payload
            case 3:  // NFTA_SET_ELEM_FLAGS
                guard attribute.read(into: &flags) else { return false }
            case 7:  // NFTA_SET_ELEM_EXPR
                guard readCounter(attribute.payload, &traffic) else { return false }
            case 11:  // NFTA_SET_ELEM_EXPRESSIONS
                var list = AttributeCursor(attribute.payload)
                while let expression = list.next() {
                    guard readCounter(expression.payload, &traffic) else { return false }
                }
                if list.isMalformed { return false }
            default: break
            }
        }
        // NFT_SET_ELEM_INTERVAL_END: where the interval before it ends, and no element.
        if flags & 1 != 0 { return true }
        // NFT_SET_ELEM_CATCHALL: it has no key.
        if key == nil, flags & 2 != 0 { key = view.slice(0, 0) }
        guard let key, !attributes.isMalformed else { return false }
        each(key, end, traffic)
        return true
    }

    /// Reads the numbers of a `counter` expression; other expressions have none. False where it is cut off.
    private static func readCounter(_ view: ByteView, _ traffic: inout Traffic) -> Bool {
        var attributes = AttributeCursor(view)
        var isCounter = false
        while let attribute = attributes.next() {
            switch Int(attribute.type) {
            case 1:  // NFTA_EXPR_NAME
                isCounter = attribute.payload.array == Array("counter\0".utf8)
            case 2 where isCounter:  // NFTA_EXPR_DATA
                var inner = AttributeCursor(attribute.payload)
                while let field = inner.next() {
                    switch Int(field.type) {
                    case 1: guard field.read(into: &traffic.bytes) else { return false }  // NFTA_COUNTER_BYTES
                    case 2: guard field.read(into: &traffic.packets) else { return false }  // NFTA_COUNTER_PACKETS
                    default: break
                    }
                }
                if inner.isMalformed { return false }
            default: break
            }
        }
        return !attributes.isMalformed
    }

    /// The generation number in the answer to a request for it; nil where there is none.
    package static func readGeneration(_ message: NetlinkMessage) -> UInt32? {
        guard message.type == generationType else { return nil }
        var number: UInt32?
        var attributes = AttributeCursor(message.attributes)
        while let attribute = attributes.next() {
            guard attribute.type == UInt16(NFTA_GEN_ID.rawValue) else { continue }
            var found: UInt32 = 0
            guard attribute.read(into: &found) else { return nil }
            number = found
        }
        return attributes.isMalformed ? nil : number
    }
}
