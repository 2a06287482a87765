package bundle

import (
	"errors"
	"strings"
)

// refusals are the properties of the specification that nsview does not do,
// with everything below them, and why. A property is in this table or in
// [supported]; a test holds both against the specification.
var refusals = map[string]string{
	"solaris": otherSystem, "windows": otherSystem, "vm": otherSystem, "zos": otherSystem, "freebsd": otherSystem,
	"process.commandLine":   "is for Windows, give process.args",
	"process.user.username": "is for Windows, give process.user.uid",

	"process.apparmorProfile": "AppArmor profiles are not applied",
	"process.selinuxLabel":    "SELinux labels are not applied",
	"linux.mountLabel":        "SELinux labels are not applied",
	"process.scheduler":       "scheduling policies are not set",
	"process.ioPriority":      "I/O priorities are not set",
	"process.execCPUAffinity": "there is no exec that it could be for",
	"linux.cgroupsPath":       "nsview chooses where the container's control group is",
	"linux.intelRdt":          "Intel RDT is not set up",
	"linux.netDevices":        "network devices are not moved",
	"linux.memoryPolicy":      "NUMA memory policies are not set",

	"linux.seccomp.listenerPath":     "seccomp notifications have no listener",
	"linux.seccomp.listenerMetadata": "seccomp notifications have no listener",

	"linux.resources.network":                  "network classes and priorities are not set",
	"linux.resources.rdma":                     "RDMA limits are not set",
	"linux.resources.memory.checkBeforeUpdate": "limits of a running container are not changed",
}

const otherSystem = "is for another kind of container, not for Linux"

