package cgroup

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// want is a limit that was asked for, and its subsystem of version 1.
type want struct{ what, subsystem string }

// collector turns resources of OCI into those of opencontainers/cgroups.
type collector struct {
	r     cgroups.Resources
	wants []want
}

func (c *collector) needs(what, subsystem string) {
	c.wants = append(c.wants, want{what, subsystem})
}

// set notes a limit that is there.
func set[T any](c *collector, into *T, from *T, what, subsystem string) {
	if from != nil {
		*into = *from
		c.needs(what, subsystem)
	}
}

// resources refuses what is not supported by its name.
func resources(from *specs.LinuxResources) (*cgroups.Resources, []want, error) {
	if from == nil {
		from = &specs.LinuxResources{}
	}
	c := &collector{}
	rules, err := deviceRules(from.Devices)
	if err != nil {
		return nil, nil, err
	}
	c.r.Devices = rules
	switch {
	case from.BlockIO != nil:
		err = c.blockIO(from.BlockIO)
	case from.Network != nil:
		err = errors.New("resources.network is not supported")
	case len(from.Rdma) > 0:
		err = errors.New("resources.rdma is not supported")
	}
	if err == nil {
		err = c.memory(from.Memory)
	}
	if err != nil {
		return nil, nil, err
	}
	c.cpu(from.CPU)
	if from.Pids != nil && from.Pids.Limit != nil {
		c.r.PidsLimit = from.Pids.Limit
		c.needs("number of processes", "pids")
	}
	for _, h := range from.HugepageLimits {
		c.r.HugetlbLimit = append(c.r.HugetlbLimit, &cgroups.HugepageLimit{Pagesize: h.Pagesize, Limit: h.Limit})
		c.needs("huge pages", "hugetlb")
	}
	if len(from.Unified) > 0 {
		c.r.Unified = maps.Clone(from.Unified)
		for _, key := range slices.Sorted(maps.Keys(from.Unified)) {
			c.needs(key, "pids")
		}
	}
	return &c.r, c.wants, nil
}

func (c *collector) memory(m *specs.LinuxMemory) error {
	if m == nil {
		return nil
	}
	switch {
	//lint:ignore SA1019 who still has it is told
	case m.Kernel != nil:
		return errors.New("resources.memory.kernel is not supported: Linux has none since 5.4")
	case m.KernelTCP != nil:
		return errors.New("resources.memory.kernelTCP is not supported")
	case m.UseHierarchy != nil && !*m.UseHierarchy:
		return errors.New("resources.memory.useHierarchy false is not supported: Linux has none since 5.11")
	}
	set(c, &c.r.Memory, m.Limit, "memory", "memory")
	set(c, &c.r.MemoryReservation, m.Reservation, "memory reservation", "memory")
	set(c, &c.r.MemorySwap, m.Swap, "memory and swap", "memory")
	set(c, &c.r.OomKillDisable, m.DisableOOMKiller, "OOM killer", "memory")
	if m.Swappiness != nil {
		c.r.MemorySwappiness = m.Swappiness
		c.needs("swappiness", "memory")
	}
	return nil
}

func (c *collector) cpu(p *specs.LinuxCPU) {
	if p == nil {
		return
	}
	const what = "CPU time"
	set(c, &c.r.CpuShares, p.Shares, what, "cpu")
	set(c, &c.r.CpuQuota, p.Quota, what, "cpu")
	set(c, &c.r.CpuPeriod, p.Period, what, "cpu")
	set(c, &c.r.CpuRtRuntime, p.RealtimeRuntime, what, "cpu")
	set(c, &c.r.CpuRtPeriod, p.RealtimePeriod, what, "cpu")
	if p.Burst != nil {
		c.r.CpuBurst = p.Burst
		c.needs(what, "cpu")
	}
	if p.Idle != nil {
		c.r.CPUIdle = p.Idle
		c.needs(what, "cpu")
	}
	if p.Cpus != "" {
		c.r.CpusetCpus = p.Cpus
		c.needs("CPUs", "cpuset")
	}
	if p.Mems != "" {
		c.r.CpusetMems = p.Mems
		c.needs("memory nodes", "cpuset")
	}
	if p.Shares != nil {
		// Version 2 counts in weights.
		c.r.CpuWeight = cgroups.ConvertCPUSharesToCgroupV2Value(*p.Shares)
	}
}

func (c *collector) blockIO(b *specs.LinuxBlockIO) error {
	set(c, &c.r.BlkioWeight, b.Weight, "block I/O", "blkio")
	set(c, &c.r.BlkioLeafWeight, b.LeafWeight, "block I/O", "blkio")
	if len(b.WeightDevice) > 0 {
		return errors.New("resources.blockIO.weightDevice is not supported")
	}
	for _, t := range []struct {
		from []specs.LinuxThrottleDevice
		into *[]*cgroups.ThrottleDevice
	}{
		{b.ThrottleReadBpsDevice, &c.r.BlkioThrottleReadBpsDevice},
		{b.ThrottleWriteBpsDevice, &c.r.BlkioThrottleWriteBpsDevice},
		{b.ThrottleReadIOPSDevice, &c.r.BlkioThrottleReadIOPSDevice},
		{b.ThrottleWriteIOPSDevice, &c.r.BlkioThrottleWriteIOPSDevice},
	} {
		for _, d := range t.from {
			*t.into = append(*t.into, cgroups.NewThrottleDevice(d.Major, d.Minor, d.Rate))
			c.needs(fmt.Sprintf("block I/O of device %d:%d", d.Major, d.Minor), "blkio")
		}
	}
	return nil
}
