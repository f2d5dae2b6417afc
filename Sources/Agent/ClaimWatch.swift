import Host
import Model
import Netlink

/// Hears who claims addresses that several may use, on each device where one of them may be claimed.
///
/// What a guest can cause is bounded: so many frames of a device are read at once, and so many a second; a device that says
/// more is not listened to until the next second.
struct ClaimWatch {
    /// A device that is listened on.
    private struct Ear {
        let socket: LinkWatch
        /// Frames that are still read in the present second.
        var budget: Int
    }

    private static let framesAtOnce = 64
    private static let framesPerSecond = 512
    /// A host has so many descriptors; devices beyond them are not heard, which is told.
    private static let maximumDevices = 4096

    private var ears: [UInt32: Ear] = [:]
    private var order: [UInt32] = []
    private var secondEnds: Int64 = 0
    /// What could not be done, in words.
    private(set) var problems: [String] = []

    /// Listens on these devices, by number, and on no others.
    mutating func listen(on devices: [UInt32: String]) {
        problems = []
        for number in ears.keys where devices[number] == nil { ears[number] = nil }
        for (number, name) in devices.sorted(by: { $0.key < $1.key }) where ears[number] == nil {
            guard ears.count < Self.maximumDevices else {
                problems.append(
                    "\(devices.count) devices are more than the \(Self.maximumDevices) that can be listened on")
                break
            }
            do {
                ears[number] = Ear(socket: try LinkWatch(device: number), budget: Self.framesPerSecond)
            } catch {
                problems.append("what \(name) claims is not heard: \(error)")
            }
        }
        order = ears.keys.sorted()
    }

    /// Descriptors that can be read when somebody has said something; -1 for a device that is not listened to at present.
    mutating func numbers() -> [Int32] {
        let now = SystemClock.monotonic
        if now >= secondEnds {
            secondEnds = now + 1_000_000_000
            for number in order { ears[number]?.budget = Self.framesPerSecond }
        }
        return order.map { number in ears[number].map { $0.budget > 0 ? $0.socket.number : -1 } ?? -1 }
    }

    /// Hands over what was said, with the number of the device.
    ///
    /// * `ready`: for each of `numbers` whether it can be read.
    mutating func drain(_ ready: ArraySlice<Bool>, _ each: (UInt32, LinkFrame) -> Void) throws(SystemError) {
        for (number, isReady) in zip(order, ready) where isReady {
            guard let ear = ears[number] else { continue }
            let count = try ear.socket.drain(limit: min(Self.framesAtOnce, ear.budget)) { each(number, $0) }
            // Also a device that can be read and says nothing, as one that is gone, uses its second up.
            ears[number]?.budget -= max(count, 1)
        }
    }
}