// supported are the other properties, as places of the survey have them: []
// stands for each element, [*] for each key.
func supported() []string {
	return strings.Fields(`
	ociVersion hostname domainname annotations annotations[*]
	process process.terminal process.consoleSize process.consoleSize.height process.consoleSize.width
	process.user process.user.uid process.user.gid process.user.umask process.user.additionalGids
	process.user.additionalGids[] process.args process.args[] process.env process.env[] process.cwd
	process.capabilities process.capabilities.bounding process.capabilities.bounding[]
	process.capabilities.effective process.capabilities.effective[]
	process.capabilities.inheritable process.capabilities.inheritable[]
	process.capabilities.permitted process.capabilities.permitted[]
	process.capabilities.ambient process.capabilities.ambient[]
	process.rlimits process.rlimits[] process.rlimits[].type process.rlimits[].hard process.rlimits[].soft
	process.noNewPrivileges process.oomScoreAdj
	root root.path root.readonly
	mounts mounts[] mounts[].destination mounts[].type mounts[].source mounts[].options mounts[].options[]
	mounts[].uidMappings mounts[].uidMappings[] mounts[].uidMappings[].containerID
	mounts[].uidMappings[].hostID mounts[].uidMappings[].size
	mounts[].gidMappings mounts[].gidMappings[] mounts[].gidMappings[].containerID
	mounts[].gidMappings[].hostID mounts[].gidMappings[].size
	hooks
	hooks.prestart hooks.prestart[] hooks.prestart[].path hooks.prestart[].args hooks.prestart[].args[]
	hooks.prestart[].env hooks.prestart[].env[] hooks.prestart[].timeout
	hooks.createRuntime hooks.createRuntime[] hooks.createRuntime[].path hooks.createRuntime[].args
	hooks.createRuntime[].args[] hooks.createRuntime[].env hooks.createRuntime[].env[] hooks.createRuntime[].timeout
	hooks.createContainer hooks.createContainer[] hooks.createContainer[].path hooks.createContainer[].args
	hooks.createContainer[].args[] hooks.createContainer[].env hooks.createContainer[].env[] hooks.createContainer[].timeout
	hooks.startContainer hooks.startContainer[] hooks.startContainer[].path hooks.startContainer[].args
	hooks.startContainer[].args[] hooks.startContainer[].env hooks.startContainer[].env[] hooks.startContainer[].timeout
	hooks.poststart hooks.poststart[] hooks.poststart[].path hooks.poststart[].args hooks.poststart[].args[]
	hooks.poststart[].env hooks.poststart[].env[] hooks.poststart[].timeout
	hooks.poststop hooks.poststop[] hooks.poststop[].path hooks.poststop[].args hooks.poststop[].args[]
	hooks.poststop[].env hooks.poststop[].env[] hooks.poststop[].timeout
	linux
	linux.uidMappings linux.uidMappings[] linux.uidMappings[].containerID linux.uidMappings[].hostID linux.uidMappings[].size
	linux.gidMappings linux.gidMappings[] linux.gidMappings[].containerID linux.gidMappings[].hostID linux.gidMappings[].size
	linux.sysctl linux.sysctl[*]
	linux.namespaces linux.namespaces[] linux.namespaces[].type linux.namespaces[].path
	linux.devices linux.devices[] linux.devices[].path linux.devices[].type linux.devices[].major
	linux.devices[].minor linux.devices[].fileMode linux.devices[].uid linux.devices[].gid
	linux.seccomp linux.seccomp.defaultAction linux.seccomp.defaultErrnoRet
	linux.seccomp.architectures linux.seccomp.architectures[] linux.seccomp.flags linux.seccomp.flags[]
	linux.seccomp.syscalls linux.seccomp.syscalls[] linux.seccomp.syscalls[].names linux.seccomp.syscalls[].names[]
	linux.seccomp.syscalls[].action linux.seccomp.syscalls[].errnoRet
	linux.seccomp.syscalls[].args linux.seccomp.syscalls[].args[] linux.seccomp.syscalls[].args[].index
	linux.seccomp.syscalls[].args[].value linux.seccomp.syscalls[].args[].valueTwo linux.seccomp.syscalls[].args[].op
	linux.rootfsPropagation linux.maskedPaths linux.maskedPaths[] linux.readonlyPaths linux.readonlyPaths[]
	linux.personality linux.personality.domain linux.personality.flags linux.personality.flags[]
	linux.timeOffsets linux.timeOffsets[*] linux.timeOffsets[*].secs linux.timeOffsets[*].nanosecs
	linux.resources
	linux.resources.devices linux.resources.devices[] linux.resources.devices[].allow linux.resources.devices[].type
	linux.resources.devices[].major linux.resources.devices[].minor linux.resources.devices[].access
	linux.resources.memory linux.resources.memory.limit linux.resources.memory.reservation linux.resources.memory.swap
	linux.resources.memory.kernel linux.resources.memory.kernelTCP linux.resources.memory.swappiness
	linux.resources.memory.disableOOMKiller linux.resources.memory.useHierarchy
	linux.resources.cpu linux.resources.cpu.shares linux.resources.cpu.quota linux.resources.cpu.burst
	linux.resources.cpu.period linux.resources.cpu.realtimeRuntime linux.resources.cpu.realtimePeriod
	linux.resources.cpu.cpus linux.resources.cpu.mems linux.resources.cpu.idle
	linux.resources.pids linux.resources.pids.limit
	linux.resources.blockIO linux.resources.blockIO.weight linux.resources.blockIO.leafWeight
	linux.resources.blockIO.weightDevice linux.resources.blockIO.weightDevice[]
	linux.resources.blockIO.weightDevice[].major linux.resources.blockIO.weightDevice[].minor
	linux.resources.blockIO.weightDevice[].weight linux.resources.blockIO.weightDevice[].leafWeight
	linux.resources.blockIO.throttleReadBpsDevice linux.resources.blockIO.throttleReadBpsDevice[]
	linux.resources.blockIO.throttleReadBpsDevice[].major linux.resources.blockIO.throttleReadBpsDevice[].minor
	linux.resources.blockIO.throttleReadBpsDevice[].rate
	linux.resources.blockIO.throttleWriteBpsDevice linux.resources.blockIO.throttleWriteBpsDevice[]
	linux.resources.blockIO.throttleWriteBpsDevice[].major linux.resources.blockIO.throttleWriteBpsDevice[].minor
	linux.resources.blockIO.throttleWriteBpsDevice[].rate
	linux.resources.blockIO.throttleReadIOPSDevice linux.resources.blockIO.throttleReadIOPSDevice[]
	linux.resources.blockIO.throttleReadIOPSDevice[].major linux.resources.blockIO.throttleReadIOPSDevice[].minor
	linux.resources.blockIO.throttleReadIOPSDevice[].rate
	linux.resources.blockIO.throttleWriteIOPSDevice linux.resources.blockIO.throttleWriteIOPSDevice[]
	linux.resources.blockIO.throttleWriteIOPSDevice[].major linux.resources.blockIO.throttleWriteIOPSDevice[].minor
	linux.resources.blockIO.throttleWriteIOPSDevice[].rate
	linux.resources.hugepageLimits linux.resources.hugepageLimits[] linux.resources.hugepageLimits[].pageSize
	linux.resources.hugepageLimits[].limit
	linux.resources.unified linux.resources.unified[*]
`)
}

// refuse names the first property that asks for what nsview does not do.
func (p *places) refuse() error {
	for _, at := range p.list {
		if why, ok := refusals[at.rule]; ok && !at.empty {
			return p.error(at.path, errors.New(why))
		}
	}
	return nil
}
