import Attribution
import Model

/// How a port's device leads to the chain of its profile, in two steps: device ► number, number ► chain.
///
/// A map whose elements are verdicts makes the kernel walk all of them, and what they lead to, at each change of one: five
/// milliseconds with 10,000 ports. A map of plain numbers costs nothing of the kind, and the second map has an element for
/// each profile only. Rules have no registers to spare for the number between the two: it is in the packet's priority, which
/// is `none` again when the session is accepted. The connection's mark will not do: a session that began while no table of
/// ours was there is judged when other packets of it pass on other processors.
///
/// A packet that began before a transaction finds the elements that it adds, but in a chain that it adds no rules, and comes
/// back. It is then led by the number that the device had before (`former`): to the profile that was in force when the
/// packet began.
enum ProfileDispatch {
    /// What holds the number on the way.
    static let holder = PacketField.priority

    /// The rules that lead a packet to the profile of an end.
    ///
    /// * `note`: the rules that note the number that a map gives the end's device.
    static func rules(
        _ direction: Direction, _ epoch: Int, _ note: (SetName) -> [Ruleset.Rule]
    ) -> [Ruleset.Rule] {
        [SetName.profiles(direction, epoch: epoch), .formerProfiles(direction, epoch: epoch)].flatMap {
            note($0) + [[.verdict(.map(holder, .profileChains(direction, epoch: epoch)))]]
        }
    }

    /// The number of a profile's chain: derived from its name, the next one where another chain has that.
    ///
    /// * `chains`: the chains that have numbers.
    static func number(of chain: String, in chains: [Ruleset.Element: Ruleset.Target]) -> UInt32 {
        var number = UInt32(truncatingIfNeeded: Identifier<Ruleset>(derivedFrom: "number", chain).low)
        // Neither 0, which is no number, nor what nft prints as a word.
        number = number & 0x3fff_ffff | 0x4000_0000
        while let present = chains[.priority(number)], present != .chain(chain) { number += 1 }
        return number
    }
}
