import Commands

/// The command line's program.
///
/// It stays in the main thread: a signal that a command waits for is kept from the thread that the command runs in, and any
/// other would take it.
@main enum Program {
    @MainActor static func main() async { await Gatehouse.main() }
}
