/// What a program that attaches an engine's containers tells the agent, again and again, for its status.
package struct WatcherReport: Hashable, Sendable, Codable {
    /// `docker`
    package var watcher: String
    /// What is not judged; nil where the watcher ends in order and has nothing left to say.
    package var problems: [String]?

    package init(watcher: String, problems: [String]?) {
        self.watcher = watcher
        self.problems = problems
    }
}
