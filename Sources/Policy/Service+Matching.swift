import Model

extension Service {
    /// Whether a session is of the service. A port, type or code that is not known is of no range.
    func matches(_ key: FlowKey) -> Bool {
        switch self {
        case .any: true
        case .icmpTCPUDP: Service.isICMPTCPOrUDP(key)
        case .transport(let transport, let ports):
            transport == key.transport && (ports.map { key.targetPort.map($0.contains) ?? false } ?? true)
        case .icmp(let transport, let type, let code):
            transport == key.transport && family == key.initiator.family && (type.map { $0 == key.icmpType } ?? true)
                && (code.map { $0 == key.icmpCode } ?? true)
        }
    }
}
