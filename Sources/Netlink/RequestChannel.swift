import Glibc
import Host

/// Requests over a netlink socket, and their answers.
final class RequestChannel {
    private let descriptor: Descriptor
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    var number: Int32 { descriptor.number }

    /// Sends one request, made for its number, and hands over each message of the answer until its end or its
    /// acknowledgement; `each` says whether it could read it.
    func exchange(_ name: String, _ each: (NetlinkMessage) -> Bool, _ make: (_ sequence: UInt32) -> [UInt8])
        throws(NetlinkError)
    {
        sequence &+= 1
        try send(make(sequence))
        try awaitAnswers(name, wanted: [sequence], each)
    }

    /// Sends the messages of a transaction, made for the numbers after the last one.
    func transact(_ name: String, _ make: (UInt32) -> (bytes: [UInt8], wanted: Set<UInt32>, last: UInt32))
        throws(NetlinkError)
    {
        let batch = make(sequence)
        sequence = batch.last
        try send(batch.bytes)
        try awaitAnswers(name, wanted: batch.wanted) { _ in true }
    }

    private func send(_ bytes: [UInt8]) throws(NetlinkError) {
        let number = number
        do {
            try check("send", "netlink request") {
                unsafe bytes.withUnsafeBytes { unsafe Glibc.send(number, $0.baseAddress, $0.count, 0) }
            }
        } catch {
            throw .system(error)
        }
    }

    private func awaitAnswers(_ name: String, wanted: Set<UInt32>, _ each: (NetlinkMessage) -> Bool)
        throws(NetlinkError)
    {
        var answers = AnswerReader(name, wanted: wanted)
        while !answers.isComplete {
            let length: Int
            let number = number
            do {
                // With MSG_TRUNC the length is the datagram's, also where it is longer than the buffer.
                length = try check("recv", name) {
                    unsafe buffer.withUnsafeMutableBytes {
                        unsafe recv(number, $0.baseAddress, $0.count, Int32(MSG_TRUNC))
                    }
                }
            } catch {
                throw .system(error)
            }
            guard length <= buffer.count else { throw .malformed(request: name) }
            ByteView.with(buffer) { answers.read($0.slice(0, length), each) }
        }
        if let failure = answers.failure { throw failure }
    }
}
