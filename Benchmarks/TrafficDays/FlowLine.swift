package import Archive
import Model
import Records

/// One flow of a generated day, before it is written in a source's way.
package struct FlowLine: Sendable {
    /// Microseconds since 1970.
    package var start: Int64
    package var length: Int64 = 1_000_000
    package var initiator: UInt128
    package var initiatorPort: UInt16
    package var target: UInt128
    package var targetPort: UInt16
    package var transport: UInt8 = 6
    package var isRefused = false
    package var packets: Int64 = 8
    package var bytes: Int64 = 1200
    package var answers: Int64 = 8
    package var answered: Int64 = 4000
    package var isEgress = false
}

/// How a source writes what it saw.
package enum LogStyle: CaseIterable, Sendable {
    /// Both ways in one record, as Gatehouse and Zeek have it.
    case bothWays
    /// Each way a record of its own, as clouds have it: what was refused or not answered has one.
    case oneWay
}

extension FlowLine {
    /// Writes the flow as a source does; ids are `day:NUMBER`.
    func add(to batch: inout FlowBatch, _ style: LogStyle, _ number: inout Int) {
        var way = self
        switch style {
        case .bothWays:
            number += 1
            way.row(&batch, number, answers: (answers, answered))
        case .oneWay:
            number += 1
            way.row(&batch, number, answers: nil)
            guard answers > 0, !isRefused else { return }
            (way.initiator, way.target) = (target, initiator)
            (way.initiatorPort, way.targetPort) = (targetPort, initiatorPort)
            (way.packets, way.bytes) = (answers, answered)
            way.isEgress = !isEgress
            number += 1
            way.row(&batch, number, answers: nil)
        }
    }

    /// Writes the flow in one row, both ways, without an id.
    package func addRow(to batch: inout FlowBatch) { row(&batch, nil, answers: (answers, answered)) }

    private func row(_ batch: inout FlowBatch, _ id: Int?, answers: (Int64, Int64)?) {
        if let id { batch.set(FlowColumn.id.ordinal, text: "day:\(id)") }
        batch.set(FlowColumn.start.ordinal, integer: start)
        batch.set(FlowColumn.end.ordinal, integer: start + length)
        batch.set(FlowColumn.initiatorIP.ordinal, address: initiator)
        batch.set(FlowColumn.targetIP.ordinal, address: target)
        batch.set(FlowColumn.initiatorPort.ordinal, integer: Int64(initiatorPort))
        batch.set(FlowColumn.targetPort.ordinal, integer: Int64(targetPort))
        batch.set(FlowColumn.transportNumber.ordinal, integer: Int64(transport))
        batch.set(FlowColumn.verdict.ordinal, text: isRefused ? "drop" : "accept")
        batch.set(FlowColumn.direction.ordinal, text: isEgress ? "egress" : "ingress")
        batch.set(FlowColumn.rule.ordinal, text: isRefused ? "default refusal" : "allow \(targetPort)")
        batch.set(FlowColumn.packetsFromInitiator.ordinal, integer: packets)
        batch.set(FlowColumn.bytesFromInitiator.ordinal, integer: bytes)
        if let answers {
            batch.set(FlowColumn.packetsFromTarget.ordinal, integer: isRefused ? 0 : answers.0)
            batch.set(FlowColumn.bytesFromTarget.ordinal, integer: isRefused ? 0 : answers.1)
        }
        batch.endRow()
    }
}
