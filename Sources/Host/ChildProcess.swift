import CHost
import Glibc

/// A program that this process started.
package struct ChildProcess: Sendable {
    package let pid: Int32

    /// How a program is started.
    package struct Options {
        package var environment: [String: String]?
        /// Standard input, output and errors; nil keeps this process's.
        package var standard: [Int32?] = [nil, nil, nil]
        /// Further descriptors, handed over as 3, 4, …
        package var descriptors: [Int32] = []
        /// Name of the network namespace under /run/netns to start in.
        package var namespace: String?
        package var ownGroup = false
        package var diesWithParent = false

        package init() {}
    }

    /// Starts the program, which is looked up in PATH unless it holds a slash.
    package init(_ program: String, _ arguments: [String], options: Options = Options()) throws(SystemError) {
        let namespace = try options.namespace.map(NetworkNamespace.open)
        let variables = options.environment ?? Self.inheritedEnvironment()
        var argv: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) }
        var envp: [UnsafeMutablePointer<CChar>?] = unsafe variables.map { unsafe strdup("\($0.key)=\($0.value)") }
        unsafe argv.append(nil)
        unsafe envp.append(nil)
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        let standard = options.standard.map { $0 ?? -1 }
        let pid = unsafe gh_spawn(
            program, argv, envp, standard, options.descriptors, options.descriptors.count,
            namespace ?? -1, options.ownGroup ? 1 : 0, options.diesWithParent ? 1 : 0)
        if let namespace { close(namespace) }
        self.pid = try checkShim("exec", program, pid)
    }

    package static func inheritedEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return variables
    }

    /// How a program ended.
    package enum Exit: Equatable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    /// Waits until the program has ended.
    package func wait() throws(SystemError) -> Exit {
        var status: Int32 = 0
        try check("waitpid") { unsafe waitpid(pid, &status, 0) }
        return Self.exit(status)
    }

    /// How the program ended, or nil while it runs.
    package func poll() throws(SystemError) -> Exit? {
        var status: Int32 = 0
        let found = try check("waitpid") { unsafe waitpid(pid, &status, WNOHANG) }
        return found == 0 ? nil : Self.exit(status)
    }

    /// Asks the program to end (SIGTERM).
    package func terminate() { Glibc.kill(pid, SIGTERM) }

    /// Ends the program at once (SIGKILL); it learns nothing of it.
    package func kill() { Glibc.kill(pid, SIGKILL) }

    private static func exit(_ status: Int32) -> Exit {
        let signal = status & 0x7f
        return signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
    }

    /// What a program that ran to its end left behind.
    package struct Output: Sendable {
        package let exit: Exit
        package let output: String
        package let errors: String
    }

    /// Runs a program to its end, with `input` on its standard input.
    package static func run(
        _ program: String, _ arguments: [String], input: [UInt8] = [], namespace: String? = nil
    ) throws(SystemError) -> Output {
        // Files in memory rather than pipes: no side can block the other.
        let files = [try memoryFile(input), try memoryFile([]), try memoryFile([])]
        defer { files.forEach { close($0) } }
        var options = Options()
        options.standard = files.map { $0 }
        options.namespace = namespace
        let exit = try ChildProcess(program, arguments, options: options).wait()
        return Output(exit: exit, output: try text(files[1]), errors: try text(files[2]))
    }

    private static func memoryFile(_ bytes: [UInt8]) throws(SystemError) -> Int32 {
        let file = Descriptor(owning: try checkShim("memfd_create", "", gh_memory_file()))
        try file.writeAll(bytes)
        try file.seek(to: 0)
        return file.release()
    }

    private static func text(_ number: Int32) throws(SystemError) -> String {
        try check("lseek") { lseek(number, 0, SEEK_SET) }
        let file = Descriptor(owning: number)
        var bytes: [UInt8] = []
        while let chunk = try? file.readSome(limit: 1 << 16), !chunk.isEmpty { bytes += chunk }
        _ = file.release()
        return String(decoding: bytes, as: UTF8.self)
    }
}
