package import Host

/// Hears at once when somebody changes one of some tables (NFNLGRP_NFTABLES).
package final class TableWatch {
    private let socket: NetfilterSocket
    private let tables: [TableName]
    private var waiting: WaitingDatagrams

    /// NFNLGRP_NFTABLES
    private static let group: Int32 = 7

    package init(_ tables: TableName...) throws(NetlinkError) {
        self.tables = tables
        socket = try NetfilterSocket()
        waiting = WaitingDatagrams(socket.number, "NFNLGRP_NFTABLES")
        try socket.setReceiveBuffer(1 << 20)
        try socket.join(Self.group)
    }

    /// Can be read when the kernel has told something.
    package var number: Int32 { socket.number }

    /// Takes what waits; tells whether some of it is of one of the tables, or could not be told.
    package func drain() throws(SystemError) -> Bool {
        var isTouched = false
        try waiting.forEach { view in
            if view.map({ view in tables.contains { Self.concerns($0, view) } }) ?? true { isTouched = true }
        }
        return isTouched
    }

    /// Whether a datagram tells of the table, or cannot be read.
    static func concerns(_ table: TableName, _ view: ByteView) -> Bool {
        var cursor = MessageCursor(view)
        while let message = cursor.next() {
            // NFNL_SUBSYS_NFTABLES; NFT_MSG_NEWGEN (15) ends each transaction and names no table.
            guard message.type >> 8 == 10, message.type & 0xff != 15, message.family == table.family.rawValue else {
                continue
            }
            var name = ""
            let isWhole = message.body.forEachAttribute(after: 4) { attribute in
                // NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE, NFTA_SET_ELEM_LIST_TABLE
                if attribute.type == 1 { name = attribute.payload.text }
                return true
            }
            if !isWhole || name == table.name { return true }
        }
        return cursor.isMalformed
    }
}
