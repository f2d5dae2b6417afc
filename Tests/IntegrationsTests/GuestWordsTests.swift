import Foundation
import Model
import TestSupport
import Testing

@testable import Integrations

/// What engines and hypervisors say of their guests, as it is read.
@Suite struct GuestWordsTests {
    private static let domain = """
        <domain type='kvm' id='3'>
          <name>web-1</name>
          <metadata>
            <other:instance xmlns:other="https://example.com/" groups="not,ours"/>
            <gatehouse:instance xmlns:gatehouse="https://gatehouse.invalid/libvirt/1" vpc="shop" groups="web, allow_ssh" addresses1="10.9.0.5,fd09::5"/>
          </metadata>
          <devices>
            <interface type='network'>
              <mac address='52:54:00:00:00:01'/>
              <source network='default' portid='x' bridge='virbr0'/>
              <target dev='vnet1'/>
            </interface>
            <interface type='direct'><mac address='52:54:00:00:00:02'/><target dev='macvtap0'/></interface>
            <disk><target dev='vda'/></disk>
          </devices>
        </domain>
        """

    @Test func `a machine's XML says its name, its metadata and its devices`() throws {
        let domain = try LibvirtDomain(Array(Self.domain.utf8))
        #expect(domain.name == "web-1")
        #expect(domain.guest == .init(instance: "web-1", vpc: "shop", groups: ["web", "allow_ssh"]))
        #expect(domain.instance?.addresses == [1: ["10.9.0.5", "fd09::5"]])
        #expect(
            domain.devices == [
                .init(
                    type: "network", mac: MACAddress("52:54:00:00:00:01"), target: "vnet1", network: "default"),
                .init(type: "direct", mac: MACAddress("52:54:00:00:00:02"), target: "macvtap0", network: nil),
            ])
    }

    @Test func `metadata of another namespace are none of ours`() throws {
        let xml = Self.domain.replacing(LibvirtDomain.namespace, with: "https://example.com/2")
        #expect(try LibvirtDomain(Array(xml.utf8)).guest.isDescribed == false)
    }

    @Test(arguments: ["", "no XML", "<domain><name>a</name>", "<network><name>a</name></network>", "<domain/>"])
    func `what is no machine is refused`(text: String) {
        #expect(throws: LibvirtDomain.Fault.self) { _ = try LibvirtDomain(Array(text.utf8)) }
    }

    @Test func `a container's labels are read from what Docker and Podman say`() throws {
        let text = """
            {"Id": "0a1b", "Name": "/web-1", "State": {"Running": true, "Pid": 4711},
             "Config": {"Labels": {"gatehouse.groups": "web, allow_ssh,", "gatehouse.vpc": "shop"}},
             "HostConfig": {"NetworkMode": "default"}}
            """
        let container = try JSONDecoder().decode(Container.self, from: Data(text.utf8))
        #expect(container.guest == .init(instance: "web-1", vpc: "shop", groups: ["web", "allow_ssh"]))
        let bare =
            "{\"Id\": \"0a1b\", \"Name\": \"db\", \"State\": {\"Running\": false, \"Pid\": 0}, \"Config\": {\"Labels\": null}}"
        let other = try JSONDecoder().decode(Container.self, from: Data(bare.utf8))
        #expect(!other.guest.isDescribed && !other.isRunning)
        // An empty label is a word: no groups at all.
        let none = try JSONDecoder().decode(
            Container.self, from: Data(text.replacing("web, allow_ssh,", with: "").utf8))
        #expect(none.guest.groups == [])
    }

    @Test func `events of networks name their container, and health checks move nothing`() throws {
        func event(_ text: String) throws -> EngineEvent {
            try JSONDecoder().decode(EngineEvent.self, from: Data(text.utf8))
        }
        let connect = try event(
            "{\"Type\": \"network\", \"Action\": \"connect\", \"Actor\": {\"ID\": \"n\", \"Attributes\": {\"container\": \"c\"}}}"
        )
        #expect(connect.container == "c" && connect.isOfDevices)
        #expect(
            try !event("{\"Type\": \"container\", \"Action\": \"exec_start: sh\", \"Actor\": {\"ID\": \"c\"}}")
                .isOfDevices)
        #expect(try event("{}").container == nil)
    }

    @Test func `an LXC container's file says its groups`() {
        let file = """
            lxc.uts.name = web-1
            # lxc.environment = GATEHOUSE_GROUPS=no
            lxc.environment = "GATEHOUSE_GROUPS=web,allow_ssh"
            lxc.environment=GATEHOUSE_VPC=shop
            lxc.environment = OTHER=1
            """
        #expect(
            LXCHook.guest("web-1", configuration: Array(file.utf8))
                == .init(instance: "web-1", vpc: "shop", groups: ["web", "allow_ssh"]))
        #expect(!LXCHook.guest("web-1", configuration: []).isDescribed)
    }

    @Test(arguments: ["docker.sock", "tcp://127.0.0.1:2375", "unix://relative"])
    func `an address that is no socket of this host is refused`(text: String) {
        #expect(throws: EngineError.self) { _ = try EngineAPI.path(of: text) }
    }
}
