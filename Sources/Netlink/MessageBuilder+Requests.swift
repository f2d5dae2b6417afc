import CNetlink

/// Whole requests, as they are sent.
extension MessageBuilder {
    /// One request; `flags` beside NLM_F_REQUEST.
    static func request(
        type: UInt16, flags: Int32, sequence: UInt32, family: UInt8 = 0, resource: UInt16 = 0,
        _ body: (inout MessageBuilder) -> Void
    ) -> [UInt8] {
        var builder = MessageBuilder()
        builder.begin(
            type: type, flags: UInt16(NLM_F_REQUEST | flags), sequence: sequence, family: family, resource: resource)
        body(&builder)
        builder.end()
        return builder.bytes
    }

    /// nftables messages between the marks of a transaction, numbered from `sequence` plus one on.
    ///
    /// Every message is acknowledged, so that a refusal names itself: `wanted` are their numbers, `last` is that of the
    /// end's mark.
    static func batch(
        _ messages: [(inout MessageBuilder, UInt32) -> Void], after sequence: UInt32
    ) -> (bytes: [UInt8], wanted: Set<UInt32>, last: UInt32) {
        var builder = MessageBuilder()
        var sequence = sequence &+ 1
        var wanted: Set<UInt32> = []
        builder.mark(UInt16(NFNL_MSG_BATCH_BEGIN), sequence)
        for message in messages {
            sequence &+= 1
            wanted.insert(sequence)
            message(&builder, sequence)
            builder.end()
        }
        sequence &+= 1
        builder.mark(UInt16(NFNL_MSG_BATCH_END), sequence)
        return (builder.bytes, wanted, sequence)
    }

    private mutating func mark(_ type: UInt16, _ sequence: UInt32) {
        begin(
            type: type, flags: UInt16(NLM_F_REQUEST), sequence: sequence, family: 0,
            resource: UInt16(NFNL_SUBSYS_NFTABLES))
        end()
    }
}
