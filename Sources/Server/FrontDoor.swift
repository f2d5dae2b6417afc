import FirewallAPI
import HTTPTypes
import IdentityAPI
package import Logging
import NativeAPI
import NeutronAPI
import Registry
package import Service
import VPCAPI

/// Leads each call to the API that its path is mounted at.
package struct FrontDoor: Sendable {
    private let apis: [any MountedAPI]
    private let metrics: Metrics
    private let logger: Logger

    /// * `apis`: all that are mounted; of two that a path leads to, the one with the longer mount is asked.
    package init(_ apis: [any MountedAPI], metrics: Metrics, logger: Logger) {
        self.apis = apis
        self.metrics = metrics
        self.logger = logger
    }

    /// The APIs of a control plane, one line each.
    ///
    /// * `dataFolder`: where relative buckets are.
    static func apis(
        registry: Registry, authenticator: Authenticator, settings: ServerSettings, access: AccessFile,
        hosts: HostService, flows: HostArchive, events: HostEvents, dataFolder: String,
        secrets: BucketSecrets, cloudKeys: CloudKeySecrets, metrics: Metrics, logger: Logger
    ) -> [any MountedAPI] {
        let policy: @Sendable () -> AccessPolicy = { access.policy }
        let probe = BucketProbe(dataFolder: dataFolder, registry: registry, secrets: secrets)
        let identity = IdentityService(
            registry: registry, authenticator: authenticator, tokenLifetime: settings.tokenLifetime)
        return [
            identity,
            IAMExchange(registry: registry, authenticator: authenticator, lifetime: settings.tokenLifetime),
            NeutronService(
                registry: registry, authenticator: authenticator, policy: policy, projects: identity.projects),
            VPCService(
                registry: registry, authenticator: authenticator, policy: policy, settings: settings.vpc, probe: probe,
                bucketTests: hosts.bucketTests),
            FirewallService(
                registry: registry, authenticator: authenticator, policy: policy, hosts: hosts, flows: flows,
                events: events, region: settings.served, secrets: cloudKeys),
            NativeService(
                registry: registry, authenticator: authenticator, policy: policy, hosts: hosts, probe: probe,
                region: settings.served, flows: flows),
            HealthAPI(), ReadyAPI(registry: registry, logger: logger),
            MetricsAPI(
                registry: registry, authenticator: authenticator, policy: policy, hosts: hosts, metrics: metrics),
        ]
    }

    /// Answers a call; what goes wrong inside is logged under its id, and answered without saying what.
    package func answer(_ asked: Call) async -> Answer {
        guard let (api, depth) = api(for: asked) else {
            let answer = Self.indexRoute.admits(asked) ? Answer(.ok, Self.index(asked)) : Refusal.nothingHere.answer
            return finished(answer, asked)
        }
        let call = api.adopted(asked)
        do {
            try call.checkText()
            let inner = call.dropping(depth)
            return finished(try await api.serves(inner) ? api.answer(inner) : api.answer(unserved: inner), call)
        } catch let refusal as Refusal {
            return finished(api.answer(refusing: refusal, call), call)
        } catch let error as RegistryError {
            return finished(api.answer(refusing: Refusal(error), call), call)
        } catch {
            logger.error("request failed", metadata: ["request": "\(call.requestID)", "reason": "\(error)"])
            metrics.noteFailure()
            return finished(api.answer(refusing: .internalFailure, call), call)
        }
    }

    /// What no API was asked about, in the envelope of the one that the path is mounted at.
    func refuse(_ refusal: Refusal, _ asked: Call) -> Answer {
        guard let (api, _) = api(for: asked) else { return finished(refusal.answer, asked) }
        let call = api.adopted(asked)
        return finished(api.answer(refusing: refusal, call), call)
    }

    private func finished(_ answer: Answer, _ call: Call) -> Answer {
        var answer = answer
        answer.headers[.requestID] = call.requestID
        answer.headers[.cacheControl] = "no-store"
        if answer.status == .tooManyRequests { answer.headers[.retryAfter] = "60" }
        metrics.note(answer.status.code)
        return answer
    }

    private func api(for call: Call) -> (api: any MountedAPI, depth: Int)? {
        let path = call.path
        if path.isEmpty { return apis.first { $0.takesRoot(call) }.map { ($0, 0) } }
        var found: (api: any MountedAPI, depth: Int)?
        for api in apis {
            for mount in api.mounts where path.starts(with: mount) && mount.count > found?.depth ?? 0 {
                found = (api, mount.count)
            }
        }
        return found
    }

    /// All that is served, with the whole paths.
    package var routes: [APIRoute] {
        [Self.indexRoute]
            + apis.flatMap { api in
                api.mounts.flatMap { mount in api.routes.map { APIRoute($0.method, mount + $0.path) } }
            }
    }

    private static let indexRoute = APIRoute(.get, "")

    private static func index(_ call: Call) -> JSON {
        .object([
            "service": "gatehouse", "identity": .string("\(call.base)/identity/v3"),
            "networking": .string("\(call.base)/networking/v2.0"), "vpc": .string("\(call.base)/v1"),
            "api": .string("\(call.base)/api"),
        ])
    }
}
